"""The live log of one agent: read straight from its file, only the lines in view, whatever its size."""

import asyncio
import os
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from descartes_tui.runner.logs.follow import Watcher
from descartes_tui.runner.logs.sanitize import safe_text, to_text
from descartes_tui.runner.logs.window import LogLine, LogWindow
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.columns import activity
from descartes_tui.widgets.lines import Lines, fit, strip_of
from descartes_tui.widgets.log_strips import LogLooks, clock_text, line_strip, row_count, rows_of
from descartes_tui.widgets.log_view import LogView, Row
from descartes_tui.widgets.looks import label, status_classes, status_css
from descartes_tui.widgets.scrollbar import Thumb

_TITLE = 1
_FRAME = 1 / 30  # seconds between two paintings of a flood
_STREAMS = (None, "stdout", "stderr")
_KEPT_STRIPS = 2000
_SIDE_STEP = 8


class LogPane(Lines, can_focus=True):
    """Shows the run that the agent is in; a new run is switched to, with a mark where it begins."""

    DEFAULT_CSS = f"""
    LogPane {{
        height: 1fr; background: $surface; color: $foreground;
        & > .log-pane--title {{ background: $panel; color: $foreground; text-style: bold; }}
        & > .log-pane--fact {{ background: $panel; color: $muted; }}
        & > .log-pane--news {{ background: $panel; color: $warning; text-style: bold; }}
        & > .log-pane--stderr {{ color: $log-stderr; }}
        & > .log-pane--time {{ color: $log-time; }}
        & > .log-pane--mark {{ color: $log-note; }}
        & > .log-pane--quiet {{ color: $muted; }}
        & > .log-pane--selected {{ background: $primary 35%; }}
        & > .log-pane--bar {{ color: $panel; }}
        {status_css("log-pane")}
    }}
    LogPane:focus {{
        & > .log-pane--title {{ color: $primary; }}
        & > .log-pane--bar {{ color: $primary; }}
    }}
    LogPane:nocolor > .log-pane--selected {{ text-style: reverse; }}
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(
            f"log-pane--{part}"
            for part in ("title", "fact", "news", "stderr", "time", "mark", "quiet", "selected", "bar")
        ),
        *status_classes("log-pane"),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "start", show=False),
        Binding("end", "end", show=False),
        Binding("left", "side(-1)", show=False),
        Binding("right", "side(1)", show=False),
        Binding("escape", "leave", show=False),
    ]

    @dataclass
    class Left(Message):
        """Escape: the keyboard is to go back to where it came from."""

        pane: "LogPane"

        @property
        def control(self) -> "LogPane":
            return self.pane

    css_part = "log-pane"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.agent: AgentInfo | None = None
        self.wrap = self.timestamps = False
        self.stream: str | None = None
        self._view: LogView | None = None
        self._before: LogWindow | None = None  # the run that was shown until this one began
        self._column = 0
        self._rows: list[Row | Strip] = []
        self._selection: tuple[int, int] | None = None  # offsets of its first and last line
        self._anchor: int | None = None
        self._dragging_bar = False
        self._strips: OrderedDict[tuple[int, int], Strip] = OrderedDict()
        self._looks: LogLooks | None = None

    def on_unmount(self) -> None:
        self._close()

    # what is shown

    def show(self, agent: AgentInfo | None) -> None:
        """Show this agent's log; the same run goes on where it is, another one is opened at its end."""
        before, self.agent = self.agent, agent
        path = None if agent is None else agent.log_path
        if path != (None if self._view is None else str(self._view.window.path)):
            same = before is not None and agent is not None and before.id == agent.id
            self._open(path, goes_on=same)
        elif agent != before:
            self._arrange()

    @property
    def following(self) -> bool:
        """True while the pane stays at the newest line."""
        return self._view is None or self._view.following

    def toggle_follow(self) -> None:
        """Stay at the newest line, or stay where the pane is."""
        if self._view is not None:
            if self._view.following:
                self._view.hold()
            else:
                self._view.follow()
            self._arrange()

    def toggle_wrap(self) -> None:
        """Wrap long lines or cut them."""
        self.wrap, self._column = not self.wrap, 0
        self._arrange()

    def toggle_timestamps(self) -> None:
        """Show or hide when each line arrived."""
        self.timestamps = not self.timestamps
        self._strips.clear()
        self._arrange()

    def next_stream(self) -> None:
        """Show both streams, then only stdout, then only stderr."""
        self.stream = _STREAMS[(_STREAMS.index(self.stream) + 1) % len(_STREAMS)]
        if self._view is not None:
            self._view.stream = self.stream
        self._arrange()

    def copied_text(self) -> tuple[str, int]:
        """Return the selected lines, else those in view, as safe text, and how many they are."""
        if self._view is not None and self._selection is not None:
            first, last = self._selection
            lines = [
                line
                for line in self._view.window.lines_after(first, 100_000, self.stream)
                if line.offset <= last
            ]
        else:
            lines = list({row.line.offset: row.line for row in self._rows if isinstance(row, Row)}.values())
        return "\n".join(to_text(line.spans()) for line in lines), len(lines)

    # moving

    def action_scroll(self, by: int) -> None:
        self._move(by)

    def action_page(self, pages: int) -> None:
        self._move(pages * max(1, self._height - 1))

    def action_start(self) -> None:
        if self._view is not None:
            self._view.to_start()
            self._arrange()

    def action_end(self) -> None:
        self._column = 0
        if self._view is not None:
            self._view.follow()
            self._arrange()

    def action_side(self, steps: int) -> None:
        if not self.wrap:
            self._column = max(0, self._column + steps * _SIDE_STEP)
            self._arrange()

    def action_leave(self) -> None:
        if self._selection is not None:
            self._selection = None
            self.refresh()
        else:
            self.post_message(self.Left(self))

    def _move(self, by: int) -> None:
        if self._view is not None and self._view.scroll(by):
            self._arrange()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._move(-3)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        event.stop()
        self.capture_mouse()
        self._selection = None
        self._dragging_bar = event.x == self.size.width - 1
        self._anchor = None if self._dragging_bar else self._offset_at(event.y)
        self._drag_bar(event.y)
        self.refresh()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._drag_bar(event.y)
        here = self._offset_at(event.y)
        if self._anchor is not None and here is not None:
            selection = (min(self._anchor, here), max(self._anchor, here))
            if selection != self._selection:
                self._selection = selection
                self.refresh()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        event.stop()
        self.release_mouse()
        self._anchor, self._dragging_bar = None, False

    def _drag_bar(self, y: int) -> None:
        if self._dragging_bar and self._view is not None and self._height > 1:
            self._view.to_fraction(max(0.0, min(1.0, (y - _TITLE) / (self._height - 1))))
            self._arrange()

    def _offset_at(self, y: int) -> int | None:
        number = y - _TITLE
        row = self._rows[number] if 0 <= number < len(self._rows) else None
        return row.line.offset if isinstance(row, Row) else None

    def on_resize(self) -> None:
        self._arrange()

    # following the file

    def _open(self, path: str | None, *, goes_on: bool) -> None:
        kept = self._view.window if goes_on and self._view is not None else None
        self._close(keep=kept)
        self._before = kept
        self._view = LogView(LogWindow(path), self._rows_in) if path else None
        if self._view is not None:
            self._view.stream = self.stream
        if path:
            self._watch(path)
        else:
            self.workers.cancel_node(self)
        self._arrange()

    def _close(self, keep: LogWindow | None = None) -> None:
        for window in (self._before, None if self._view is None else self._view.window):
            if window is not None and window is not keep:
                window.close()
        self._view = self._before = self._selection = None
        self._strips.clear()

    @work(exclusive=True, group="log", name="watch the log")
    async def _watch(self, path: str) -> None:
        """Look at the file when the kernel says that it grew, at most 30 times a second."""
        with Watcher(path) as watcher:
            while True:
                await watcher.changed()
                self._look()
                await asyncio.sleep(_FRAME)

    def _look(self) -> None:
        if self._view is None:
            return
        generation = self._view.window.generation
        if self._view.window.refresh():
            if self._view.window.generation != generation:
                self._strips.clear()
                self._view.follow()
            self._arrange()

    def _count_on(self) -> None:
        """Count lines in small slices while somebody wants to know how many are new."""
        if self._view is not None and not self._view.following:
            if self._view.window.index_some(2 << 20):
                self.set_timer(0.05, self._count_on)
            else:
                self.refresh_row(0)

    # painting

    @property
    def _height(self) -> int:
        return max(1, self.size.height - _TITLE)

    @property
    def _width(self) -> int:
        return max(1, self.size.width - 1)  # the last column is the scrollbar's

    def forget_styles(self) -> None:
        self._strips.clear()
        self._looks = None
        if self.is_mounted:
            self.call_later(self._arrange)

    def _arrange(self) -> None:
        """Find out which rows are in view, and paint them."""
        self._rows = list(self._rows_in_view()) if self.size.width and self.is_attached else []
        if self._view is not None and not self._view.following and self._view.new_lines() is None:
            self.call_later(self._count_on)
        self.refresh()

    def _rows_in_view(self) -> Iterator[Row | Strip]:
        view = self._view
        if view is None:
            yield from self._no_log()
            return
        end = list(self._end_mark())
        view.height = max(1, self._height - (len(end) if view.following else 0))
        rows: list[Row | Strip] = list(view.rows())
        at_start = not rows or (isinstance(rows[0], Row) and rows[0].line.offset == 0 and rows[0].row == 0)
        if at_start:
            rows = [*self._earlier_run(view.height - len(rows) - 1), self._start_mark(), *rows]
            rows = rows[-view.height :] if view.following else rows
        yield from [*rows, *end][: self._height]

    def _no_log(self) -> Iterator[Strip]:
        text = (
            ""
            if self.agent is None
            else f"{safe_text(self.agent.name)} has not run yet. Press s to start it."
        )
        if self.agent is not None and self.agent.status.has_process:
            text = "waiting for the run to begin"
        yield Strip.blank(self._width, self.rich_style)
        yield strip_of([("  " + text, self.look("quiet"))], self._width, self.rich_style)

    def _earlier_run(self, room: int) -> list[Strip]:
        if self._before is None or room <= 0 or not self.following:
            return []
        self._before.refresh()
        strips: list[Strip] = []
        for line in self._before.tail(room, self.stream):
            strips += self._paint(line_strip(line, self._line_looks(), timestamps=self.timestamps))
        return strips[-room:]

    def _start_mark(self) -> Strip:
        assert self.agent is not None
        at = "" if self.agent.started_at is None else f" · {clock_text(self.agent.started_at)[:8]}"
        return self._rule(f"run {self.agent.run}{at}", self.look("mark"))

    def _end_mark(self) -> Iterator[Strip]:
        agent = self.agent
        if agent is None or agent.status.has_process or agent.status is AgentStatus.IDLE or not agent.run:
            return
        at = "" if agent.ended_at is None else f" · {clock_text(agent.ended_at)[:8]}"
        text = activity(agent, float("inf"))
        yield self._rule(
            f"{label(agent.status)}{' · ' + text if text else ''}{at}", self.look(agent.status.value)
        )

    def _rule(self, text: str, style: Style) -> Strip:
        line = f"── {text} "
        return strip_of(
            [(fit(line, self._width).rstrip() + " ", style), ("─" * self._width, style)], self._width, style
        )

    def _line_strip(self, line: LogLine) -> Strip:
        key = (line.offset, line.end)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = line_strip(line, self._line_looks(), timestamps=self.timestamps)
            if len(self._strips) > _KEPT_STRIPS:
                self._strips.popitem(last=False)
        return strip

    def _line_looks(self) -> LogLooks:
        if self._looks is None:
            self._looks = LogLooks(self.rich_style, self.look("stderr"), self.look("time"), self.look("mark"))
        return self._looks

    def _rows_in(self, line: LogLine) -> int:
        return row_count(self._line_strip(line), self._width, wrap=self.wrap)

    def _paint(self, strip: Strip) -> list[Strip]:
        ground, more = self.rich_style, self.look("quiet")
        return rows_of(strip, self._width, wrap=self.wrap, column=self._column, ground=ground, more=more)

    def line(self, y: int) -> Strip:
        """Return the title, or one row of the log with its piece of the scrollbar."""
        if y < _TITLE:
            return self._title_strip()
        number = y - _TITLE
        row = self._rows[number] if number < len(self._rows) else Strip.blank(self._width, self.rich_style)
        strip = row if isinstance(row, Strip) else self._row_strip(row)
        bar = self._thumb()
        mark = "┃" if bar is not None and bar.covers(number) else " "
        return Strip.join(
            [strip.adjust_cell_length(self._width), strip_of([(mark, self.look("bar"))], 1, self.rich_style)]
        )

    def _row_strip(self, row: Row) -> Strip:
        strips = self._paint(self._line_strip(row.line))
        strip = strips[min(row.row, len(strips) - 1)]
        if self._selection is not None and self._selection[0] <= row.line.offset <= self._selection[1]:
            look = self.look("selected")
            over = Style(bgcolor=look.bgcolor, reverse=look.reverse)
            strip = Strip(
                [Segment(text, (style or over) + over) for text, style, _ in strip], strip.cell_length
            )
        return strip

    def _thumb(self) -> Thumb | None:
        """Return where the thumb stands, by bytes: what is above the view, and what it covers."""
        lines = [row.line for row in self._rows if isinstance(row, Row)]
        size = 0 if self._view is None else self._view.window.size
        if not lines or (lines[0].offset == 0 and lines[-1].end >= size):
            return None
        length = max(1, round(self._height * (lines[-1].end - lines[0].offset) / size))
        room = size - (lines[-1].end - lines[0].offset)
        start = round((self._height - length) * lines[0].offset / max(1, room))
        return Thumb(start, start + length)

    def _title_strip(self) -> Strip:
        width, fact = self.size.width, self.look("fact")
        if self.agent is None:
            return strip_of([(" log", fact)], width, fact)
        facts = [f"run {self.agent.run}"] if self.agent.run else []
        facts += [self.stream or "", "wrapped" if self.wrap else "", "times" if self.timestamps else ""]
        left = " · ".join(["", *filter(None, facts)])
        name = fit(
            f" {safe_text(self.agent.name)}", min(len(self.agent.name) + 1, max(1, width // 2))
        ).rstrip()
        right, style = self._position()
        room = max(0, width - len(name) - len(right))
        return strip_of([(name, self.look("title")), (fit(left, room), fact), (right, style)], width, fact)

    def _position(self) -> tuple[str, Style]:
        if self._view is None:
            return "", self.look("fact")
        if self._view.following:
            return " following ", self.look("fact")
        new = self._view.new_lines()
        if new == 0:
            return " not following: f or End ", self.look("fact")
        count = "new lines" if new is None else "1 new line" if new == 1 else f"{new:,} new lines"
        return f" ▼ {count}: End ", self.look("news")


def save_log(source: Path, folder: Path, name: str) -> Path:
    """Copy a log byte for byte into `folder` under a name that was free, and return its path. May take a while."""
    number, target = 1, folder / f"{name}.log"
    while True:
        try:
            with source.open("rb") as log, target.open("xb") as copy:
                while data := log.read(1 << 20):
                    copy.write(data)
                os.fchmod(copy.fileno(), 0o600)
            return target
        except FileExistsError:
            number += 1
            target = folder / f"{name}-{number}.log"
