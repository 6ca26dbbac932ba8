"""What the system tells about one process, from /proc or from psutil, in the same words."""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

import psutil

ZOMBIE: Final = frozenset("ZXx")
FEWEST_FILES: Final = 64


class Stat(NamedTuple):  # a tuple, as hundreds are made each second
    """One process at one moment. Times are in ticks of its source; memory is in bytes.

    `reaped` is the time of children that have ended and were waited for, theirs included. `start` names the
    process for ever, together with `pid`.
    """

    pid: int
    state: str
    ppid: int
    session: int
    cpu: float
    reaped: float
    start: float
    memory: int

    @property
    def is_alive(self) -> bool:
        """False for a zombie."""
        return self.state not in ZOMBIE


class StatSource(Protocol):
    """Where statistics come from."""

    ticks_per_second: float

    def pids(self) -> Iterable[int]:
        """Return the numbers of all processes."""

    def read(self, pid: int, *, keep: bool) -> Stat | None:
        """Return what is known of a process, None when it is gone. `keep`: it will be asked for again."""

    def forget(self, pid: int) -> None:
        """This process will not be asked for again."""


PAGE: Final = 4096 if sys.platform == "win32" else os.sysconf("SC_PAGE_SIZE")


def parse_stat(line: bytes) -> Stat:
    """Parse /proc/PID/stat (proc(5)); ValueError or IndexError when it is none.

    The name stands in parentheses and may hold spaces and parentheses itself: the last one ends it.
    """
    end = line.rindex(b")")
    fields = line[end + 2 :].split(b" ", 22)
    return Stat(
        pid=int(line[: line.index(b" ")]),
        state=fields[0].decode(),
        ppid=int(fields[1]),
        session=int(fields[3]),
        cpu=int(fields[11]) + int(fields[12]),
        reaped=int(fields[13]) + int(fields[14]),
        start=int(fields[19]),
        memory=int(fields[21]) * PAGE,
    )


class ProcStats:
    """Reads /proc, and keeps the files of those it will be asked for again open.

    That saves two thirds of the system calls, and an open file never shows a process that came later by the
    same number. At most a quarter of the files that this process may open are kept.
    """

    def __init__(self, *, most_files: int | None = None) -> None:
        self.ticks_per_second = float(PROC_TICKS)
        self._files: dict[int, int] = {}
        self._most = _quarter_of_files() if most_files is None else most_files

    def pids(self) -> Iterable[int]:
        """Return the numbers of all processes."""
        return [int(name) for name in os.listdir("/proc") if name.isdecimal()]

    def read(self, pid: int, *, keep: bool) -> Stat | None:
        """Return what is known of a process, None when it is gone."""
        file = self._files.get(pid)
        if file is not None:
            with suppress(OSError):
                return parse_stat(os.pread(file, 1024, 0))
            self.forget(pid)  # it is gone, but its number may be in use again
        try:
            file = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        return self._read_new(pid, file, keep=keep)

    def _read_new(self, pid: int, file: int, *, keep: bool) -> Stat | None:
        keep = keep and len(self._files) < self._most
        try:
            stat = parse_stat(os.pread(file, 1024, 0))
        except OSError:
            stat, keep = None, False
        if keep:
            self._files[pid] = file
        else:
            os.close(file)
        return stat

    def forget(self, pid: int) -> None:
        """Close the file of a process."""
        file = self._files.pop(pid, None)
        if file is not None:
            os.close(file)


class PsutilStats:
    """Asks psutil, on any system; times are in seconds."""

    ticks_per_second = 1.0

    def pids(self) -> Iterable[int]:
        """Return the numbers of all processes."""
        return psutil.pids()

    def read(self, pid: int, *, keep: bool) -> Stat | None:
        """Return what is known of a process, None when it is gone or not ours to know."""
        try:
            process = psutil.Process(pid)
            with process.oneshot():
                times = process.cpu_times()
                return Stat(
                    pid=pid,
                    state="Z" if process.status() == psutil.STATUS_ZOMBIE else "R",
                    ppid=process.ppid(),
                    session=_session(pid),
                    cpu=times.user + times.system,
                    reaped=getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0),
                    start=process.create_time(),
                    memory=process.memory_info().rss,
                )
        except (psutil.Error, OSError):
            return None

    def forget(self, pid: int) -> None:
        """Nothing is held."""


def _session(pid: int) -> int:
    return 0 if sys.platform == "win32" else os.getsid(pid)


def _ticks() -> int:
    return 100 if sys.platform == "win32" else os.sysconf("SC_CLK_TCK")


PROC_TICKS: Final = _ticks()


def _quarter_of_files() -> int:
    if sys.platform == "win32":
        return FEWEST_FILES
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return FEWEST_FILES if soft in (-1, resource.RLIM_INFINITY) else max(FEWEST_FILES, soft // 4)


def start_ticks(pid: int) -> int:
    """Return when a process was started, in ticks since boot (elsewhere: hundredths of a second); 0: gone."""
    portable = sys.platform != "linux"
    source: StatSource = PsutilStats() if portable else ProcStats(most_files=0)
    stat = source.read(pid, keep=False)
    return 0 if stat is None else int(stat.start * (100 if portable else 1))
