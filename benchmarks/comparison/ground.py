"""What is true whatever a tool says: who lives, told from /proc and from what the children wrote themselves."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

MARK = "COMPARISON_MARK"


@dataclass(frozen=True, slots=True)
class Process:
    """One process, told from a later one with the same pid by its start time (in clock ticks since boot)."""

    label: str
    pid: int
    started: int

    def lives(self) -> bool:
        """Tell whether it runs, sleeps or is stopped; a zombie does not live."""
        fields = stat(self.pid)
        return fields is not None and fields[0] not in "ZX" and int(fields[19]) == self.started

    def send(self, number: int) -> None:
        """Signal it, unless it is gone."""
        with contextlib.suppress(ProcessLookupError):
            if self.lives():
                os.kill(self.pid, number)


@dataclass(frozen=True, slots=True)
class Truth:
    """The file in which the processes of one agent note themselves."""

    path: Path

    def all(self) -> list[Process]:
        """Return everybody who ever noted himself."""
        with contextlib.suppress(FileNotFoundError):
            return [_process(line) for line in self.path.read_text().splitlines()]
        return []

    def living(self) -> list[Process]:
        """Return those of them who live now."""
        return [process for process in self.all() if process.pid and process.lives()]

    def labels(self) -> list[str]:
        """Return what was noted, in order."""
        return [process.label for process in self.all()]


def _process(line: str) -> Process:
    label, pid, started = line.rsplit(" ", 2)
    return Process(label, int(pid), int(started))


def stat(pid: int) -> list[str] | None:
    """Return the fields of /proc/PID/stat from the state on, or None when there is no such process."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return None


def parent(pid: int) -> int:
    """Return the pid of a process's parent, 0 when it is gone."""
    fields = stat(pid)
    return int(fields[1]) if fields else 0


def command_line(pid: int) -> str:
    """Return the command line of a process, empty when it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def marked(mark: str) -> list[Process]:
    """Return the living processes that carry this mark in their environment, and all their descendants."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    parents = {pid: parent(pid) for pid in pids}
    found = {pid for pid in pids if _carries(pid, mark)}
    while below := {pid for pid in pids if parents[pid] in found} - found:
        found |= below
    processes = (_now(pid) for pid in found - {os.getpid()})
    return [process for process in processes if process is not None and process.lives()]


def _carries(pid: int, mark: str) -> bool:
    with contextlib.suppress(OSError):
        return f"{MARK}={mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes()
    return False


def _now(pid: int) -> Process | None:
    fields = stat(pid)
    return Process(command_line(pid), pid, int(fields[19])) if fields else None


def ticks(pids: Iterable[int]) -> list[int]:
    """Return the processor time that each of these has used, in clock ticks."""
    fields = (stat(pid) for pid in pids)
    return [int(each[11]) + int(each[12]) if each else -1 for each in fields]


def memory(pid: int) -> int:
    """Return the proportional memory of a process in bytes, 0 when it is gone (proc(5), smaps_rollup)."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def until(condition: Callable[[], object], within: float, every: float = 0.02) -> bool:
    """Wait for a condition; tell whether it came about within so many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def end(mark: str, truths: Iterable[Truth], within: float = 10.0) -> list[Process]:
    """Kill everything that carries a mark or noted itself, pid by pid; return what would not die."""
    files = list(truths)

    def left() -> list[Process]:
        return [*marked(mark), *(process for truth in files for process in truth.living())]

    def gone() -> bool:
        remaining = left()
        for process in remaining:
            process.send(signal.SIGKILL)
        return not remaining

    until(gone, within, every=0.05)
    return left()
