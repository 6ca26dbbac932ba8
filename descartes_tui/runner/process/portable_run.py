"""One agent's run held by this very process: its streams, its family, its ending."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from descartes_tui.runner.model.errors import CommunicationError
from descartes_tui.runner.model.folders import ENDING
from descartes_tui.runner.model.info import FamilyMember
from descartes_tui.runner.model.run import (
    Ended,
    LeaderExited,
    Note,
    RunEvent,
    RunSpec,
    SignalReport,
    Started,
    Swept,
)
from descartes_tui.runner.process.portable_control import PortableControl
from descartes_tui.runner.process.portable_exit import LEAVES_UNREAPED, leader_exit
from descartes_tui.runner.process.portable_family import name_of
from descartes_tui.runner.process.portable_input import InputQueue
from descartes_tui.runner.process.portable_output import Copying, RunLog
from descartes_tui.runner.process.portable_start import Child
from descartes_tui.runner.process.portable_table import Picture, ProcessTable, Row
from descartes_tui.runner.process.portable_threads import Wake
from descartes_tui.runner.process.sampler_stat import start_ticks

LOOK_SECONDS: Final = 0.05


class PortableRun:
    """A RunLink whose agent is a child of this process. `begin` must be called once, in the event loop."""

    def __init__(
        self,
        spec: RunSpec,
        child: Child,
        log: RunLog,
        table: ProcessTable,
        on_event: Callable[[RunEvent], None],
        *,
        use_pidfd: bool,
    ) -> None:
        self._spec, self._child, self._log, self._on_event = spec, child, log, on_event
        self._use_pidfd = use_pidfd
        self._pid: int | None = child.popen.pid
        self._wake = Wake()
        self._input = InputQueue(child.stdin, self._wake.reading) if child.stdin is not None else None
        self._output = Copying(log, child.stdout, child.stderr)
        self._kill_asked = asyncio.Event()
        self._killer: asyncio.Task[object] | None = None
        self._life: asyncio.Task[None] | None = None
        self._self_stopped = False
        self._stubborn = ""
        self.control = PortableControl(table, spec.run_id, child.popen.pid)

    def begin(self) -> None:
        """Start to copy output, and to wait for the end."""
        pid = self._child.popen.pid
        started = Started(pid, start_ticks(pid), time.time())
        asyncio.get_running_loop().call_soon(self._on_event, started)
        self._output.start()
        self._life = asyncio.create_task(self._live(), name=f"run {self._spec.run_id}")

    # -- the life of the run ------------------------------------------------------------------------------

    async def _live(self) -> None:
        exit_status = await leader_exit(self._child.popen, use_pidfd=self._use_pidfd)
        if not LEAVES_UNREAPED:
            self.control.family.leader_is_reaped()
        self._on_event(LeaderExited(exit_status, time.time()))
        swept = await self._sweep()
        await self._finish_streams(kept=any(one.how == "kept" for one in swept))
        self.control.family.leader_is_reaped()
        self._child.popen.wait()
        self._pid = None
        ended = Ended(exit_status, time.time(), swept, self._log.size)
        await self._save(ended)
        self._on_event(ended)

    async def _sweep(self) -> tuple[Swept, ...]:
        """End what the leader left behind, TERM first; or leave it alone where that is wanted."""
        left = {row.pid: name_of(row.process) for row in await self.control.members()}
        if self._spec.keep_leftovers and not self._kill_asked.is_set():
            return tuple(Swept(pid, name, "kept") for pid, name in left.items())
        if left and not self._kill_asked.is_set():
            await self.control.terminate()
            await self._empty_within(self._spec.sweep_grace)
        if self._killer is not None:
            self._killer.cancel()
        killed = await self.control.kill(self._note_stubborn)
        ended = {pid: Swept(pid, name, "term") for pid, name in left.items()}
        ended |= {pid: Swept(pid, name, "kill") for pid, name in killed.items()}
        return tuple(ended.values())

    async def _empty_within(self, seconds: float) -> None:
        """Return when the family is empty, or after `seconds`, or when a kill is asked for."""
        deadline = asyncio.get_running_loop().time() + seconds
        while await self.control.members():
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._kill_asked.wait(), min(LOOK_SECONDS, left))
                return

    async def _finish_streams(self, *, kept: bool) -> None:
        """Read what is there; whom nobody may end goes on writing to the log as long as it likes."""
        self._wake.wake()
        if self._input is not None:
            self._input.join()
        self._wake.close()
        late = self._output.twin() if kept else None
        await self._output.finish()
        if late is None:
            self._log.close()
        else:
            self._output = late
            late.start(then=self._log.close)

    async def _save(self, ended: Ended) -> None:
        try:
            await asyncio.to_thread(write_ending, self._spec.folder, ended)
        except OSError as error:
            self._on_event(Note("disk_full", f"how the run ended could not be saved: {error.strerror}"))

    async def abandon(self, seconds: float) -> None:
        """Kill the family and wait at most `seconds` for the end; then everything is let go."""
        await self.kill()
        self._log.give_up()
        if self._life is not None:
            await asyncio.wait([self._life], timeout=seconds)
            self._life.cancel()
        if self._killer is not None:
            self._killer.cancel()
        self._wake.wake()
        await self._output.finish()
        self._log.close()

    # -- what is seen from outside ------------------------------------------------------------------------

    def look(self, picture: Picture) -> None:
        """Remember who is in the family now, and tell when the leader has stopped by itself."""
        if self._pid is None:
            return
        rows = self.control.family.find(picture)
        stopped = bool(rows) and rows[0].pid == self._pid and rows[0].is_stopped and not self.control.paused
        if stopped != self._self_stopped:
            self._self_stopped = stopped
            text = "stopped by itself; SIGCONT continues it" if stopped else ""
            self._on_event(Note("self_stopped", text))

    @property
    def is_over(self) -> bool:
        """True when the run has ended and nobody writes to its log any more."""
        return self._pid is None and self._log.is_closed

    def kill_now(self) -> None:
        """Kill the family without an event loop."""
        if self._pid is not None:
            self.control.kill_now()

    def _note_stubborn(self, text: str) -> None:
        if text != self._stubborn:
            self._stubborn = text
            self._on_event(Note("stubborn", text))

    @property
    def pid(self) -> int | None:
        """The leader's pid, None after Ended."""
        return self._pid

    def is_paused(self) -> bool:
        """True while `pause` holds."""
        return self.control.paused

    async def signal(self, number: int, *, leader_only: bool = False, to_end: bool = False) -> SignalReport:
        """Send a signal to the family; ExecutionError where the system has no such signal."""
        if self._pid is None:
            return SignalReport(())
        return await self.control.signal(number, leader_only=leader_only)

    async def pause(self) -> SignalReport:
        """Stop the family and prove it; ExecutionError names who could not be stopped."""
        return await self.control.pause() if self._pid is not None else SignalReport(())

    async def resume(self) -> SignalReport:
        """Continue what `pause` stopped."""
        return await self.control.resume() if self._pid is not None else SignalReport(())

    async def kill(self) -> None:
        """Begin to kill the family."""
        if self._pid is None or self._kill_asked.is_set():
            return
        self._kill_asked.set()
        killing = self.control.kill(self._note_stubborn)
        self._killer = asyncio.create_task(killing, name=f"kill {self._spec.run_id}")

    async def write_stdin(self, data: bytes) -> None:
        """Queue bytes for stdin; CommunicationError when it is closed or full."""
        if self._input is None:
            raise CommunicationError("the agent has no stdin: set stdin: pipe")
        self._input.write(data)

    async def close_stdin(self) -> None:
        """Close stdin after what is queued."""
        if self._input is not None:
            self._input.close()

    async def resize(self, rows: int, columns: int) -> None:
        """Do nothing: there is no terminal."""

    async def family(self) -> tuple[FamilyMember, ...]:
        """Return the living processes, leader first."""
        if self._pid is None:
            return ()
        return await asyncio.to_thread(_family_members, await self.control.members())


def _family_members(rows: Sequence[Row]) -> tuple[FamilyMember, ...]:
    return tuple(member for row in rows if (member := _family_member(row)) is not None)


def _family_member(row: Row) -> FamilyMember | None:
    process = row.process
    try:
        with process.oneshot():
            times = process.cpu_times()
            return FamilyMember(
                pid=row.pid,
                ppid=row.ppid,
                name=process.name(),
                cmdline=_cmdline(process),
                status=row.status,
                start_ticks=start_ticks(row.pid),
                cpu_seconds=times.user + times.system,
                memory_bytes=process.memory_info().rss,
            )
    except psutil.Error:
        return None


def _cmdline(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.AccessDenied:
        return ""


def write_ending(folder: Path, ended: Ended) -> None:
    """Write the file `ending.json` so that it is there as a whole or not at all."""
    facts = {
        "code": ended.exit.code,
        "signal": ended.exit.signal,
        "at": ended.at,
        "swept": [{"pid": one.pid, "name": one.name, "how": one.how} for one in ended.swept],
        "log_bytes": ended.log_bytes,
    }
    beside = folder / f"{ENDING}.tmp"
    with beside.open("w") as file:
        json.dump(facts, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / ENDING)
