"""The top line: which session, how many agents in which state, what the whole fleet uses."""

from collections import Counter
from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from descartes_tui.runner.logs.sanitize import safe_text
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.runner.model.units import format_bytes
from descartes_tui.widgets.lines import Lines, strip_of
from descartes_tui.widgets.looks import SYMBOLS, status_classes, status_css

_ORDER = (
    AgentStatus.RUNNING, AgentStatus.STARTING, AgentStatus.PAUSED, AgentStatus.STOPPING, AgentStatus.BACKOFF,
    AgentStatus.FAILED, AgentStatus.COMPLETED, AgentStatus.TERMINATED, AgentStatus.IDLE,
)  # fmt: skip
Piece = tuple[str, Style]


class FleetHeader(Lines):
    """One line; the counts lose their words, then the totals go, where there is little room."""

    DEFAULT_CSS = f"""
    FleetHeader {{
        height: 1; background: $panel; color: $foreground;
        & > .fleet-header--name {{ color: $primary; text-style: bold; }}
        & > .fleet-header--quiet {{ color: $muted; }}
        & > .fleet-header--alarm {{ background: $warning; color: $background; text-style: bold; }}
        {status_css("fleet-header")}
    }}
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"fleet-header--{part}" for part in ("name", "quiet", "alarm")),
        *status_classes("fleet-header"),
    }
    css_part = "fleet-header"

    def __init__(self, session: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._session = session
        self._alarm = ""
        self._facts: tuple[object, ...] = ()
        self._counts: Counter[AgentStatus] = Counter()
        self._cpu: float | None = None
        self._memory: int | None = None

    def show_fleet(self, session: str, agents: Iterable[AgentInfo]) -> None:
        """Count again; the line is painted only when it says something new."""
        agents = list(agents)
        self._session, self._counts = session, Counter(info.status for info in agents)
        percents = [info.usage.cpu_percent for info in agents if info.usage.cpu_percent is not None]
        sizes = [info.usage.memory_bytes for info in agents if info.usage.memory_bytes is not None]
        self._cpu, self._memory = sum(percents) if percents else None, sum(sizes) if sizes else None
        facts = (session, dict(self._counts), self._totals())
        if facts != self._facts:
            self._facts = facts
            self.refresh()

    def show_alarm(self, text: str) -> None:
        """Show `text` in place of the totals until it is taken back with ''."""
        if text != self._alarm:
            self._alarm = text
            self.refresh()

    def line(self, y: int) -> Strip:
        """Return the line."""
        width, plain = self.size.width, self.ground
        left = [(" descartes ", self.look("name")), (f" {safe_text(self._session)}  ", self.look("quiet"))]
        right = self._right()
        room = width - _cells(right)
        counts = self._count_pieces(words=True)
        if _cells(left) + _cells(counts) > room:
            counts = self._count_pieces(words=False)
        if _cells(left) + _cells(counts) > room and not self._alarm:
            right, room = [], width
        while counts and _cells(left) + _cells(counts) > room:
            counts.pop()
        gap = max(0, room - _cells(left) - _cells(counts))
        return strip_of([*left, *counts, (" " * gap, plain), *right], width, plain).crop(0, width)

    def _right(self) -> list[Piece]:
        if self._alarm:
            return [(f" {self._alarm} ", self.look("alarm"))]
        return [(f" {self._totals()} ", self.look("quiet"))]

    def _totals(self) -> str:
        cpu = "–" if self._cpu is None else f"{self._cpu:.0f}%"
        memory = "–" if self._memory is None else format_bytes(self._memory)
        return f"cpu {cpu:>4}  mem {memory:>4}"

    def _count_pieces(self, *, words: bool) -> list[Piece]:
        pieces: list[Piece] = []
        for status in _ORDER:
            if count := self._counts[status]:
                word = f" {status.value}" if words else ""
                pieces.append((f"{SYMBOLS[status]} {count}{word}  ", self.look(status.value)))
        return pieces or [("no agents", self.look("quiet"))]


def _cells(pieces: list[Piece]) -> int:
    return sum(cell_len(text) for text, _ in pieces)
