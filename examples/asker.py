"""Ask on standard input what to look for, wait for the answer, find it in this checkout, then end."""

import os
import sys
from pathlib import Path

SKIPPED = {".git", ".venv", "__pycache__", "build", "dist", "node_modules"}
SHOWN = 20
LARGEST = 2**20  # bytes of a file that is looked into


def main() -> int:
    print("Which word shall I look for in this checkout? ", end="", flush=True)
    word = sys.stdin.readline().strip()
    if not word:
        print("\nno answer: nothing to do")
        return 0
    print(f"looking for {word!r}")
    hits = 0
    for path in files():
        for number, line in enumerate(lines_of(path), start=1):
            if word.lower() in line.lower():
                hits += 1
                if hits <= SHOWN:
                    print(f"{path}:{number}: {line.strip()[:120]}")
    more = f", the first {SHOWN} are above" if hits > SHOWN else ""
    print(f"{hits} lines with {word!r}{more}")
    return 0


def files() -> list[Path]:
    paths = []
    for parent, folders, names in os.walk("."):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        paths += [Path(parent, name) for name in sorted(names)]
    return paths


def lines_of(path: Path) -> list[str]:
    """Return the lines of a text file of ordinary size."""
    try:
        return path.read_text(encoding="utf-8").splitlines() if path.stat().st_size <= LARGEST else []
    except (OSError, UnicodeDecodeError):
        return []


if __name__ == "__main__":
    sys.exit(main())
