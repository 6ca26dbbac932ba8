"""Check that every Python file of this checkout compiles, crashing on the way twice; go on where it stopped.

The place it has come to is kept in a small file, as a real worker would keep its progress.
"""

import hashlib
import os
import sys
import time
from pathlib import Path

SKIPPED = {".venv", "build", "dist", "node_modules"}
PARTS = 3


def main() -> int:
    progress = progress_file()
    files = [path for path in sorted(Path().rglob("*.py")) if not SKIPPED & set(path.parts)]
    for part in range(parts_done(progress) + 1, PARTS + 1):
        check(files[part - 1 :: PARTS], part)
        progress.write_text(str(part))
        if part < PARTS:
            print(f"part {part} of {PARTS} is done, and now this agent crashes on purpose", file=sys.stderr)
            return 13
    progress.unlink(missing_ok=True)
    print(f"all {len(files)} files were looked at")
    return 0


def parts_done(progress: Path) -> int:
    try:
        return int(progress.read_text()) % PARTS
    except (OSError, ValueError):
        return 0


def check(files: list[Path], part: int) -> None:
    print(f"part {part} of {PARTS}: {len(files)} files")
    for path in files:
        try:
            compile(path.read_bytes(), str(path), "exec")
        except (OSError, SyntaxError, ValueError) as error:
            print(f"{path}: {error}")
    time.sleep(float(os.environ.get("PAUSE", "0.5")))


def progress_file() -> Path:
    """Return a file of this user for this folder; PROGRESS names another."""
    if named := os.environ.get("PROGRESS"):
        return Path(named)
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "descartes-tui"
    caches.mkdir(parents=True, exist_ok=True)
    return caches / f"flaky-{hashlib.sha256(bytes(Path.cwd())).hexdigest()[:12]}"


if __name__ == "__main__":
    sys.exit(main())
