"""Watch this folder and tell which files come, change and go, until told to stop."""

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

SKIPPED = {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", "node_modules"}
State = dict[str, tuple[int, int]]


def main() -> int:
    interval = float(os.environ.get("INTERVAL", "2"))
    signal.signal(signal.SIGTERM, leave)
    before = snapshot(".")
    print(f"watching {len(before):,} files in {Path.cwd()}")
    try:
        while True:
            time.sleep(interval)
            now = snapshot(".")
            tell(before, now)
            before = now
    except KeyboardInterrupt:
        print("told to stop: bye")
        return 0


def snapshot(folder: str) -> State:
    """Return size and time of change of every file; a file that goes away meanwhile is left out."""
    state: State = {}
    waiting = [folder]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            if entry.name in SKIPPED:
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    facts = entry.stat(follow_symlinks=False)
                    state[entry.path] = facts.st_size, facts.st_mtime_ns
            except OSError:
                continue
    return state


def tell(before: State, now: State) -> None:
    for path in sorted(now.keys() - before.keys()):
        print(f"new      {path} ({now[path][0]:,} bytes)")
    for path in sorted(before.keys() - now.keys()):
        print(f"gone     {path}")
    for path in sorted(now.keys() & before.keys()):
        if now[path] != before[path]:
            print(f"changed  {path} ({before[path][0]:,} → {now[path][0]:,} bytes)")


def leave(number: int, frame: FrameType | None) -> None:
    """End like on Ctrl-C, between two looks."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
