"""Ask the web agent every second how it is, a number of times, then end."""

import json
import os
import sys
import time
from urllib.error import URLError
from urllib.request import urlopen


def main() -> int:
    url = f"http://127.0.0.1:{os.environ.get('WEB_PORT', '27813')}/health"
    rounds, interval = int(os.environ.get("ROUNDS", "10")), float(os.environ.get("INTERVAL", "1"))
    failed = 0
    for number in range(1, rounds + 1):
        started = time.perf_counter()
        try:
            with urlopen(url, timeout=5) as answer:
                facts = json.load(answer)
            milliseconds = (time.perf_counter() - started) * 1000
            print(
                f"{number}/{rounds} {facts['status']}, up {facts['uptime_s']} s, answered in {milliseconds:.1f} ms"
            )
        except (URLError, OSError, ValueError, KeyError) as error:
            failed += 1
            print(f"{number}/{rounds} no good answer from {url}: {error}", file=sys.stderr)
        if number < rounds:
            time.sleep(interval)
    print(f"done: {rounds - failed} of {rounds} answers were good")
    return 1 if failed == rounds else 0


if __name__ == "__main__":
    sys.exit(main())
