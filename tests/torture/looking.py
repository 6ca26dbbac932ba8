"""The world as /proc shows it, from outside: nothing here asks our own programs anything."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Seen:
    """One process as a look at /proc found it."""

    pid: int
    name: str
    state: str
    ppid: int
    start: int

    @property
    def is_zombie(self) -> bool:
        return self.state in "ZX"

    def __str__(self) -> str:
        return (
            f"{self.name} (pid {self.pid}, state {self.state}, parent {self.ppid}): {command_line(self.pid)}"
        )


def look(pid: int) -> Seen | None:
    """Return one process, None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return Seen(pid, text[text.find("(") + 1 : text.rfind(")")], fields[0], int(fields[1]), int(fields[19]))


def everybody() -> dict[int, Seen]:
    """Return all processes of the machine."""
    found = (look(int(path.name)) for path in Path("/proc").glob("[1-9]*"))
    return {seen.pid: seen for seen in found if seen is not None}


def below(roots: Iterable[int], world: dict[int, Seen]) -> set[int]:
    """Return the pids of all descendants of `roots`."""
    children: dict[int, list[int]] = {}
    for seen in world.values():
        children.setdefault(seen.ppid, []).append(seen.pid)
    found: set[int] = set()
    ahead = list(roots)
    while ahead:
        for pid in children.get(ahead.pop(), ()):
            if pid not in found:
                found.add(pid)
                ahead.append(pid)
    return found


def command_line(pid: int) -> str:
    """Return the words of a process's command line, "" when they cannot be read."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:300]
    except OSError:
        return ""


def open_files(pid: int) -> list[str]:
    """Return what the descriptors of a process lead to."""
    found = []
    for path in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):
            found.append(str(path.readlink()))
    return found


def marks(pid: int) -> list[bytes]:
    """Return the marks of runs in a process's environment."""
    try:
        entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
    return [entry for entry in entries if entry.startswith(b"DESCARTES_RUN_ID=")]


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process, 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0
