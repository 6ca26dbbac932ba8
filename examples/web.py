"""Serve the checkout's file list over HTTP on this machine only, until told to stop."""

import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType

HOST = "127.0.0.1"
STARTED = time.monotonic()


class Handler(BaseHTTPRequestHandler):
    """`/health` says it is well, `/files` what is in this folder."""

    def do_GET(self) -> None:
        if self.path == "/health":
            self.answer(200, {"status": "ok", "uptime_s": round(time.monotonic() - STARTED, 1)})
        elif self.path == "/files":
            names = sorted(path.name for path in Path().iterdir() if not path.name.startswith("."))
            self.answer(200, {"files": names})
        else:
            self.answer(404, {"error": f"nothing at {self.path}: try /health or /files"})

    def answer(self, status: int, facts: dict[str, object]) -> None:
        body = json.dumps(facts).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        print(f"{self.command} {self.path} {args[1] if len(args) > 1 else ''}")


def main() -> int:
    port = int(os.environ.get("WEB_PORT", "27813"))
    try:
        server = ThreadingHTTPServer((HOST, port), Handler)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        print(f"cannot listen on {HOST}:{port}: {why}; set WEB_PORT to another port", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, leave)
    print(f"listening on http://{HOST}:{port}")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("told to stop: bye")
    finally:
        server.server_close()
    return 0


def leave(number: int, frame: FrameType | None) -> None:
    """End like on Ctrl-C: `serve_forever` is left, the socket is closed."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
