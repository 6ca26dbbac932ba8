"""How an agent is stopped: a word on stdin, a signal, at last KILL. Logic that never sleeps nor signals."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from descartes_tui.runner.model.config import StopPolicy
from descartes_tui.runner.model.signals import signal_name, signal_number

LOOK_AGAIN: Final = 5.0  # seconds between two looks at a family that survives KILL


@dataclass(frozen=True, slots=True)
class Say:
    """Write `text` to the agent's stdin, then climb on at `until`."""

    text: str
    until: float
    then: str


@dataclass(frozen=True, slots=True)
class Send:
    """Send signal `number` to the family, then climb on at `until`."""

    number: int
    until: float
    then: str


@dataclass(frozen=True, slots=True)
class Kill:
    """Kill the family; look at `until` who is still there."""

    until: float


@dataclass(frozen=True, slots=True)
class Look:
    """KILL was sent and yet there are processes: name them, look again at `until`."""

    until: float


Rung = Say | Send | Kill | Look


class StopLadder:
    """The rungs of one stop. `climb` is called at the start and whenever the time of a rung is over."""

    def __init__(self, policy: StopPolicy, *, takes_input: bool = False, grace: float | None = None) -> None:
        self.grace = max(policy.grace if grace is None else grace, 0.0)
        self._text = policy.stdin if takes_input else ""
        self._signal = signal_number(policy.signal)
        self._rungs: list[Callable[[float], Rung]] = (
            [self._say, self._send, self.kill] if self._text else [self._send, self.kill]
        )
        self.killed = False  # KILL was reached
        self.until = 0.0  # when the present rung is over

    def climb(self, now: float) -> Rung:
        """Return what to do now."""
        return self._rungs.pop(0)(now) if self._rungs else self._look(now)

    def _say(self, now: float) -> Rung:
        self.until = now + self.grace
        return Say(self._text, self.until, short_signal(self._signal))

    def _send(self, now: float) -> Rung:
        self.until = now + self.grace
        return Send(self._signal, self.until, "KILL")

    def _look(self, now: float) -> Rung:
        self.until = now + LOOK_AGAIN
        return Look(self.until)

    def kill(self, now: float) -> Rung:
        """Skip all rungs: return the last one."""
        self._rungs.clear()
        self.killed = True
        self.until = now + LOOK_AGAIN
        return Kill(self.until)

    def hurry(self, now: float, grace: float) -> bool:
        """Shorten what is left of the present rung and the later ones to `grace`; False if that is no less."""
        if self.killed or now + grace >= self.until:
            return False
        self.grace = max(grace, 0.0)
        self.until = now + self.grace
        return True


def short_signal(number: int) -> str:
    """Return `TERM` for 15."""
    return signal_name(number).removeprefix("SIG")
