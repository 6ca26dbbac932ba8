"""The live log of one agent: read straight from its file, only the lines in view, whatever its size."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import events, work
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from descartes_tui.runner.logs.follow import Watcher
from descartes_tui.runner.logs.sanitize import to_text
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.line_selection import LineSelection
from descartes_tui.widgets.lines import Lines, strip_of
from descartes_tui.widgets.log_sheet import LogSheet
from descartes_tui.widgets.log_strips import LogLooks, over
from descartes_tui.widgets.log_title import TitleLooks, title_strip
from descartes_tui.widgets.looks import status_classes, status_css

_TITLE = 1
_FRAME = 1 / 30  # seconds between two paintings of a flood
_COUNT_SLICE = 2 << 20  # bytes whose lines are counted at once: about 2 ms
_STREAMS = (None, "stdout", "stderr")
_SIDE_STEP = 8
_MOST_COPIED = 100_000
_PARTS = ("title", "fact", "news", "stderr", "time", "mark", "quiet", "selected", "bar")


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
        & > .log-pane--bar {{ color: $secondary 60%; }}
        {status_css("log-pane")}
    }}
    LogPane:focus {{
        & > .log-pane--title {{ color: $primary; }}
        & > .log-pane--bar {{ color: $primary; }}
    }}
    LogPane:nocolor {{
        & > .log-pane--selected {{ text-style: reverse; }}
        & > .log-pane--title {{ text-style: bold underline; }}
        & > .log-pane--fact {{ text-style: underline; }}
    }}
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"log-pane--{part}" for part in _PARTS),
        *status_classes("log-pane"),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll(-1)", show=False, priority=True),
        Binding("down,j", "scroll(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        Binding("home", "start", show=False, priority=True),
        Binding("end", "end", show=False, priority=True),
        Binding("left", "side(-1)", show=False, priority=True),
        Binding("right", "side(1)", show=False, priority=True),
        Binding("escape", "leave", show=False, priority=True),
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
        self.sheet = LogSheet()
        self.stream: str | None = None
        self._selection = LineSelection()
        self._holds_bar = False
        self._looks_now: LogLooks | None = None

    def on_unmount(self) -> None:
        self.sheet.close()

    # what is shown

    def show(self, agent: AgentInfo | None) -> None:
        """Show this agent's log; the same run goes on where it is, another one is opened at its end."""
        before, self.sheet.agent = self.sheet.agent, agent
        path = None if agent is None else agent.log_path
        if path != self.sheet.path:
            goes_on = before is not None and agent is not None and before.id == agent.id
            self.sheet.open(path, self.stream, goes_on=goes_on)
            self._selection.clear()
            self._follow_file(path)
        if path != self.sheet.path or agent != before:
            self._arrange()

    @property
    def agent(self) -> AgentInfo | None:
        """Whose log is shown."""
        return self.sheet.agent

    @property
    def following(self) -> bool:
        """True while the pane stays at the newest line."""
        return self.sheet.view is None or self.sheet.view.following

    def toggle_follow(self) -> None:
        """Stay at the newest line, or stay where the pane is."""
        if self.sheet.view is not None:
            if self.following:
                self.sheet.view.hold()
            else:
                self.sheet.view.follow()
            self._arrange()

    def toggle_wrap(self) -> None:
        """Wrap long lines or cut them."""
        self.sheet.wrap, self.sheet.column = not self.sheet.wrap, 0
        self._arrange()

    def toggle_timestamps(self) -> None:
        """Show or hide when each line arrived."""
        self.sheet.timestamps = not self.sheet.timestamps
        self.sheet.repaint()
        self._arrange()

    def next_stream(self) -> None:
        """Show both streams, then only stdout, then only stderr."""
        self.stream = _STREAMS[(_STREAMS.index(self.stream) + 1) % len(_STREAMS)]
        if self.sheet.view is not None:
            self.sheet.view.stream = self.stream
        self._arrange()

    def copied_text(self) -> tuple[str, int]:
        """Return the selected lines, else those in view, as safe text, and how many they are."""
        lines = self.sheet.lines()
        if self.sheet.view is not None and self._selection.first is not None:
            lines = self.sheet.view.window.lines_after(self._selection.first, _MOST_COPIED, self.stream)
            lines = [line for line in lines if self._selection.holds(line.offset)]
        return "\n".join(to_text(line.spans()) for line in lines), len(lines)

    # moving

    def action_scroll(self, by: int) -> None:
        if self.sheet.view is not None and self.sheet.view.scroll(by):
            self._arrange()

    def action_page(self, pages: int) -> None:
        self.action_scroll(pages * max(1, self.sheet.height - 1))

    def action_start(self) -> None:
        if self.sheet.view is not None:
            self.sheet.view.to_start()
            self._arrange()

    def action_end(self) -> None:
        self.sheet.column = 0
        if self.sheet.view is not None:
            self.sheet.view.follow()
            self._arrange()

    def action_side(self, steps: int) -> None:
        if not self.sheet.wrap:
            self.sheet.column = max(0, self.sheet.column + steps * _SIDE_STEP)
            self._arrange()

    def action_leave(self) -> None:
        if self._selection:
            self._selection.clear()
            self.refresh()
        else:
            self.post_message(self.Left(self))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_scroll(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_scroll(-3)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        event.stop()
        self.capture_mouse()
        self._holds_bar = event.x == self.size.width - 1
        line = self.sheet.line_at(event.y - _TITLE)
        self._selection.press(None if self._holds_bar or line is None else line.offset)
        self._drag_bar(event.y)
        self.refresh()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._drag_bar(event.y)
        line = self.sheet.line_at(event.y - _TITLE)
        if self._selection.drag(None if line is None else line.offset):
            self.refresh()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        event.stop()
        self.release_mouse()
        self._selection.release()
        self._holds_bar = False

    def _drag_bar(self, y: int) -> None:
        if self._holds_bar and self.sheet.view is not None and self.sheet.height > 1:
            self.sheet.view.to_fraction(max(0.0, min(1.0, (y - _TITLE) / (self.sheet.height - 1))))
            self._arrange()

    def on_resize(self) -> None:
        self._arrange()

    # following the file

    @work(exclusive=True, group="log", name="watch the log")
    async def _follow_file(self, path: str | None) -> None:
        """Look at the file when the kernel says that it grew, at most 30 times a second."""
        if path is None:
            return
        with Watcher(path) as watcher:
            if self.sheet.refresh():
                self._arrange()
            while True:
                await watcher.changed()
                if self.sheet.refresh():
                    self._grown()
                await asyncio.sleep(_FRAME)

    def _grown(self) -> None:
        """Paint what growth has changed: everything while following, else how much is new."""
        if self.following or len(self.sheet.rows) < self.sheet.height:
            self._arrange()
            return
        self.refresh(
            Region(0, 0, self.size.width, _TITLE), Region(self.size.width - 1, _TITLE, 1, self.sheet.height)
        )
        self._count_if_wanted()

    def _count_if_wanted(self) -> None:
        if not self.following and self.sheet.view is not None and self.sheet.view.new_lines() is None:
            self.call_later(self._count_on)

    def _count_on(self) -> None:
        """Count lines in small slices while somebody wants to know how many are new."""
        if self.sheet.view is not None and not self.following:
            if self.sheet.view.window.index_some(_COUNT_SLICE):
                self.set_timer(0.05, self._count_on)
            else:
                self.refresh_row(0)

    # painting

    def forget_styles(self) -> None:
        self._looks_now = None
        self.sheet.repaint()
        if self.is_mounted:
            self.call_later(self._arrange)

    @property
    def _looks(self) -> LogLooks:
        if self._looks_now is None:
            statuses = {status: self.look(status.value) for status in AgentStatus}
            stderr, time, mark, quiet = (self.look(part) for part in ("stderr", "time", "mark", "quiet"))
            self._looks_now = LogLooks(self.ground, stderr, time, mark, quiet, statuses)
        return self._looks_now

    def _arrange(self) -> None:
        """Find out which rows are in view, and paint them."""
        if not self.is_attached or not self.size:
            return
        self.sheet.width, self.sheet.height = max(1, self.size.width - 1), max(1, self.size.height - _TITLE)
        self.sheet.arrange(self._looks)
        self._count_if_wanted()
        self.refresh()

    def line(self, y: int) -> Strip:
        """Return the title, or one row of the log with its piece of the scrollbar."""
        if y < _TITLE:
            looks = TitleLooks(self.look("title"), self.look("fact"), self.look("news"))
            return title_strip(self.sheet, self.stream, self.size.width, looks)
        number = y - _TITLE
        strip, line, bar = self.sheet.strip(number), self.sheet.line_at(number), self.sheet.thumb()
        if line is not None and self._selection.holds(line.offset):
            look = self.look("selected")
            strip = over(strip, Style(bgcolor=look.bgcolor, reverse=look.reverse))
        mark = "┃" if bar is not None and bar.covers(number) else " "
        return Strip.join([strip, strip_of([(mark, self.look("bar"))], 1, self.ground)])
