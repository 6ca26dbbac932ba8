"""Small questions to the folders of runs: which are there, how did the log end."""

import os
import shutil
from pathlib import Path
from typing import Any, Final

from descartes_tui.runner.model.folders import ENDING, run_folder

KEEP_RUNS: Final = 10
KEEP_AGENTS: Final = 100
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


def forget_old_agents(session: Path, known: frozenset[str]) -> None:
    """Remove the runs of agents of earlier fleets, but for the newest hundred agents and whatever has no end."""
    folders = [path for path in _entries(session / "runs") if path.name not in known]
    for path in sorted(folders, key=_changed, reverse=True)[KEEP_AGENTS:]:
        if (path / str(newest_run(session, path.name)) / ENDING).exists():
            shutil.rmtree(path, ignore_errors=True)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _numbered(folder: Path) -> list[Path]:
    return [path for path in _entries(folder) if path.name.isdecimal()]


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
    return next(iter(last_lines(path, 1)), "")


def last_lines(path: Path, count: int) -> list[str]:
    """Return the last lines of a log that say something, each as `last_line` does."""
    lines = [line.strip() for line in tail(path).decode(errors="replace").split("\n")]
    return [_harmless(line) for line in [line for line in lines if line][-count:]]


def _harmless(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)[:200]


def output_facts(log: Path) -> dict[str, Any]:
    """Return how much an agent has written and when last, as fields of its picture; {} when nothing."""
    try:
        facts = log.stat()
    except OSError:
        return {}
    return {"log_bytes": facts.st_size, "last_output_at": facts.st_mtime} if facts.st_size else {}
