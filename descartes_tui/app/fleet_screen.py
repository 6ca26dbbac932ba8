"""The screen: header, table, log, keys. It shows pictures of the fleet and turns keys into wishes."""

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from descartes_tui.app.actions import ACTIONS, BY_ID, Action, is_possible
from descartes_tui.app.deeds import DEEDS
from descartes_tui.app.desk import Desk, Services
from descartes_tui.app.line_bar import LineBar
from descartes_tui.app.stop_watch import StopWatch
from descartes_tui.app.wishes import send_line
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.wire.updates import Disconnected, Snapshot, Update
from descartes_tui.widgets.agent_table import AgentTable
from descartes_tui.widgets.fleet_header import FleetHeader
from descartes_tui.widgets.key_bar import KeyBar, KeyHint
from descartes_tui.widgets.log_pane import LogPane
from descartes_tui.widgets.stop_panel import StopPanel

FILTER, SEND = "filter", "send"


class FleetScreen(Desk):
    """Puts the widgets together; everything that takes time happens in workers."""

    # Priority: a key acts the moment it comes, before the next one, however fast they follow each other.
    # Keys that a field takes as text are left to it by Textual.
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(action.key, f"do('{action.id}')", show=False, priority=True) for action in ACTIONS),
        Binding("tab,shift+tab", "switch_focus", show=False, priority=True),
        Binding("escape", "back", show=False, priority=True),
    ]
    AUTO_FOCUS = "#table"
    BLANK = True

    @dataclass
    class Fed(Message):
        """The fleet has news."""

        news: Update

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.header = FleetHeader(id="header")
        self.table = AgentTable(clock=services.clock, id="table")
        self.log_pane = LogPane(id="log")
        self.line = LineBar(id="line")
        self.keys = KeyBar(id="keys")
        self.stops = StopPanel(clock=services.clock, id="stops")
        self._stop_watch = StopWatch(self, self.stops)
        self._session = ""
        self._send_to: AgentInfo | None = None
        self._wanted = ""  # an agent to go to as soon as it is known

    def compose(self) -> ComposeResult:
        yield from (self.header, self.table, self.log_pane, self.stops, self.line, self.keys)

    def on_mount(self) -> None:
        self._show_keys()

    # the fleet's news

    @on(Fed)
    def _fed(self, event: Fed) -> None:
        news = event.news
        if isinstance(news, Disconnected):
            self.header.show_alarm("the supervisor has ended" if news.ended else "reconnecting …")
            return
        known = self.table.rows.agents
        before = {info.id: known[info.id] for info in news.agents if info.id in known}
        if isinstance(news, Snapshot):
            self._session = news.session
            self.header.show_alarm("")
            self.table.show_all(news.agents)
        else:
            self.table.show_changes(news.agents, news.removed)
        self._stop_watch.take(before, news)
        self.header.show_fleet(self._session, self.table.rows.agents.values())
        self._show_keys()
        self._fit_table()
        if self._wanted in self.table.rows.agents:
            self.go_to(self._wanted)

    @on(AgentTable.Selected)
    def _selected(self, event: AgentTable.Selected) -> None:
        self.log_pane.show(event.agent)
        self._show_keys()

    @on(AgentTable.MarksChanged)
    def _marked(self) -> None:
        self._show_keys()

    @on(AgentTable.Opened)
    def _opened(self) -> None:
        self.set_focus(self.log_pane)

    @on(LogPane.Left)
    def _log_left(self) -> None:
        if self.has_class("-zoomed"):
            self.toggle_zoom()
        self.set_focus(self.table)

    def on_resize(self) -> None:
        self._fit_table()

    def _fit_table(self) -> None:
        """Give the table the rows it has, within half of the screen, and the log the rest."""
        height = self.size.height
        self.keys.styles.height = 2 if height >= 20 and self.size.width < 170 else 1
        self.set_class(bool(self.stops.rows), "-stopping")
        self.stops.resize_to(max(0, min(8, (height - 8) // 4)))
        wanted = len(self.table.rows.agents) + 2
        self.table.styles.height = max(min(4, height // 2), min(wanted, (height - 4 - self.stops.rows) // 2))

    # keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey a key exactly when the runner would refuse what it stands for."""
        if action == "back":
            return self.table.has_focus
        if action == "switch_focus":
            return not self.line.display
        if action != "do" or not parameters:
            return True
        return True if self.can(BY_ID[str(parameters[0])]) else None

    def can(self, action: Action) -> bool:
        """True when the action would do something now."""
        statuses = [info.status for info in self.table.targets]
        has_log = self.table.selected is not None
        return is_possible(action, statuses, has_log=has_log, stopping=bool(self.stopping))

    def action_do(self, action_id: str) -> None:
        self.do(action_id)

    def do(self, action_id: str) -> None:
        """Do what the registry calls `action_id`, if that is possible now."""
        action = BY_ID[action_id]
        if self.can(action):
            DEEDS[action_id](self)

    @on(StopPanel.Clicked)
    def _stop_clicked(self, event: StopPanel.Clicked) -> None:
        self.go_to(event.agent_id)

    @on(StopPanel.Pressed)
    @on(KeyBar.Pressed)
    def _key_clicked(self, event: KeyBar.Pressed | StopPanel.Pressed) -> None:
        self.do(event.action)

    def action_switch_focus(self) -> None:
        self.set_focus(self.log_pane if self.table.has_focus else self.table)

    def action_back(self) -> None:
        """Escape undoes the last narrowing: first the marks, then the filter."""
        if self.table.rows.marked:
            self.table.clear_marks()
        elif self.table.rows.filter:
            self.table.show_only("")
            self._show_keys()

    def go_to(self, agent_id: str) -> None:
        """Put the cursor on an agent, now or when it is known, taking away a filter that hides it."""
        self._wanted = "" if agent_id in self.table.rows.agents else agent_id
        if self.table.rows.place(agent_id) is None:
            self.table.show_only("")
        self.table.select(agent_id)
        self.set_focus(self.table)

    def _show_keys(self) -> None:
        self.keys.show_hints(
            [
                KeyHint(action.id, action.label, action.title, self.can(action), action.weight)
                for action in ACTIONS
                if action.weight
            ]
        )
        self._stop_watch.show()

    def toggle_zoom(self) -> None:
        """Give the log the whole screen, or take it back."""
        self.toggle_class("-zoomed")
        self.set_focus(self.log_pane if self.has_class("-zoomed") else self.table)

    # the one-line field

    def open_filter_line(self) -> None:
        """Let the person type what the rows are filtered by."""
        self.line.open(FILTER, "filter", "enter keep   esc show all", self.table.rows.filter)

    def open_send_line(self, info: AgentInfo) -> None:
        """Let the person type lines for an agent's standard input."""
        self._send_to = info
        self.line.open(SEND, f"to {info.name}", "enter send   esc done")

    @on(LineBar.Typed)
    def _typed(self, event: LineBar.Typed) -> None:
        if event.purpose == FILTER:
            self.table.show_only(event.text)
            self._show_keys()

    @on(LineBar.Entered)
    def _entered(self, event: LineBar.Entered) -> None:
        if event.purpose == FILTER:
            self._close_line()
        elif self._send_to is not None:
            send_line(self, self._send_to, event.text)
            self.line.clear()

    @on(LineBar.Left)
    def _line_left(self, event: LineBar.Left) -> None:
        if event.purpose == FILTER:
            self.table.show_only("")
        self._close_line()

    def _close_line(self) -> None:
        self.line.close()
        self.set_focus(self.table)
        self._show_keys()
