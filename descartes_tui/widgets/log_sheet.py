"""What stands in the log pane, row by row: one run's lines, marks at its ends, a little of the run before."""

from collections import OrderedDict
from collections.abc import Sequence

from rich.style import Style
from textual.strip import Strip

from descartes_tui.runner.logs.window import LogLine, LogWindow
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.widgets.log_strips import (
    LogLooks,
    end_mark,
    line_strip,
    no_log,
    row_count,
    rows_of,
    start_mark,
)
from descartes_tui.widgets.log_view import HEAD, LogView, Row
from descartes_tui.widgets.scrollbar import Thumb

_KEPT_STRIPS = 2000
_NOTHING = Style.null()
_NO_LOOKS = LogLooks(_NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING, {})


class LogSheet:
    """Rows for a size and a set of looks. Strips are kept by the offset of their line, which never changes."""

    def __init__(self) -> None:
        self.agent: AgentInfo | None = None
        self.wrap = self.timestamps = False
        self.column = 0  # the first column in view, where lines are cut
        self.width = self.height = 1
        self.view: LogView | None = None
        self.rows: Sequence[Row | Strip] = ()
        self._looks = _NO_LOOKS
        self._before: LogWindow | None = None  # the run that was shown until this one began
        self._strips: OrderedDict[tuple[int, int], Strip] = OrderedDict()

    @property
    def path(self) -> str | None:
        """The log that is open."""
        return None if self.view is None else str(self.view.window.path)

    def open(self, path: str | None, stream: str | None, *, goes_on: bool) -> None:
        """Show another log, at its end; with `goes_on`, the one of before stays in sight above it."""
        kept = self.view.window if goes_on and self.view is not None else None
        self.close(keep=kept)
        self._before = kept
        if path is not None:
            self.view = LogView(LogWindow(path), self.rows_in)
            self.view.stream = stream

    def close(self, keep: LogWindow | None = None) -> None:
        """Let go of the files, but for `keep`."""
        for window in (self._before, None if self.view is None else self.view.window):
            if window is not None and window is not keep:
                window.close()
        self.view, self._before, self.rows = None, None, ()
        self._strips.clear()

    def refresh(self) -> bool:
        """Look at the file again; True when it says something new."""
        if self.view is None:
            return False
        generation = self.view.window.generation
        changed = self.view.window.refresh()
        if self.view.window.generation != generation:
            self._strips.clear()
            self.view.follow()
        return changed

    def repaint(self) -> None:
        """Forget every strip: colours or what a line shows of itself have changed."""
        self._strips.clear()

    def arrange(self, looks: LogLooks) -> None:
        """Find out which rows are in view."""
        if looks is not self._looks:
            self._strips.clear()
        self._looks = looks
        self.rows = self._in_view(looks) if self.view is not None else no_log(self.agent, self.width, looks)

    def strip(self, number: int) -> Strip:
        """Return row `number` of those in view, exactly as wide as the sheet."""
        if number >= len(self.rows):
            return Strip.blank(self.width, self._looks.plain)
        row = self.rows[number]
        if isinstance(row, Strip):
            return row.adjust_cell_length(self.width, self._looks.plain)
        strips = self._paint(self._line_strip(row.line))
        return strips[min(row.row, len(strips) - 1)].adjust_cell_length(self.width, self._looks.plain)

    def line_at(self, number: int) -> LogLine | None:
        """Return the line that row `number` belongs to, None for marks and the space below."""
        row = self.rows[number] if 0 <= number < len(self.rows) else None
        return row.line if isinstance(row, Row) else None

    def lines(self) -> list[LogLine]:
        """Return the lines in view."""
        return list({row.line.offset: row.line for row in self.rows if isinstance(row, Row)}.values())

    def rows_in(self, line: LogLine) -> int:
        """Return how many rows a line takes."""
        return row_count(self._line_strip(line), self.width, wrap=self.wrap)

    def thumb(self) -> Thumb | None:
        """Return where the scrollbar's thumb stands, by bytes, so that it costs the same in any log."""
        lines = self.lines()
        size = 0 if self.view is None else self.view.window.size
        if not lines or len(self.rows) < self.height or (lines[0].offset == 0 and lines[-1].end >= size):
            return None
        seen = lines[-1].end - lines[0].offset
        length = max(1, round(self.height * seen / size))
        start = round((self.height - length) * min(1.0, lines[0].offset / max(1, size - seen)))
        return Thumb(start, start + length)

    def _in_view(self, looks: LogLooks) -> list[Row | Strip]:
        view, agent = self.view, self.agent
        assert view is not None and agent is not None
        end = end_mark(agent, self.width, looks)
        view.height = max(1, self.height - (end is not None and view.following))
        rows: list[Row | Strip] = list(view.rows())
        if view.top == HEAD or (view.following and len(rows) < view.height):
            rows = [
                *self._earlier_run(view.height - len(rows) - 1),
                start_mark(agent, self.width, looks),
                *rows,
            ]
        if view.following:
            rows = rows[-view.height :]
        return [*rows, *([end] if end is not None else [])][: self.height]

    def _earlier_run(self, room: int) -> list[Strip]:
        if self._before is None or self.view is None or room <= 0 or not self.view.following:
            return []
        self._before.refresh()
        lines = self._before.tail(room, self.view.stream)
        strips = [self._paint(line_strip(line, self._looks, timestamps=self.timestamps)) for line in lines]
        return [row for rows in strips for row in rows][-room:]

    def _line_strip(self, line: LogLine) -> Strip:
        key = (line.offset, line.end)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = line_strip(line, self._looks, timestamps=self.timestamps)
            if len(self._strips) > _KEPT_STRIPS:
                self._strips.popitem(last=False)
        return strip

    def _paint(self, strip: Strip) -> list[Strip]:
        return rows_of(strip, self.width, self._looks, wrap=self.wrap, column=self.column)
