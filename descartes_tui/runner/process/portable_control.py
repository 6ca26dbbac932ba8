"""Signal, pause, resume and kill all processes of a run, with psutil alone, so that it works on any system."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

import psutil

from descartes_tui.runner.model.errors import ExecutionError
from descartes_tui.runner.model.run import SignalReport
from descartes_tui.runner.model.signals import signal_name
from descartes_tui.runner.process.portable_family import PortableFamily, describe, name_of
from descartes_tui.runner.process.portable_table import Picture, ProcessTable, Row

STUBBORN_SECONDS: Final = 3.0
PAUSE_SECONDS: Final = 5.0
DOUBTFUL_PICTURES: Final = 8
TERM: Final = 15
KILL: Final = 9


class PortableControl:
    """Acts on a family as a whole. Nobody else is ever signalled: pid and start time are compared first."""

    def __init__(self, table: ProcessTable, mark: str, leader: int | None) -> None:
        self.family = PortableFamily(mark, leader)
        self.paused = False
        self._table = table
        self._stopped_before: set[psutil.Process] = set()

    async def members(self) -> list[Row]:
        """Return the living processes, leader first."""
        return self.family.find(await self._table.fresh())

    async def is_empty(self) -> bool:
        """True when two pictures in a row show nobody."""
        return not await self.members() and not await self.members()

    async def signal(self, number: int, *, leader_only: bool = False) -> SignalReport:
        """Send a signal to each; who is stopped is then continued, where the signal may be handled.

        On Windows only TERM and KILL exist, and both end a process at once: ExecutionError for others.
        """
        _check(number, self.family.mark)
        rows = await self.members()
        if leader_only:
            rows = [row for row in rows if row.pid == self.family.leader]
        report = _each(rows, lambda process: _send(process, number))
        if _continues(number):
            _each([row for row in rows if row.is_stopped], lambda process: process.resume())
            self.paused = False
            self._stopped_before.clear()
        return report

    async def terminate(self) -> SignalReport:
        """Ask everyone to end."""
        return await self.signal(TERM)

    async def kill(self, on_stubborn: Callable[[str], None]) -> dict[int, str]:
        """Kill until two pictures in a row show nobody; return the names of the killed by pid.

        Where somebody had to be killed, a picture from which others vanished while it was taken proves little,
        as a child may have slipped by: DOUBTFUL_PICTURES more are taken. Who does not die within
        STUBBORN_SECONDS is named to `on_stubborn`, and waited for.
        """
        self.paused = False
        stubborn_at = asyncio.get_running_loop().time() + STUBBORN_SECONDS
        killed: dict[int, str] = {}
        quiet = doubtful = 0
        while quiet < 2:
            picture = await self._table.fresh()
            rows = self.family.find(picture)
            killed |= {row.pid: name_of(row.process) for row in rows if row.pid not in killed}
            self._kill_once(picture, rows)
            in_doubt = bool(killed and picture.vanished and doubtful < DOUBTFUL_PICTURES)
            doubtful += in_doubt
            quiet = 0 if rows or in_doubt else quiet + 1
            if rows and asyncio.get_running_loop().time() > stubborn_at:
                on_stubborn(f"KILL was sent, but not dead yet: {describe(rows)}")
                await asyncio.sleep(0.2)
        return killed

    def _kill_once(self, picture: Picture, rows: Iterable[Row]) -> None:
        """Kill these, and their groups as a whole: within a group, a fork cannot outrun the signal."""
        if sys.platform != "win32":
            ours = {row.process for row in rows}
            groups = {row.group for row in rows} | {self.family.session or 0}
            for group in groups - {0, os.getpgrp()}:
                if all(row.process in ours or not row.is_alive for row in picture.group(group)):
                    with suppress(OSError):  # nobody is left in it, or not all are ours to kill
                        os.killpg(group, signal.SIGKILL)
        _each(rows, lambda process: process.kill())

    def kill_now(self) -> None:
        """Kill who is there, without an event loop: for the end of the interpreter."""
        for _ in range(3):
            picture = self._table.read()
            self._kill_once(picture, self.family.find(picture))

    async def pause(self) -> SignalReport:
        """Stop everyone, proven by two pictures in a row with the same processes, all of them stopped.

        Who was stopped before is remembered. ExecutionError names who still runs after PAUSE_SECONDS.
        """
        deadline = asyncio.get_running_loop().time() + PAUSE_SECONDS
        rows = await self.members()
        if not self.paused:
            self._stopped_before = {row.process for row in rows if row.is_stopped}
            self.paused = True
        reached, refused = set[int](), set[int]()
        while True:
            running = [row for row in rows if not row.is_stopped and row.pid not in refused]
            report = _each(running, lambda process: process.suspend())
            reached.update(report.reached)
            refused.update(report.refused)
            before, rows = rows, await self.members()
            if not running and _same(before, rows, refused):
                return SignalReport(tuple(sorted(reached)), tuple(sorted(refused)))
            if asyncio.get_running_loop().time() > deadline:
                raise ExecutionError(self.family.mark, f"not stopped yet: {describe(running or rows)}")

    async def resume(self) -> SignalReport:
        """Continue everyone but those who were stopped before `pause`, until none of them is stopped."""
        reached, refused, tried = list[int](), list[int](), self._stopped_before
        self._stopped_before = set()
        while self.paused:
            asleep = [row for row in await self.members() if row.is_stopped and row.process not in tried]
            report = _each(asleep, lambda process: process.resume())
            reached += report.reached
            refused += report.refused
            tried |= {row.process for row in asleep}
            self.paused = bool(asleep)
        return SignalReport(tuple(reached), tuple(refused))


def _each(rows: Iterable[Row], act: Callable[[psutil.Process], None]) -> SignalReport:
    reached, refused = [], []
    for row in rows:
        try:
            act(row.process)
            reached.append(row.pid)
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied:
            refused.append(row.pid)
    return SignalReport(tuple(reached), tuple(refused))


def _same(before: Iterable[Row], after: Iterable[Row], refused: set[int]) -> bool:
    """True when the same processes are there, and all are stopped but those that may not be touched."""
    still = all(row.is_stopped or row.pid in refused for row in after)
    return still and [row.process for row in before] == [row.process for row in after]


def _check(number: int, mark: str) -> None:
    if sys.platform == "win32" and number not in (TERM, KILL):
        raise ExecutionError(mark, f"Windows cannot send {signal_name(number)}: possible are TERM and KILL")


def _send(process: psutil.Process, number: int) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        process.send_signal(number)


def _continues(number: int) -> bool:
    """False for the signals that stop or kill: nothing can be done on receiving them."""
    if sys.platform == "win32":
        return False
    return number not in {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGKILL}
