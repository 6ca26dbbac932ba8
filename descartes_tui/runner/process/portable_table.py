"""A picture of every process of the machine, taken with psutil, so that it works on any system."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

import psutil

from descartes_tui.runner.model.folders import MARK

DEAD: Final = frozenset({psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD})
STOPPED: Final = frozenset({psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP})

_Key = TypeVar("_Key", int, str)


@dataclass(frozen=True, slots=True)
class Row:
    """One process at one moment. `process` compares by pid and start time; `mark` is '' where unknown."""

    process: psutil.Process
    ppid: int
    status: str
    session: int  # 0 where there is no such thing, like `group`
    group: int
    mark: str

    @property
    def pid(self) -> int:
        """The process's number."""
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        """False for a zombie: it only waits for its parent to look."""
        return self.status not in DEAD

    @property
    def is_stopped(self) -> bool:
        """True when the process does not run until it is continued."""
        return self.status in STOPPED


class Picture:
    """All processes by pid, by parent, by session and by mark.

    `vanished` is how many ended while it was taken: children of theirs may be missing in it.
    """

    def __init__(self, rows: Mapping[int, Row], vanished: int = 0) -> None:
        self.rows, self.vanished = rows, vanished
        self._children = _grouped(rows, lambda row: row.ppid)
        self._sessions = _grouped(rows, lambda row: row.session)
        self._groups = _grouped(rows, lambda row: row.group)
        self._marks = _grouped(rows, lambda row: row.mark)

    def children(self, pid: int) -> Sequence[Row]:
        """Return the processes whose parent has this number."""
        return self._children.get(pid, ())

    def session(self, number: int | None) -> Sequence[Row]:
        """Return the processes of a session, none for None."""
        return self._sessions.get(number, ()) if number else ()

    def group(self, number: int) -> Sequence[Row]:
        """Return the processes of a process group, none for 0."""
        return self._groups.get(number, ()) if number else ()

    def marked(self, mark: str) -> Sequence[Row]:
        """Return the processes that carry a mark."""
        return self._marks.get(mark, ()) if mark else ()

    def find(self, process: psutil.Process) -> Row | None:
        """Return the row of this very process, None when it is gone, though its number may be in use."""
        row = self.rows.get(process.pid)
        return row if row is not None and row.process == process else None


def _grouped(rows: Mapping[int, Row], key: Callable[[Row], _Key]) -> dict[_Key, list[Row]]:
    groups: dict[_Key, list[Row]] = {}
    for row in rows.values():
        groups.setdefault(key(row), []).append(row)
    return groups


class ProcessTable:
    """Takes pictures, one at a time; everyone who waits for the next one gets the same."""

    def __init__(self) -> None:
        self._marks: dict[psutil.Process, str] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="descartes-processes")
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[Picture] | None = None

    async def fresh(self) -> Picture:
        """Return a picture that was begun after this call."""
        if self._next is None:
            self._next = asyncio.create_task(self._take(), name="picture of all processes")
        return await asyncio.shield(self._next)

    async def _take(self) -> Picture:
        async with self._turn:
            self._next = None  # whoever asks from here on needs a later one
            return await asyncio.get_running_loop().run_in_executor(self._thread, self.read)

    def read(self) -> Picture:
        """Take a picture here and now; about 0.05 ms a process."""
        rows: dict[int, Row] = {}
        vanished = 0
        for pid in psutil.pids():
            try:
                rows[pid] = self._row(pid)
            except (psutil.ZombieProcess, psutil.AccessDenied):
                continue  # dead on macOS, or of the system on Windows: none that an agent could be
            except psutil.NoSuchProcess:
                vanished += 1
        alive = {row.process for row in rows.values()}
        self._marks = {process: mark for process, mark in self._marks.items() if process in alive}
        return Picture(rows, vanished)

    def _row(self, pid: int) -> Row:
        process = psutil.Process(pid)
        with process.oneshot():
            status, ppid = process.status(), process.ppid()
        session, group = _session_and_group(pid)
        return Row(process, ppid, status, session, group, self._mark(process))

    def _mark(self, process: psutil.Process) -> str:
        """Return the run's mark; once seen it sticks, as the environment is gone while a process dies."""
        if process in self._marks:
            return self._marks[process]
        try:
            environment = process.environ()
        except psutil.NoSuchProcess:
            return ""
        except (psutil.AccessDenied, OSError):
            environment = {"": ""}
        mark = environment.get(MARK, "")
        if environment:  # empty while a program is being started: look again next time
            self._marks[process] = mark
        return mark

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False)


def _session_and_group(pid: int) -> tuple[int, int]:
    if sys.platform == "win32":
        return 0, 0
    try:
        return os.getsid(pid), os.getpgid(pid)
    except OSError:
        return 0, 0
