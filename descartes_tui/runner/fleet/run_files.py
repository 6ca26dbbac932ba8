"""Small questions to the folders of runs: which are there, how did the log end."""

import os
import shutil
from pathlib import Path
from typing import Final

from descartes_tui.runner.model.folders import run_folder

KEEP_RUNS: Final = 10
TAIL: Final = 64 << 10


def newest_run(session: Path, agent_id: str) -> int:
    """Return the highest number of a run whose folder is there, 0 when there is none."""
    return max((int(path.name) for path in _numbered(agent_folder(session, agent_id))), default=0)


def agent_folder(session: Path, agent_id: str) -> Path:
    """Return the folder that holds all runs of an agent."""
    return run_folder(session, agent_id, 0).parent


def forget_old_runs(folder: Path, newest: int) -> None:
    """Remove the folders of all but the newest ten runs of an agent."""
    for path in _numbered(folder):
        if int(path.name) <= newest - KEEP_RUNS:
            shutil.rmtree(path, ignore_errors=True)


def _numbered(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.name.isdecimal()]
    except OSError:
        return []


def tail(path: Path) -> bytes:
    """Return the last 64 KiB of a log, b"" when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - TAIL, 0))
            return file.read(TAIL)
    except OSError:
        return b""


def last_line(path: Path) -> str:
    """Return the last line of a log that says something, made harmless and at most 200 characters long."""
    lines = tail(path).decode(errors="replace").split("\n")
    text = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return "".join(char if char.isprintable() else " " for char in text)[:200]


def size(path: Path) -> int:
    """Return the size of a file in bytes, 0 when it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
