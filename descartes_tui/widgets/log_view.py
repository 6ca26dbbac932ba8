"""Where a reader stands in a growing log: at its end, following, or at a line that stays where it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from descartes_tui.runner.logs.window import LogLine, LogWindow


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A row of the view: the offset of its line, and which row of that line it is when wrapped."""

    offset: int
    row: int = 0


HEAD: Final = Place(-1)
"""Above the first line, where the mark of the run's beginning stands."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the view with the line it belongs to."""

    line: LogLine
    row: int

    @property
    def place(self) -> Place:
        """Where the row stands."""
        return Place(self.line.offset, self.row)


class LogView:
    """Rows of one log for a height. `rows_in` tells how many rows a line takes; only lines in view are asked."""

    def __init__(self, window: LogWindow, rows_in: Callable[[LogLine], int]) -> None:
        self.window = window
        self.height = 1
        self.stream: str | None = None
        self.top: Place | None = None  # None: following
        self._rows_in = rows_in
        self._left_at = 0

    @property
    def following(self) -> bool:
        """True while the view stays at the newest line."""
        return self.top is None

    def follow(self) -> None:
        """Stay at the end from now on."""
        self.top = None

    def hold(self) -> None:
        """Stay where the view is now."""
        if self.top is None:
            self._left_at = self.window.size
            rows = self.rows()
            self.top = rows[0].place if len(rows) >= self.height else HEAD

    def rows(self) -> list[Row]:
        """Return the rows in view, at most `height`, from the top on; one less where the head is in view."""
        if self.top is None:
            rows = list(self._rows(self.window.tail(self.height, self.stream)))
            return rows[-self.height :]
        if self.top == HEAD:
            return list(self._rows(self.window.lines_after(0, self.height, self.stream)))[: self.height - 1]
        lines = self.window.lines_after(self.top.offset, self.height + 1, self.stream)
        return [row for row in self._rows(lines) if row.place >= self.top][: self.height]

    def scroll(self, by: int) -> bool:
        """Move by rows, up when negative; leaves following when there is somewhere to go. True when moved."""
        was = self.top
        self.hold()
        assert self.top is not None
        before = self.top
        self.top = self._above(self.top, -by) if by < 0 else self._below(self.top, by)
        if was is None and self.top == before:
            self.top = None
            return False
        return self.top != before

    def to_start(self) -> None:
        """Show the first line."""
        self.hold()
        self.top = HEAD

    def to_fraction(self, part: float) -> None:
        """Show what stands at this part (0 to 1) of the log's bytes."""
        self.hold()
        line = self.window.line_at(min(int(self.window.size * part), max(0, self.window.size - 1)))
        self.top = self._below(Place(line.offset) if line and line.offset else HEAD, 0)

    def new_lines(self) -> int | None:
        """Return how many lines came since following was left; None while that is not counted."""
        if self.window.size <= self._left_at:
            return 0
        total, seen = self.window.line_count(), self.window.number_at(self._left_at)
        return None if total is None or seen is None else max(1, total - seen + 1)

    def _rows(self, lines: list[LogLine]) -> Iterator[Row]:
        for line in lines:
            for row in range(self._rows_in(line)):
                yield Row(line, row)

    def _above(self, top: Place, by: int) -> Place:
        lines = self.window.lines_before(top.offset, by, self.stream)
        places = [row.place for row in self._rows(lines)] + [Place(top.offset, row) for row in range(top.row)]
        return places[-by] if len(places) >= by else HEAD

    def _below(self, top: Place, by: int) -> Place:
        """Move down, but not so far that the last page would not be full."""
        lines = self.window.lines_after(max(0, top.offset), by + self.height + 1, self.stream)
        places = [row.place for row in self._rows(lines) if row.place >= top]
        if top == HEAD:
            places.insert(0, HEAD)
        if len(places) >= by + self.height:
            return places[by]
        tail = [row.place for row in self._rows(self.window.tail(self.height, self.stream))][-self.height :]
        last_page = tail[0] if len(tail) >= self.height else HEAD
        target = places[min(by, len(places) - 1)] if places else top
        return min(target, last_page)
