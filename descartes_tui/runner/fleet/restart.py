"""When a run is followed by another: exponential back-off, and giving up when an agent keeps crashing.

Logic only: times come in as arguments (seconds since 1970), a random source too.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import random
from typing import Final

from descartes_tui.runner.model.config import RestartPolicy, RestartWhen
from descartes_tui.runner.model.units import format_duration

JITTER: Final = 0.1  # a tenth to either side, so that agents that fell together do not rise together
LASTED_WELL: Final = (
    10.0  # seconds; a run that lasted longer than this and than the longest back-off was good
)


@dataclass(frozen=True, slots=True)
class Again:
    """Start again in `delay` seconds; this is restart number `count` of those that are counted."""

    delay: float
    count: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Too many restarts in too short a time; `reason` is for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class NoRestart:
    """The policy wants no restart after such an ending."""


Decision = Again | GiveUp | NoRestart


class RestartHistory:
    """Remembers the restarts of one agent and decides, at each ending, whether another one follows."""

    def __init__(self, past: Iterable[float] = ()) -> None:
        self._times: deque[float] = deque(past, maxlen=1000)
        self._in_a_row = len(self._times)

    def decide(
        self,
        policy: RestartPolicy,
        *,
        failed: bool,
        lasted: float,
        now: float,
        chance: Callable[[], float] = random,
    ) -> Decision:
        """Decide after a run that lasted `lasted` seconds; an Again is remembered as a restart."""
        if policy.when is RestartWhen.NEVER or (policy.when is RestartWhen.ON_FAILURE and not failed):
            return NoRestart()
        if lasted > max(policy.backoff_max, LASTED_WELL):
            self._in_a_row = 0
        recent = self._count_recent(policy, now)
        if policy.max and recent >= policy.max:
            return GiveUp(f"gave up: {recent} restart{'' if recent == 1 else 's'}{_within(policy)}")
        self._times.append(now)
        self._in_a_row += 1
        return Again(delay_before(self._in_a_row, policy, chance()), recent + 1)

    def forget(self) -> None:
        """Begin anew: a person has started the agent by hand."""
        self._times.clear()
        self._in_a_row = 0

    def _count_recent(self, policy: RestartPolicy, now: float) -> int:
        if policy.within <= 0:
            return len(self._times)
        return sum(now - policy.within < time <= now for time in self._times)


def delay_before(attempt: int, policy: RestartPolicy, chance: float) -> float:
    """Return the seconds before restart number `attempt` (from 1) in a row; `chance` is from 0 to 1.

    Never under `backoff_min`, never over `backoff_max`.
    """
    longest = max(policy.backoff_min, policy.backoff_max)
    wanted = min(policy.backoff_min * 2.0 ** min(attempt - 1, 60), longest)
    low = max(policy.backoff_min, wanted * (1 - JITTER))
    high = min(longest, wanted * (1 + JITTER))
    return low + (high - low) * chance


def _within(policy: RestartPolicy) -> str:
    if policy.within <= 0:
        return ""
    return f" within {_short(policy.within)}"


def _short(seconds: float) -> str:
    return format_duration(seconds).removesuffix("00s").removesuffix("00m")
