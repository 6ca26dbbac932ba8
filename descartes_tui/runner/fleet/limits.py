"""When a run has gone over a limit of its own, and how long it has really run. Logic only."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from descartes_tui.runner.model.config import AgentLimits
from descartes_tui.runner.model.event import Event
from descartes_tui.runner.model.info import Usage
from descartes_tui.runner.model.units import format_bytes, format_duration

MEMORY, PROCESSES, RUNTIME = "memory", "processes", "runtime"
BACK: Final = "back"  # the `action` of a limit event that tells that usage is under the limit again
WELL_UNDER: Final = (
    0.9  # of a limit: only then it acts again, or one that is swayed about would act each second
)


@dataclass(frozen=True, slots=True)
class Excess:
    """One limit that was passed: `value` and `bound` in bytes, seconds or processes."""

    limit: str
    value: float
    bound: float

    def __str__(self) -> str:
        if self.limit == RUNTIME:
            return f"runtime over its limit of {_plain(format_duration(self.bound))}"
        if self.limit == PROCESSES:
            return f"{self.value:.0f} processes, over the limit of {self.bound:.0f}"
        return f"memory {_size(self.value)} over its limit of {_size(self.bound)}"


def excesses(limits: AgentLimits, usage: Usage) -> list[Excess]:
    """Return which limits `usage` is over."""
    return [Excess(name, used, bound) for name, used, bound in _measured(limits, usage) if used > bound]


def recovered(limits: AgentLimits, usage: Usage) -> list[Excess]:
    """Return the limits that `usage` is well under."""
    measured = _measured(limits, usage)
    return [Excess(name, used, bound) for name, used, bound in measured if used <= bound * WELL_UNDER]


def _measured(limits: AgentLimits, usage: Usage) -> Iterable[tuple[str, int, int]]:
    pairs = ((MEMORY, usage.memory_bytes, limits.memory), (PROCESSES, usage.processes, limits.processes))
    return [(name, used, bound) for name, used, bound in pairs if used is not None and bound is not None]


class RuntimeMeter:
    """Seconds that a run has run, the time that it was paused left out. `now` is on any one clock."""

    def __init__(self, used: float, now: float) -> None:
        self._used = used
        self._since: float | None = now

    @property
    def is_running(self) -> bool:
        """False while it is held."""
        return self._since is not None

    def used(self, now: float) -> float:
        """Return the seconds so far."""
        return self._used + (now - self._since if self._since is not None else 0.0)

    def hold(self, now: float) -> None:
        """Count no further."""
        self._used, self._since = self.used(now), None

    def go_on(self, now: float) -> None:
        """Count on."""
        if self._since is None:
            self._since = now


@dataclass(frozen=True, slots=True)
class Past:
    """What an earlier supervisor saw of a run: seconds paused, limits that have acted, the text of the last one."""

    paused: float = 0.0
    acted: frozenset[str] = frozenset()
    text: str = ""


def past_of(events: Iterable[Event], now: float) -> Past:
    """Return what the events of one run, oldest first, tell at `now` (seconds since 1970)."""
    paused, since, acted, text = 0.0, None, set[str](), ""
    for event in events:
        facts = event.facts
        if event.kind == "status" and facts.get("new") == "paused":
            since = event.at
        elif event.kind == "status" and since is not None:
            paused, since = paused + max(event.at - since, 0.0), None
        elif event.kind == "limit" and facts.get("action") == BACK:
            acted.discard(str(facts.get("limit")))
        elif event.kind == "limit":
            acted.add(str(facts.get("limit")))
            text = str(facts.get("text", ""))
    if since is not None:
        paused += max(now - since, 0.0)
    return Past(paused, frozenset(acted), text)


def _size(count: float) -> str:
    """Return `4G` and `4.1G`."""
    return format_bytes(count).replace(".0", "")


def _plain(text: str) -> str:
    return text.removesuffix("00s").removesuffix("00m")
