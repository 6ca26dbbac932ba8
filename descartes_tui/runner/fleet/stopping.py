"""Brings agents to their end: climbs the stop ladder rung by rung, each one visible."""

import logging

from descartes_tui.runner.fleet.ending import describe_signal
from descartes_tui.runner.fleet.ladder import Kill, Look, Rung, Say, Send, StopLadder
from descartes_tui.runner.fleet.parts import Parts
from descartes_tui.runner.fleet.preparing import backend_of
from descartes_tui.runner.fleet.record import Record, Run, Stop, takes_input
from descartes_tui.runner.model.config import StopPolicy
from descartes_tui.runner.model.errors import AgentError, InvalidConfig
from descartes_tui.runner.model.run import RunLink
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.runner.model.units import format_duration

log = logging.getLogger(__name__)


class Stopper:
    """Starts and conducts stops. All methods return at once; the ending of the run is heard elsewhere."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._register = parts.register

    def stop(self, record: Record, *, by: str, grace: float | None = None, unhealthy: str = "") -> None:
        """Begin to stop, or shorten a stop under way when `grace` leaves less time."""
        run = record.run
        if run is None or run.over:
            self._stop_without_process(record, by)
        elif run.stop is None:
            ladder = StopLadder(self.policy_of(record), takes_input=takes_input(record.config), grace=grace)
            stop = Stop(by, ladder, unhealthy=unhealthy)
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
            self._stand_on(record, run, run.stop.ladder, run.stop.ladder.kill(now))

    def go_on(self, record: Record, *, by: str, grace: float) -> None:
        """Take up a stop that another supervisor had begun: signal again, with what was left of the grace."""
        run = record.run
        if run is not None and not run.over:
            ladder = StopLadder(self.policy_of(record), grace=grace)
            run.stop = Stop(by, ladder)
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
            self._register.note(record, reason="stopped", next_at=None)

    def _begin(self, record: Record, run: Run, stop: Stop, rung: Rung) -> None:
        run.stop = stop
        self._register.step(record, AgentStatus.STOPPING, f"asked by {stop.by}", by=stop.by)
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
                self._register.emit(record, "action", verb="send", by=run.stop.by if run.stop else "")
                return f"{text.strip()!r} written to stdin, {then} in {self._left(until)}"
            case Send(number, until, then):
                report = await link.signal(number)
                await self._continue(run, link)
                self._emit_signal(record, number, len(report.reached), len(report.refused))
                return f"{describe_signal(number, len(report.reached))}, {then} in {self._left(until)}"
            case Kill():
                await link.kill()
                self._emit_signal(record, 9, None, 0)
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

    def _emit_signal(self, record: Record, number: int, reached: int | None, refused: int) -> None:
        facts = {"refused": refused} if refused else {}
        self._register.emit(record, "signal", signal=number, processes=reached, **facts)

    def _left(self, until: float) -> str:
        return format_duration(max(until - self._parts.clock.now(), 0.0))


def _name(rung: Rung) -> str:
    return {Say: "writing to stdin", Send: "signalling", Kill: "killing", Look: "looking"}[type(rung)]
