"""A whole family, seen from its sub-reaper: listed, signalled, frozen with proof, killed to the last.

Every living descendant has a chain of parents that ends in a child of the sub-reaper, so that "no child" means
"no descendant": ECHILD from waitpid(2) is the proof; an empty list is not. Imports next to nothing.
"""

import os
import signal
import time

from descartes_tui.runner.process import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

STOP_PROOF_SECONDS = 3.0
_UNHANDLED = frozenset({signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT, signal.SIGTSTP, signal.SIGTTIN})


class Family:
    """All descendants of this process. Holds only the memory of who was stopped by `pause`."""

    def __init__(self) -> None:
        self._children = kernel.children_of if kernel.can_list_children() else kernel.children_by_scan
        self._send = kernel.send if kernel.HAS_PIDFD else kernel.send_by_number
        self._stopped: list[tuple[int, int]] = []
        self.paused = False

    def members(self) -> "list[kernel.Stat]":
        """Return the living descendants, parents before children."""
        found: list[kernel.Stat] = []
        ahead = self._children(os.getpid())
        seen: set[int] = set()
        while ahead:
            pid = ahead.pop(0)
            stat = None if pid in seen else kernel.read_stat(pid)
            seen.add(pid)
            if stat is not None and stat.is_alive:
                found.append(stat)
                ahead += self._children(pid)
        return found

    def signal(self, number: int) -> "tuple[list[int], list[int]]":
        """Send `number` to all; return the pids that got it and those that refused.

        Whoever was stopped is continued, so that it can handle the signal (unless it is paused by us: then
        CONT reaches nobody, for only `resume` ends a pause).
        """
        reached: list[int] = []
        refused: list[int] = []
        if self.paused and number == signal.SIGCONT:
            return reached, refused
        for stat in self.members():
            try:
                if self._send(stat.pid, stat.start_ticks, number):
                    reached.append(stat.pid)
                    if stat.is_stopped and not self.paused and number not in _UNHANDLED:
                        self._send(stat.pid, stat.start_ticks, signal.SIGCONT)
            except PermissionError:
                refused.append(stat.pid)
        return reached, refused

    def signal_one(self, pid: int, start_ticks: int, number: int) -> "tuple[list[int], list[int]]":
        """Send `number` to one member only; the same answer as `signal`."""
        try:
            return ([pid] if self._send(pid, start_ticks, number) else []), []
        except PermissionError:
            return [], [pid]

    def pause(self, reap: "Callable[[], object]") -> "tuple[list[int], bool]":
        """Stop all; return the pids that we stopped and whether a full pass proved all of them still.

        `reap` collects our own children that have exited; it is called before each pass.
        """
        self.paused = True
        deadline = time.monotonic() + STOP_PROOF_SECONDS
        zombies: set[int] = set()
        proven = False
        while not proven and time.monotonic() < deadline:
            reap()
            proven = self._stop_pass(zombies)
        return [pid for pid, _ in self._stopped], proven

    def resume(self) -> "list[int]":
        """Continue what `pause` stopped, children before parents; who was stopped before stays so."""
        resumed = [pid for pid, start in reversed(self._stopped) if self._try(pid, start, signal.SIGCONT)]
        self._stopped, self.paused = [], False
        return resumed

    def kill_pass(self) -> "list[kernel.Stat]":
        """Send KILL to all that are there now; return them. Repeat until waitpid says ECHILD."""
        members = self.members()
        for stat in members:
            self._try(stat.pid, stat.start_ticks, signal.SIGKILL)
        return members

    def _try(self, pid: int, start_ticks: int, number: int) -> bool:
        try:
            return self._send(pid, start_ticks, number)
        except PermissionError:
            return False

    def _stop_pass(self, zombies: "set[int]") -> bool:
        """Walk the family once, stopping each before its children are listed.

        True only when nothing had to be stopped, nobody vanished, no zombie is new and none of our children
        exited meanwhile: without the last three a chain of forks slips behind the cursor.
        """
        still = True
        ahead = self._children(os.getpid())
        seen: set[int] = set()
        while ahead:
            pid = ahead.pop(0)
            if pid in seen:
                continue
            seen.add(pid)
            stat = kernel.read_stat(pid)
            if stat is None:
                still = False
            elif stat.is_alive:
                still = self._hold(stat) and still
                ahead += self._children(pid)
            elif pid not in zombies:
                still = False
                zombies.add(pid)
        return still and not _a_child_has_exited()

    def _hold(self, stat: "kernel.Stat") -> bool:
        """Make sure that one process is stopped; True when it was already."""
        if stat.is_stopped:
            return True
        if self._try(stat.pid, stat.start_ticks, signal.SIGSTOP):
            if (stat.pid, stat.start_ticks) not in self._stopped:
                self._stopped.append((stat.pid, stat.start_ticks))
            deadline = time.monotonic() + 0.05
            while time.monotonic() < deadline:
                now = kernel.read_stat(stat.pid)
                if now is None or now.is_stopped or not now.is_alive:
                    break
                os.sched_yield()
        return False


def _a_child_has_exited() -> bool:
    """True when a child has exited and waits to be reaped; it is left waiting (waitid(2), WNOWAIT)."""
    try:
        return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return False
