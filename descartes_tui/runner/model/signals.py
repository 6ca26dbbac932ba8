"""The signals an agent can be sent by name."""

import signal
from enum import Enum


class AgentSignal(Enum):
    """What `AgentRunner.signal` accepts; PAUSE and RESUME act on the whole family."""

    INTERRUPT = "interrupt"
    TERMINATE = "terminate"
    KILL = "kill"
    PAUSE = "pause"
    RESUME = "resume"


def signal_number(name: str) -> int:
    """Return the number of `TERM`, `SIGTERM`, `term` or `15`; ValueError names what was expected."""
    if name.isdigit():
        return int(signal.Signals(int(name)))
    full = name.upper() if name.upper().startswith("SIG") else f"SIG{name.upper()}"
    try:
        return int(signal.Signals[full])
    except KeyError:
        raise ValueError(f"unknown signal {name!r}: expected a name like TERM, INT or HUP") from None


def signal_name(number: int) -> str:
    """Return `SIGTERM` for 15, and `signal 99` for a number that has no name here."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
