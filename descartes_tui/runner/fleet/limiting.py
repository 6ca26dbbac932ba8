"""Holds every agent to its limits: warns, pauses or stops the family that uses more than it may."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from descartes_tui.runner.fleet.changes import AgentChanged, AgentRemoved, Change
from descartes_tui.runner.fleet.clock import Timer, pass_time
from descartes_tui.runner.fleet.limits import (
    BACK,
    RUNTIME,
    Excess,
    Past,
    RuntimeMeter,
    excesses,
    past_of,
    recovered,
)
from descartes_tui.runner.fleet.parts import Parts
from descartes_tui.runner.fleet.pausing import pause
from descartes_tui.runner.fleet.record import Record, Run
from descartes_tui.runner.fleet.sampling import UsageSampler, measure
from descartes_tui.runner.fleet.stopping import Stopper
from descartes_tui.runner.fleet.who import by_limit
from descartes_tui.runner.model.config import AgentLimits, OnLimit
from descartes_tui.runner.model.errors import AgentError
from descartes_tui.runner.model.info import Usage
from descartes_tui.runner.model.status import AgentStatus

log = logging.getLogger(__name__)
EVERY: Final = 1.0  # seconds between two looks at the agents that have a limit of memory or processes


@dataclass(slots=True, eq=False)
class Watched:
    """One living run with limits; `acted` are the limits that were passed and have had their effect."""

    record: Record
    run: Run
    limits: AgentLimits
    meter: RuntimeMeter
    acted: set[str] = field(default_factory=set)
    timer: Timer | None = None
    warning: str = ""

    @property
    def is_bounded(self) -> bool:
        """True when memory or processes have to be looked at."""
        return self.limits.memory is not None or self.limits.processes is not None

    @property
    def is_measured(self) -> bool:
        """True when they have to be looked at now."""
        return self.is_bounded and self.record.info.status is AgentStatus.RUNNING and self.run.exit is None


class Limiter:
    """Looks at those agents only that have limits, each second; a runtime has a timer of its own."""

    def __init__(self, parts: Parts, stopper: Stopper, sampler: UsageSampler | None) -> None:
        self._parts = parts
        self._register = parts.register
        self._stopper = stopper
        self._sampler = sampler
        self._watched: dict[str, Watched] = {}
        self._looking: asyncio.Task[None] | None = None
        self._unobserve = parts.register.observe(self._changed)

    def close(self) -> None:
        """Watch nobody any more; what is paused stays so."""
        self._unobserve()
        for agent_id in list(self._watched):
            self._forget(agent_id)

    def watch(self, record: Record, run: Run, *, adopted: bool) -> None:
        """Hold a run that lives to its limits; an adopted one goes on with what was used before."""
        limits = record.config.limits
        if limits is None or run.stop is not None:
            return
        self._forget(record.id)
        past = self.past(record) if adopted else Past()
        before = self._parts.clock.now() - (record.info.started_at or self._parts.clock.now())
        meter = RuntimeMeter(max(before - past.paused, 0.0), self._parts.clock.monotonic())
        watched = Watched(record, run, limits, meter, set(past.acted))
        self._watched[record.id] = watched
        self._follow(watched)
        self._arm(watched)
        if self._looking is None or self._looking.done():
            self._looking = self._parts.tasks.start(self._look_on(), "look at limits")

    def past(self, record: Record) -> Past:
        """Return what the history tells of the present run of an agent."""
        info = record.info
        events = self._parts.store.events(since_time=info.started_at or 0.0, agent=record.name)
        own = [event for event in events if (event.agent_id, event.run) == (info.id, info.run)]
        return past_of(own, self._parts.clock.now())

    # -- what becomes of the runs ---------------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        if isinstance(change, AgentChanged):
            watched = self._watched.get(change.info.id)
            if watched is not None:
                self._follow(watched)
        elif isinstance(change, AgentRemoved):
            self._forget(change.id)

    def _follow(self, watched: Watched) -> None:
        """Count time only while the agent runs, and let go of it when its run is over or being stopped."""
        record, now = watched.record, self._parts.clock.monotonic()
        if record.run is not watched.run or watched.run.over or record.info.status is AgentStatus.STOPPING:
            self._forget(record.id)
        elif record.info.status is AgentStatus.PAUSED and watched.meter.is_running:
            watched.meter.hold(now)
            self._disarm(watched)
        elif record.info.status is AgentStatus.RUNNING and not watched.meter.is_running:
            watched.meter.go_on(now)
            self._arm(watched)

    def _forget(self, agent_id: str) -> None:
        watched = self._watched.pop(agent_id, None)
        if watched is not None:
            self._disarm(watched)

    # -- runtime --------------------------------------------------------------------------------------

    def _arm(self, watched: Watched) -> None:
        bound = watched.limits.runtime
        if bound is None or RUNTIME in watched.acted or not watched.meter.is_running:
            return
        self._disarm(watched)
        left = max(bound - watched.meter.used(self._parts.clock.monotonic()), 0.0)
        watched.run.limit_due = self._parts.clock.now() + left
        watched.timer = self._parts.clock.call_later(left, lambda: self._ring(watched, bound))

    def _disarm(self, watched: Watched) -> None:
        watched.run.limit_due = None
        if watched.timer is not None:
            watched.timer.cancel()
            watched.timer = None

    def _ring(self, watched: Watched, bound: float) -> None:
        used = watched.meter.used(self._parts.clock.monotonic())
        self._disarm(watched)
        if self._watched.get(watched.record.id) is watched and watched.run.exit is None:
            self._exceeded(watched, Excess(RUNTIME, max(used, bound), bound))

    # -- memory and processes -------------------------------------------------------------------------

    async def _look_on(self) -> None:
        """Measure each second as long as there is anybody with limits."""
        while any(watched.is_bounded for watched in self._watched.values()):
            try:
                await self.look()
            except Exception:  # a system that cannot be measured must not end the measuring
                log.exception("usage could not be compared with limits")
            await pass_time(self._parts.clock, EVERY)

    async def look(self) -> None:
        """Measure now, and act on what is over its limit."""
        measured = [watched for watched in self._watched.values() if watched.is_measured]
        if self._sampler is None or not measured:
            return
        usages = await measure(self._sampler, [(watched.record, watched.run) for watched in measured])
        for watched in measured:
            usage = usages.get(watched.run.run_id)
            if usage is not None and self._watched.get(watched.record.id) is watched and watched.is_measured:
                self._register.note(watched.record, keep=False, usage=usage)
                self._compare(watched, usage)

    def _compare(self, watched: Watched, usage: Usage) -> None:
        self._recover(watched, recovered(watched.limits, usage))
        for excess in excesses(watched.limits, usage):
            self._exceeded(watched, excess)

    def _recover(self, watched: Watched, back: Iterable[Excess]) -> None:
        for excess in back:
            if excess.limit not in watched.acted:
                continue
            watched.acted.discard(excess.limit)
            self._emit(watched, excess, BACK, f"{excess.limit} is under its limit again")
            if watched.warning and watched.record.info.reason == watched.warning:
                self._register.note(watched.record, reason="")

    # -- acting ---------------------------------------------------------------------------------------

    def _exceeded(self, watched: Watched, excess: Excess) -> None:
        if excess.limit in watched.acted or watched.record.info.status is not AgentStatus.RUNNING:
            return
        watched.acted.add(excess.limit)
        action, text = watched.limits.on_limit, str(excess)
        self._emit(watched, excess, action.value, text)
        match action:
            case OnLimit.WARN:
                watched.warning = text
                self._register.note(watched.record, reason=text)
            case OnLimit.PAUSE:
                work = self._pause(watched.record, watched.run, excess.limit, text)
                self._parts.tasks.start(work, f"pause {watched.record.name}")
            case OnLimit.STOP:
                self._stopper.stop(watched.record, by=by_limit(excess.limit), over_limit=text)

    async def _pause(self, record: Record, run: Run, limit: str, text: str) -> None:
        try:
            await pause(
                record, self._register, cooperative=False, by=by_limit(limit), reason=f"{text}: paused"
            )
        except (AgentError, OSError) as error:
            log.warning("%s: %s, and could not be paused: %s", record.name, text, error)
            if record.run is run and not run.over:
                self._register.note(record, reason=f"{text}, and could not be paused: {error}")

    def _emit(self, watched: Watched, excess: Excess, action: str, text: str) -> None:
        facts = {"limit": excess.limit, "value": excess.value, "bound": excess.bound}
        self._register.emit(watched.record, "limit", **facts, action=action, text=text)
