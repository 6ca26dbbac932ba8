"""Brings agents to their end: climbs the stop ladder rung by rung, each one visible."""

import asyncio
import contextlib
import logging
from dataclasses import replace
from typing import Final

from descartes_tui.runner.fleet.ending import SIGKILL, describe_signal
from descartes_tui.runner.fleet.ladder import Kill, Look, Rung, Say, Send, StopLadder
from descartes_tui.runner.fleet.parts import Parts
from descartes_tui.runner.fleet.preparing import backend_of
from descartes_tui.runner.fleet.record import Record, Run, Stop, takes_input
from descartes_tui.runner.fleet.signalling import MOST_NAMED, emit_signal
from descartes_tui.runner.model.config import StopPolicy
from descartes_tui.runner.model.errors import AgentError, InvalidConfig
from descartes_tui.runner.model.run import RunLink
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.runner.model.units import format_duration

log = logging.getLogger(__name__)
LISTING: Final = 0.5  # seconds that asking who is there may hold up a kill


class Stopper:
    """Starts and conducts stops. All methods return at once; the ending of the run is heard elsewhere."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._register = parts.register

    def stop(
        self,
        record: Record,
        *,
        by: str,
        grace: float | None = None,
        unhealthy: str = "",
        over_limit: str = "",
    ) -> None:
        """Begin to stop, or shorten a stop under way when `grace` leaves less time.

        `unhealthy` and `over_limit`: why, when a probe or a limit brings this about.
        """
        run = record.run
        if run is None or run.over:
            self._stop_without_process(record, by)
        elif run.stop is None:
            ladder = StopLadder(self.policy_of(record), takes_input=takes_input(record.config), grace=grace)
            stop = Stop(by, ladder, unhealthy=unhealthy, over_limit=over_limit)
            self._begin(record, run, stop, ladder.climb(self._parts.clock.now()))
        elif grace is not None and run.stop.ladder.hurry(self._parts.clock.now(), grace):
            self._set_timer(record, run, run.stop.ladder)

    def kill(self, record: Record, *, by: str) -> None:
        """Begin to kill, whatever stop is under way."""
        run, now = record.run, self._parts.clock.now()
        if run is None or run.over:
            return
        if run.stop is None:
            stop = Stop(by, StopLadder(self.policy_of(record)), forced=True)
            self._begin(record, run, stop, stop.ladder.kill(now))
        elif not run.stop.ladder.killed:
            run.stop = replace(run.stop, by=by, forced=True)
            self._stand_on(record, run, run.stop.ladder, run.stop.ladder.kill(now))

    def remember(
        self, record: Record, run: Run, *, by: str, unhealthy: str = "", over_limit: str = ""
    ) -> None:
        """Know of a stop that another supervisor had begun, whatever has become of the run meanwhile."""
        ladder = StopLadder(self.policy_of(record))
        run.stop = Stop(by, ladder, unhealthy=unhealthy, over_limit=over_limit)

    def go_on(self, record: Record, *, grace: float) -> None:
        """Take up a remembered stop: signal again, with what was left of the grace."""
        run = record.run
        if run is not None and not run.over and run.stop is not None:
            ladder = StopLadder(self.policy_of(record), grace=grace)
            run.stop = replace(run.stop, ladder=ladder)
            self._stand_on(record, run, ladder, ladder.climb(self._parts.clock.now()))

    def policy_of(self, record: Record) -> StopPolicy:
        """Return the stop policy: the agent's own, else its backend's."""
        if record.config.stop is not None:
            return record.config.stop
        try:
            return backend_of(record.config, self._parts.backends).default_stop
        except InvalidConfig:
            return StopPolicy()

    def _stop_without_process(self, record: Record, by: str) -> None:
        record.wanted = False
        if record.timer is not None:
            record.timer.cancel()
        if record.info.status is AgentStatus.BACKOFF or record.info.run:
            self._register.step(record, AgentStatus.TERMINATED, "stopped before it ran again", by=by)
        else:
            record.who = by
            self._register.note(record, reason="stopped", next_at=None, who=by)

    def _begin(self, record: Record, run: Run, stop: Stop, rung: Rung) -> None:
        run.stop = stop
        why = stop.over_limit or stop.unhealthy
        reason = f"{why}: stopping" if why else f"asked by {stop.by}"
        self._register.step(record, AgentStatus.STOPPING, reason, by=stop.by)
        self._stand_on(record, run, stop.ladder, rung)

    def _stand_on(self, record: Record, run: Run, ladder: StopLadder, rung: Rung) -> None:
        """Do what `rung` says and climb on when its time is over."""
        self._set_timer(record, run, ladder)
        self._parts.tasks.start(self._perform(record, run, rung), f"stop {record.name}")

    def _set_timer(self, record: Record, run: Run, ladder: StopLadder) -> None:
        if run.timer is not None:
            run.timer.cancel()
        now = self._parts.clock.now()

        def climb() -> None:
            if not run.over:
                self._stand_on(record, run, ladder, ladder.climb(self._parts.clock.now()))

        run.timer = self._parts.clock.call_later(max(ladder.until - now, 0.0), climb)
        self._register.note(record, next_at=ladder.until)

    async def _perform(self, record: Record, run: Run, rung: Rung) -> None:
        """Do what a rung says. What goes wrong is shown, and left to the next rung."""
        link = await run.held()
        if link is None or run.over:
            return
        try:
            reason = await self._do(record, run, link, rung)
        except (AgentError, OSError) as error:
            reason = f"{_name(rung)} failed: {error}"
            log.warning("%s: %s", record.name, reason)
        if not run.over and record.run is run and record.info.status is AgentStatus.STOPPING:
            self._register.note(record, reason=reason)

    async def _do(self, record: Record, run: Run, link: RunLink, rung: Rung) -> str:
        match rung:
            case Say(text, until, then):
                await self._continue(run, link)
                await link.write_stdin(text.encode())
                self._register.emit(record, "action", verb="send", by=_asker(run))
                return f"{text.strip()!r} written to stdin, {then} in {self._left(until)}"
            case Send(number, until, then):
                report = await link.signal(number, to_end=True)
                await self._continue(run, link)
                emit_signal(self._register, record, number, report, by=_asker(run))
                return f"{describe_signal(number, len(report.reached))}, {then} in {self._left(until)}"
            case Kill():
                await self._kill(record, run, link)
                return "KILL sent to the family"
            case Look():
                left = await link.family()
                names = ", ".join(f"{one.name} (pid {one.pid}, {one.status})" for one in left[:3])
                return f"KILL sent, {len(left)} still there: {names}" if left else "KILL sent to the family"

    async def _continue(self, run: Run, link: RunLink) -> None:
        """Let a paused family go on, so that it can end by itself."""
        if link.is_paused():
            await link.resume()
        run.awake.set()

    async def _kill(self, record: Record, run: Run, link: RunLink) -> None:
        """Note who is there, then kill them; whoever is born meanwhile is swept, and named in the ending."""
        pids = await self._present(record, link)
        facts = {"processes": len(pids) or None, "pids": pids, "by": _asker(run)}
        self._register.emit(record, "signal", signal=SIGKILL, **facts)
        await link.kill()

    async def _present(self, record: Record, link: RunLink) -> list[int]:
        """Return who is there, [] where that takes too long: a kill is not to be held up, nor is anybody else."""
        if (record.info.usage.processes or 0) > MOST_NAMED:
            return []
        with contextlib.suppress(AgentError, OSError, TimeoutError):
            async with asyncio.timeout(LISTING):
                return [member.pid for member in (await link.family())[:MOST_NAMED]]
        return []

    def _left(self, until: float) -> str:
        return format_duration(max(until - self._parts.clock.now(), 0.0))


def _asker(run: Run) -> str:
    return run.stop.by if run.stop is not None else ""


def _name(rung: Rung) -> str:
    return {Say: "writing to stdin", Send: "signalling", Kill: "killing", Look: "looking"}[type(rung)]
