"""The table of agents: one row each, a cursor that stays on its agent, marks, a filter."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.lines import Lines, strip_of
from descartes_tui.widgets.looks import status_classes, status_css
from descartes_tui.widgets.row_painter import MARGIN, RowLooks, RowPainter
from descartes_tui.widgets.scrollbar import thumb, top_at
from descartes_tui.widgets.table_view import TableView

_TITLES = 1


class AgentTable(Lines, can_focus=True):
    """Takes snapshots, paints the rows in view, and tells which agent the cursor is on."""

    DEFAULT_CSS = f"""
    AgentTable {{
        height: 1fr; background: $background; color: $foreground;
        & > .agent-table--title {{ color: $muted; }}
        & > .agent-table--quiet {{ color: $muted; }}
        & > .agent-table--mark {{ color: $warning; text-style: bold; }}
        & > .agent-table--cursor {{ background: $panel; }}
        & > .agent-table--bar {{ color: $panel; }}
        {status_css("agent-table")}
    }}
    AgentTable:focus {{
        & > .agent-table--cursor {{ background: $primary 28%; text-style: bold; }}
        & > .agent-table--title {{ color: $primary; }}
        & > .agent-table--bar {{ color: $primary; }}
    }}
    AgentTable:nocolor {{
        & > .agent-table--cursor {{ text-style: reverse; }}
        & > .agent-table--title {{ text-style: underline; }}
    }}
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"agent-table--{part}" for part in ("title", "quiet", "mark", "cursor", "bar")),
        *status_classes("agent-table"),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down,j", "move(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        Binding("home", "edge(False)", show=False, priority=True),
        Binding("end", "edge(True)", show=False, priority=True),
        Binding("enter", "open", show=False, priority=True),
    ]

    @dataclass
    class Selected(Message):
        """The cursor is on another agent, or on none."""

        table: "AgentTable"
        agent: AgentInfo | None

        @property
        def control(self) -> "AgentTable":
            return self.table

    @dataclass
    class Opened(Message):
        """Enter, or a second click: the agent's log is wanted."""

        table: "AgentTable"

        @property
        def control(self) -> "AgentTable":
            return self.table

    @dataclass
    class MarksChanged(Message):
        """Other agents are marked than before."""

        table: "AgentTable"

        @property
        def control(self) -> "AgentTable":
            return self.table

    css_part = "agent-table"

    def __init__(self, *, clock: Callable[[], float] = time.time, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view = TableView()
        self.rows = self.view.rows
        self.empty_hint = "No agents yet. Press n to start one."
        self._clock = clock
        self._painter = RowPainter()
        self._looks_now: RowLooks | None = None

    def on_mount(self) -> None:
        """Ages tick once a second, for the rows in view alone."""
        self.set_interval(1.0, self._tick)

    @property
    def selected(self) -> AgentInfo | None:
        """The agent under the cursor."""
        return None if self.view.cursor is None else self.rows.agents.get(self.view.cursor)

    @property
    def targets(self) -> tuple[AgentInfo, ...]:
        """What an action acts on: the marked agents, else the one under the cursor."""
        marked = tuple(info for key, info in self.rows.agents.items() if key in self.rows.marked)
        return marked or ((self.selected,) if self.selected is not None else ())

    def show_all(self, agents: Iterable[AgentInfo]) -> None:
        """Show a complete picture of the fleet."""
        before = self.selected
        self.rows.replace_all(agents)
        self._rearranged(before)

    def show_changes(self, changed: Sequence[AgentInfo], removed: Iterable[str] = ()) -> None:
        """Show news; only rows that look different are painted again."""
        before = self.selected
        rows = self.rows.change(changed, removed)
        if rows is None:
            self._rearranged(before)
            return
        for row in rows:
            self._refresh_agent_row(row)
        if before is not None and self.selected is not before:
            self.post_message(self.Selected(self, self.selected))

    def show_only(self, words: str) -> None:
        """Filter the rows; the cursor stays on its agent while that is shown."""
        before = self.selected
        self.rows.set_filter(words)
        self._rearranged(before)

    def select(self, agent_id: str) -> None:
        """Put the cursor on an agent, if it is shown."""
        row = self.rows.place(agent_id)
        if row is not None:
            self._go_to(row)

    def toggle_mark(self) -> None:
        """Mark the agent under the cursor or take its mark away, and move on to the next."""
        if self.view.cursor is not None:
            self.rows.toggle(self.view.cursor)
            self._refresh_agent_row(self.view.row)
            self.action_move(1)
            self.post_message(self.MarksChanged(self))

    def toggle_all_marks(self) -> None:
        """Mark everything shown, or nothing when all of it is marked."""
        self.rows.toggle_all()
        self.refresh()
        self.post_message(self.MarksChanged(self))

    def clear_marks(self) -> None:
        """Take every mark away."""
        self.rows.marked.clear()
        self.refresh()
        self.post_message(self.MarksChanged(self))

    # moving

    def action_move(self, by: int) -> None:
        self._go_to(self.view.row + by)

    def action_page(self, pages: int) -> None:
        self._go_to(self.view.row + pages * max(1, self.view.visible - 1))

    def action_edge(self, last: bool) -> None:
        self._go_to(len(self.rows.shown) - 1 if last else 0)

    def action_open(self) -> None:
        if self.view.cursor is not None:
            self.post_message(self.Opened(self))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._show_from(self.view.top + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._show_from(self.view.top - 3)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        event.stop()
        if event.x == self.size.width - 1 and len(self.rows.shown) > self.view.visible:
            self._show_from(top_at(event.y - _TITLES, self.view.visible, len(self.rows.shown)))
            return
        row = self.view.top + event.y - _TITLES
        if event.y < _TITLES or row >= len(self.rows.shown):
            return
        if event.x < MARGIN:
            self._go_to(row)
            self.rows.toggle(self.rows.shown[row])
            self._refresh_agent_row(row)
            self.post_message(self.MarksChanged(self))
        else:
            self._go_to(row)

    def on_click(self, event: events.Click) -> None:
        if event.chain == 2 and event.y >= _TITLES:
            self.action_open()

    def on_resize(self) -> None:
        self.view.visible = max(0, self.size.height - _TITLES)
        self._arrange_columns()
        self._keep_in_view()

    # painting

    def line(self, y: int) -> Strip:
        """Return the titles, a row, or the space below."""
        width, looks = self.size.width, self._looks
        if y < _TITLES:
            return self._painter.titles(looks)
        row = self.view.top + y - _TITLES
        if row < len(self.rows.shown):
            key = self.rows.shown[row]
            marked, cursor = key in self.rows.marked, key == self.view.cursor
            strip = self._painter.row(
                self.rows.agents[key], self._clock(), looks, marked=marked, cursor=cursor
            )
            return self._with_bar(strip, y, width)
        hint = self._hint() if not self.rows.shown and y == _TITLES + 1 else ""
        return strip_of([(" " * MARGIN + hint, looks.quiet)], width, looks.quiet)

    def forget_styles(self) -> None:
        self._looks_now = None
        self._painter.forget()

    @property
    def _looks(self) -> RowLooks:
        if self._looks_now is None:
            cursor = self.look("cursor")
            over = Style(bgcolor=cursor.bgcolor, bold=cursor.bold, reverse=cursor.reverse)
            statuses = {status: self.look(status.value) for status in AgentStatus}
            quiet, mark, title = (self.look(part) for part in ("quiet", "mark", "title"))
            self._looks_now = RowLooks(self.ground, quiet, mark, title, over, statuses)
        return self._looks_now

    def _hint(self) -> str:
        return "No agent matches the filter. Escape shows all." if self.rows.agents else self.empty_hint

    def _with_bar(self, strip: Strip, y: int, width: int) -> Strip:
        bar = thumb(self.view.top, self.view.visible, len(self.rows.shown))
        if bar is None or not bar.covers(y - _TITLES):
            return strip
        return Strip.join([strip.crop(0, width - 1), strip_of([("┃", self.look("bar"))], 1, Style.null())])

    # keeping order

    def _tick(self) -> None:
        now = self._clock()
        for row, key in enumerate(self.view.in_view, self.view.top):
            if self._painter.is_stale(self.rows.agents[key], now):
                self._refresh_agent_row(row)

    def _go_to(self, row: int) -> None:
        if not self.rows.shown:
            return
        old, moved = self.view.row, self.view.go_to(row)
        self._refresh_agent_row(old)
        self._refresh_agent_row(self.view.row)
        self._keep_in_view()
        if moved:
            self.post_message(self.Selected(self, self.selected))

    def _rearranged(self, before: AgentInfo | None) -> None:
        """Rows came, went or moved."""
        self.view.settle()
        self._arrange_columns()
        self._keep_in_view()
        if self.selected is not before:
            self.post_message(self.Selected(self, self.selected))

    def _arrange_columns(self) -> None:
        self._painter.arrange(self.size.width, self.rows.agents)
        self.refresh()

    def _keep_in_view(self) -> None:
        if self.view.keep_in_view():
            self.refresh()

    def _show_from(self, top: int) -> None:
        if self.view.show_from(top):
            self.refresh()

    def _refresh_agent_row(self, row: int) -> None:
        if self.view.top <= row < self.view.top + self.view.visible:
            self.refresh_row(row - self.view.top + _TITLES)
