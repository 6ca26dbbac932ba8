"""What a row is: a question, a way to ask it, and a cell for each answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.comparison.tools.tool import Tool


@dataclass(frozen=True, slots=True)
class Cell:
    """What was seen, in a few words for the table, with the facts behind them. `good`: nothing is missing."""

    text: str
    good: bool | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


Ask = Callable[[type[Tool], Path, str], Mapping[str, Cell]]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that are answered together by one run. `tuning` names what the tuned configuration is tuned for."""

    name: str
    tuning: str
    section: str
    rows: Mapping[str, str]  # key: title
    ask: Ask
    together: bool = False  # may run for all tools at once: it mostly waits
