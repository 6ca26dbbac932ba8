"""What is told of an agent that is being stopped: the step it is in, what follows and when, and what does not die."""

import re
from dataclasses import dataclass
from typing import Final

from descartes_tui.runner.logs.sanitize import safe_text
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.runner.model.units import format_duration

# The runner ends the words for a step with what follows and after how long: ", KILL in 5s".
_THEN: Final = re.compile(r", (\w+) in [\w.]+$")
_UNDYING: Final = ("still there", "not dead yet")


@dataclass(frozen=True, slots=True)
class Stop:
    """One agent on its way down. `then` is what follows with its countdown, '' when there is none."""

    id: str
    name: str
    step: str
    then: str
    stubborn: bool  # KILL was sent, and yet processes are there


def stop_of(info: AgentInfo, now: float) -> Stop:
    """Return what to tell of `info`, which is being stopped or is next in turn."""
    if info.status is not AgentStatus.STOPPING:
        return Stop(info.id, safe_text(info.name), "waits its turn", "", stubborn=False)
    text = safe_text(info.reason)
    stubborn = any(words in text for words in _UNDYING)
    return Stop(
        info.id, safe_text(info.name), step_of(text), _then(text, info.next_at, now, stubborn), stubborn
    )


def step_of(reason: str) -> str:
    """Return what was done, without what follows."""
    return _THEN.sub("", reason) or "asked to end"


def next_step(reason: str) -> str:
    """Return what follows by name, like `KILL`; '' where the words do not tell."""
    match = _THEN.search(reason)
    return "" if match is None else match[1]


def seconds_left(then: float | None, now: float) -> str:
    """Return whole seconds until `then`, rounded up, '' when it has passed or is unknown."""
    return "" if then is None or then <= now else format_duration(int(then - now + 0.999))


def _then(text: str, then: float | None, now: float, stubborn: bool) -> str:
    left = seconds_left(then, now)
    if text.startswith("KILL"):
        return f"looked at again in {left}" if stubborn and left else ""
    return f"{next_step(text) or 'next step'} in {left}" if left else ""
