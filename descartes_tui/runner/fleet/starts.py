"""Decides who may start now: dependencies first, then the line for a place, then the pace of starts."""

import asyncio
import math
from collections.abc import Callable
from typing import Final

from descartes_tui.runner.fleet.brake import Brake
from descartes_tui.runner.fleet.changes import AgentChanged, AgentRemoved, Change
from descartes_tui.runner.fleet.clock import Timer
from descartes_tui.runner.fleet.declared import Limits
from descartes_tui.runner.fleet.depends import (
    Broken,
    Met,
    Other,
    Standing,
    Waiting,
    combined,
    overdue,
    standing,
)
from descartes_tui.runner.fleet.parts import Parts
from descartes_tui.runner.fleet.record import Record
from descartes_tui.runner.fleet.who import RESTART_POLICY, by_dependency
from descartes_tui.runner.model.config import Dependency, DependencyNeed
from descartes_tui.runner.model.status import AgentStatus, Verdict
from descartes_tui.runner.model.units import format_duration

LOG_INTERVAL: Final = 0.1  # seconds between two looks into a log that somebody waits for
A_MOMENT: Final = 0.25  # seconds; times that are announced differ by less
IN_LINE: Final = "starts when it is first in line and another one has ended"
HELD: Final = "restart held back"


class Starts:
    """Looks again at all who wait, once per turn of the loop in which anything changed."""

    def __init__(
        self, parts: Parts, launch: Callable[[Record], None], limits: Limits, brake: Brake | None = None
    ) -> None:
        self._parts = parts
        self._launch = launch
        self.limits = limits
        self._brake = brake or Brake()
        self._planned = False
        self._timer: Timer | None = None
        self._last_start = float("-inf")
        self._closed = False
        self.held = False  # nobody is started while this is set
        self._unobserve = parts.register.observe(self._changed)

    def close(self) -> None:
        """Start nobody any more."""
        self._closed = True
        self._unobserve()
        if self._timer is not None:
            self._timer.cancel()

    def _changed(self, change: Change) -> None:
        if isinstance(change, AgentChanged | AgentRemoved) and not self._planned and not self._closed:
            self._planned = True
            asyncio.get_running_loop().call_soon(self.consider)

    def consider(self) -> None:
        """Start everyone who can start; tell the others what they wait for."""
        self._planned = False
        records = self._parts.register.records.values()
        waiting = [record for record in records if record.wanted and not record.info.status.has_process]
        if not waiting or self._closed or self.held:
            return
        ready = [record for record in sorted(waiting, key=_ticket) if self._is_ready(record)]
        held = self._held_back(ready)
        ready = [record for record in ready if record.id not in held]
        used = sum(record.info.status.has_process for record in records)
        most = self.limits.max_concurrent
        places = len(ready) if most is None else max(most - used, 0)
        started = self._start(ready[:places])
        for place, record in enumerate(ready[places:], 1):
            self._wait(record, f"{ordinal(place)} in line (max_concurrent {most})", IN_LINE)
        for place, record in enumerate(ready[started:places], 1):
            self._wait(record, "starts in a moment (start_interval)", "starts", self._next_start(place))
        self._wake_later(waiting)

    def _start(self, ready: list[Record]) -> int:
        """Launch those whose time has come; return how many."""
        for number, record in enumerate(ready):
            now = self._parts.clock.monotonic()
            if now < self._last_start + self.limits.start_interval:
                return number
            self._last_start = now
            if _is_automatic(record):
                self._brake.note(now)
            self._launch(record)
        return len(ready)

    def _held_back(self, ready: list[Record]) -> set[str]:
        """Return the ids of whose automatic restart has to wait; who waits longest goes first."""
        restarts = sorted((r for r in ready if _is_automatic(r)), key=lambda record: record.wanted_since)
        now = self._parts.clock.monotonic()
        delay = self._brake.delay(now)
        free = 0 if delay else max(self._brake.free(now), 1)
        held, count = restarts[free:], self._brake.recent(now) + len(restarts[:free])
        for place, record in enumerate(held):
            self._hold_back(record, count, (delay or self._brake.pace) + place * self._brake.pace)
        return {record.id for record in held}

    def _hold_back(self, record: Record, count: int, seconds: float) -> None:
        reason = record.info.reason
        if not reason.startswith(HELD):  # said once: a count that changes each second is no news
            window = format_duration(self._brake.window)
            reason = f"{HELD}: {count} agents restarted in the last {window}"
            at = self._parts.clock.now() + seconds
            self._parts.register.emit(record, "held_back", cause=reason, next_at=at)
        self._wait(record, reason, "starts again", seconds)

    def _next_start(self, place: int) -> float:
        """Return the seconds until the start of who is in this place, from 1."""
        last, interval = self._last_start, self.limits.start_interval
        return last + place * interval - self._parts.clock.monotonic()

    def _is_ready(self, record: Record) -> bool:
        match self._obstacle(record):
            case Met():
                return True
            case Waiting(reason, left):
                self._wait(
                    record, reason, "starts when that is so, and is given up when the bound is over", left
                )
            case Broken(reason, agent):
                self._give_up(record, reason, by_dependency(agent))
        return False

    def _obstacle(self, record: Record) -> Standing:
        if record.info.status is AgentStatus.BACKOFF:  # it has been up once: a restart waits for nobody
            return Met()
        return combined([self._standing(record, dependency) for dependency in record.config.depends_on])

    def _standing(self, record: Record, dependency: Dependency) -> Standing:
        other = self._parts.register.by_name(dependency.agent)
        found = standing(dependency, _view(other) if other is not None else None)
        if isinstance(found, Waiting):
            left = self._time_left(record, dependency)
            return Waiting(found.reason, left) if left > 0 else overdue(dependency)
        return found

    def _time_left(self, record: Record, dependency: Dependency) -> float:
        return record.wanted_since + dependency.timeout - self._parts.clock.monotonic()

    def _wait(self, record: Record, reason: str, outlook: str, seconds: float = math.inf) -> None:
        """Say what an agent waits for; `outlook` is what ends that, at the latest in `seconds`."""
        record.outlook = outlook
        at = None if math.isinf(seconds) else self._parts.clock.now() + max(seconds, 0.0)
        if at is not None and record.info.next_at is not None and abs(at - record.info.next_at) < A_MOMENT:
            at = record.info.next_at  # the same moment, seen from a little later: no news
        if record.info.status in (AgentStatus.IDLE, AgentStatus.BACKOFF):
            self._parts.register.note(record, reason=reason, next_at=at)
        else:
            self._parts.register.step(record, AgentStatus.IDLE, reason, by=record.who, next_at=at)

    def _give_up(self, record: Record, reason: str, by: str) -> None:
        record.wanted = False
        if record.info.status is not AgentStatus.IDLE:
            self._parts.register.step(record, AgentStatus.IDLE, reason, by=record.who)
        facts = {"verdict": Verdict.DEPENDENCY_FAILED, "ended_at": None}
        self._parts.register.step(record, AgentStatus.FAILED, reason, by=by, **facts)

    def _wake_later(self, waiting: list[Record]) -> None:
        """Plan the next look, for what no change will announce: bounds, the pace of starts, lines in logs."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        still = [record for record in waiting if record.wanted]
        needs = [(record, dependency) for record in still for dependency in record.config.depends_on]
        times = [self._time_left(record, dependency) for record, dependency in needs]
        if any(dependency.need is DependencyNeed.LOG for _, dependency in needs):
            times.append(LOG_INTERVAL)
        if still and self.limits.start_interval:
            times.append(self._last_start + self.limits.start_interval - self._parts.clock.monotonic())
        if any(_is_automatic(record) for record in still):
            times.append(self._brake.delay(self._parts.clock.monotonic()))
        ahead = [time for time in times if time > 0]
        if ahead:
            self._timer = self._parts.clock.call_later(min(ahead), self.consider)


def _ticket(record: Record) -> int:
    return record.ticket


def _is_automatic(record: Record) -> bool:
    """True for a restart that nobody asked for."""
    return record.info.status is AgentStatus.BACKOFF and record.who == RESTART_POLICY


def _view(record: Record) -> Other:
    run = record.run
    return Other(record.info, record.wanted, lambda pattern: run is not None and run.log.seen(pattern))


def ordinal(number: int) -> str:
    """Return `1st`, `2nd`, `3rd`, `4th`, `11th`."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
