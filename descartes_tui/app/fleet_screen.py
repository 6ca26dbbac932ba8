"""The screen: header, table, log, keys. It shows pictures of the fleet and turns keys into wishes."""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from descartes_tui.app.actions import ACTIONS, BY_ID, Action, is_possible
from descartes_tui.app.asking import Trouble, ask, trouble
from descartes_tui.app.details import DetailsScreen
from descartes_tui.app.dialog import Answer, Dialog
from descartes_tui.app.help import HelpScreen
from descartes_tui.app.leave import DETACH, StoppingScreen, leave_dialog, living
from descartes_tui.app.line_bar import LineBar
from descartes_tui.app.spawn_form import SpawnForm
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import Verb
from descartes_tui.runner.wire.updates import Disconnected, Snapshot, Update
from descartes_tui.widgets.agent_table import AgentTable
from descartes_tui.widgets.fleet_header import FleetHeader
from descartes_tui.widgets.key_bar import KeyBar, KeyHint
from descartes_tui.widgets.log_pane import LogPane, save_log

if TYPE_CHECKING:
    from descartes_tui.app.app import DescartesApp

FILTER, SEND = "filter", "send"


class FleetScreen(Screen[None]):
    """Puts the widgets together; everything that takes time happens in workers."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(action.key, f"do('{action.id}')", show=False)
            for action in ACTIONS
            if action.id != "palette"
        ),
        Binding("tab", "switch_focus", show=False),
        Binding("shift+tab", "switch_focus", show=False),
        Binding("escape", "back", show=False),
    ]
    AUTO_FOCUS = "#table"
    BLANK = True

    @dataclass
    class Fed(Message):
        """The fleet has news."""

        news: Update

    @property
    def _app(self) -> "DescartesApp":
        return cast("DescartesApp", self.app)

    def compose(self) -> ComposeResult:
        yield FleetHeader(id="header")
        yield AgentTable(clock=self._app.clock, id="table")
        yield LogPane(id="log")
        yield LineBar(id="line")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        self.table, self.log_pane = self.query_one(AgentTable), self.query_one(LogPane)
        self.header, self.keys, self.line = (
            self.query_one(FleetHeader),
            self.query_one(KeyBar),
            self.query_one(LineBar),
        )
        self._session = ""
        self._show_keys()

    @property
    def agents(self) -> Sequence[AgentInfo]:
        """All agents, in the order they were declared."""
        return tuple(self.table.rows.agents.values())

    # the fleet's news

    @on(Fed)
    def _fed(self, event: Fed) -> None:
        news = event.news
        if isinstance(news, Disconnected):
            self.header.show_alarm("the supervisor has ended" if news.ended else "reconnecting …")
            return
        if isinstance(news, Snapshot):
            self._session = news.session
            self.header.show_alarm("")
            self.table.show_all(news.agents)
        else:
            self.table.show_changes(news.agents, news.removed)
        self.header.show_fleet(self._session, self.table.rows.agents.values())
        self._fit_table()
        self._show_keys()

    @on(AgentTable.Selected)
    def _selected(self, event: AgentTable.Selected) -> None:
        self.log_pane.show(event.agent)
        self._show_keys()

    @on(AgentTable.MarksChanged)
    def _marked(self) -> None:
        self._show_keys()

    @on(AgentTable.Opened)
    def _opened(self) -> None:
        self.log_pane.focus()

    @on(LogPane.Left)
    def _log_left(self) -> None:
        if self.has_class("-zoomed"):
            self._do_zoom()
        self.table.focus()

    def on_resize(self) -> None:
        self._fit_table()

    def _fit_table(self) -> None:
        """Give the table the rows it has, within half of the screen, and the log the rest."""
        height = self.size.height
        self.keys.styles.height = 2 if height >= 20 and self.size.width < 170 else 1
        wanted = len(self.table.rows.agents) + 2
        self.table.styles.height = max(min(4, height // 2), min(wanted, (height - 4) // 2))

    # keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey a key exactly when the runner would refuse what it stands for."""
        if action != "do" or not parameters:
            return True
        return True if self.can(BY_ID[str(parameters[0])]) else None

    def can(self, action: Action) -> bool:
        """True when the action would do something now."""
        statuses = [info.status for info in self.table.targets]
        return is_possible(action, statuses, has_log=self.table.selected is not None)

    def action_do(self, action_id: str) -> None:
        self.do(action_id)

    def do(self, action_id: str) -> None:
        """Do what the registry calls `action_id`, if that is possible now."""
        action = BY_ID[action_id]
        if not self.can(action):
            return
        special = getattr(self, f"_do_{action_id}", None)
        if special is not None:
            special()
        elif action.verb is not None:
            self._ask(action.verb, self.table.targets)

    @on(KeyBar.Pressed)
    def _key_clicked(self, event: KeyBar.Pressed) -> None:
        if event.action == "palette":
            self._app.action_command_palette()
        else:
            self.do(event.action)

    def action_switch_focus(self) -> None:
        (self.log_pane if self.table.has_focus and self.log_pane.display else self.table).focus()

    def action_back(self) -> None:
        """Escape undoes the last narrowing: first the marks, then the filter."""
        if self.table.rows.marked:
            self.table.clear_marks()
        elif self.table.rows.filter:
            self.table.show_only("")
            self._show_keys()

    def go_to(self, agent_id: str) -> None:
        """Put the cursor on an agent, taking away a filter that hides it."""
        if self.table.rows.place(agent_id) is None:
            self.table.show_only("")
        self.table.select(agent_id)
        self.table.focus()

    def _show_keys(self) -> None:
        self.keys.show_hints(
            [
                KeyHint(action.id, action.label, action.title, self.can(action), action.weight)
                for action in ACTIONS
                if action.weight
            ]
        )

    # what the keys do

    def _ask(self, verb: Verb, agents: Sequence[AgentInfo]) -> None:
        async def asking() -> None:
            for problem in await ask(self._app.feed, verb, agents):
                self._tell(problem)

        self.run_worker(asking(), name=f"{verb.value} {len(agents)}", group="verbs", exit_on_error=False)

    def _tell(self, problem: Trouble) -> None:
        if problem.warning:
            self.notify(problem.text, severity="warning", markup=False, timeout=6)
        else:
            self.notify(problem.text, severity="error", markup=False, timeout=10)

    def _do_kill(self) -> None:
        targets = [info for info in self.table.targets if info.status.has_process]
        what = targets[0].name if len(targets) == 1 else f"{len(targets)} agents"
        lines = "\n".join(_family_line(info) for info in targets[:8])
        more = f"\nand {len(targets) - 8} more" if len(targets) > 8 else ""
        text = f"Every process of it is ended at once, without warning.\n\n{lines}{more}"

        def answered(answer: str | None) -> None:
            if answer:
                self._ask(Verb.KILL, targets)

        self.app.push_screen(Dialog(f"Kill {what}?", text, [Answer(("y", "enter"), "kill", "yes")]), answered)

    def _do_new(self) -> None:
        names = {info.name for info in self.agents}
        alive = {info.name for info in living(self.agents)}
        self.app.push_screen(SpawnForm(self._app.feed, self._app.backends(), alive, names), self._spawned)

    def _spawned(self, agent_id: str | None) -> None:
        if agent_id:
            self._wanted = agent_id
            self.call_later(self.go_to, agent_id)

    def _do_details(self) -> None:
        if self.table.selected is not None:
            self.app.push_screen(DetailsScreen(self._app.feed, self.table.selected))

    def _do_help(self) -> None:
        self.app.push_screen(HelpScreen())

    def _do_mark(self) -> None:
        self.table.toggle_mark()

    def _do_mark_all(self) -> None:
        self.table.toggle_all_marks()

    def _do_follow(self) -> None:
        self.log_pane.toggle_follow()

    def _do_wrap(self) -> None:
        self.log_pane.toggle_wrap()

    def _do_stream(self) -> None:
        self.log_pane.next_stream()

    def _do_timestamps(self) -> None:
        self.log_pane.toggle_timestamps()

    def _do_zoom(self) -> None:
        self.toggle_class("-zoomed")
        (self.log_pane if self.has_class("-zoomed") else self.table).focus()

    def _do_copy(self) -> None:
        text, count = self.log_pane.copied_text()
        if count:
            self.app.copy_to_clipboard(text)
            self.notify(f"Copied {count} line{'s' if count > 1 else ''}.", markup=False, timeout=3)

    def _do_save(self) -> None:
        info = self.table.selected
        if info is None or info.log_path is None:
            self.notify("There is no log yet: the agent has not run.", severity="warning", markup=False)
            return
        self.run_worker(self._save(info, Path(info.log_path)), name="save log", exit_on_error=False)

    async def _save(self, info: AgentInfo, log: Path) -> None:
        folder = Path.cwd()
        try:
            target = await asyncio.to_thread(save_log, log, folder, f"{info.name}-run{info.run}")
        except OSError as error:
            text = f"Could not save the log of {info.name} in {folder}: {error.strerror}."
            self.notify(text, severity="error", markup=False)
        else:
            self.notify(f"Saved {target.name} in {folder}.", markup=False)

    # the one-line field

    def _do_filter(self) -> None:
        self.line.open(FILTER, "filter", self.table.rows.filter)

    def _do_send(self) -> None:
        info = self.table.selected
        if info is not None:
            self.line.open(SEND, f"to {info.name}")

    @on(LineBar.Typed)
    def _typed(self, event: LineBar.Typed) -> None:
        if event.purpose == FILTER:
            self.table.show_only(event.text)
            self._show_keys()

    @on(LineBar.Entered)
    def _entered(self, event: LineBar.Entered) -> None:
        if event.purpose == FILTER:
            self._close_line()
        elif self.table.selected is not None:
            info = self.table.selected
            self.run_worker(self._send(info, event.text), name=f"send {info.name}", exit_on_error=False)
            self.line.clear()

    async def _send(self, info: AgentInfo, text: str) -> None:
        data = base64.b64encode(f"{text}\n".encode()).decode()
        try:
            await self._app.feed.call("send", agent=info.id, data=data)
        except Exception as error:  # said to the person, whatever it is
            self._tell(trouble(Verb.SEND, info.name, error))

    @on(LineBar.Left)
    def _line_left(self, event: LineBar.Left) -> None:
        if event.purpose == FILTER:
            self.table.show_only("")
        self._close_line()

    def _close_line(self) -> None:
        self.line.close()
        self.table.focus()
        self._show_keys()

    # leaving

    def _do_leave(self) -> None:
        self.app.push_screen(leave_dialog(self.agents), self._left)

    def _left(self, answer: str | None) -> None:
        if answer == DETACH:
            self.app.exit(0)
        elif answer is not None:
            self.app.push_screen(
                StoppingScreen(self._app.feed, lambda: self.agents, self._app.clock), self._stopped
            )

    def _stopped(self, leave: bool | None) -> None:
        if leave:
            self.app.exit(0)


def _family_line(info: AgentInfo) -> str:
    count = info.usage.processes
    processes = "" if not count else " · 1 process" if count == 1 else f" · {count} processes"
    return f"{info.name}  pid {info.pid}{processes}"
