"""Stopping everything before the screen is left: who is still alive, in which step, and the keys that force it."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from descartes_tui.app.actions import BY_ID
from descartes_tui.app.feed import Feed
from descartes_tui.app.leave import living
from descartes_tui.runner.logs.sanitize import safe_text
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.widgets.key_bar import KeyHint
from descartes_tui.widgets.stop_panel import StopPanel

_KEYS = (BY_ID["force"], BY_ID["force_all"])


class StoppingScreen(ModalScreen[bool]):
    """Shows who is still alive while everything stops; gives True when the screen is to be left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(action.key, action.id, show=False) for action in _KEYS),
        Binding("up", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("d", "dismiss(True)", show=False),
        Binding("escape", "dismiss(False)", show=False),
    ]

    def __init__(
        self, feed: Feed, agents: Callable[[], Sequence[AgentInfo]], clock: Callable[[], float]
    ) -> None:
        super().__init__(classes="dialog")
        self._feed, self._agents = feed, agents
        self._panel = StopPanel(most_rows=12, lifts_chosen=False, clock=clock)
        self._chosen = ""
        self._all = 0
        self._trouble = ""
        self._ending = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog-box wide"):
            yield Static("Stopping all agents", classes="dialog-title")
            yield self._panel
            yield Static(classes="dialog-text", id="progress", markup=False)
            yield Static(
                "↑ ↓ choose   d leave now, stopping goes on   esc back to the table", classes="dialog-keys"
            )

    def on_mount(self) -> None:
        self._all = len(living(self._agents()))
        self.run_worker(self._call("stop", all=True, wait=False), name="stop all")
        self.set_interval(0.25, self._look)
        self._look()

    def on_resize(self) -> None:
        self._panel.resize_to(max(0, min(12, self.size.height - 9)))

    def action_force(self) -> None:
        self._kill([info for info in self._agents() if info.id == self._chosen])

    def action_force_all(self) -> None:
        self._kill(self._agents())

    def action_move(self, by: int) -> None:
        ids = self._panel.ids
        if ids:
            place = ids.index(self._chosen) + by if self._chosen in ids else 0
            self._chosen = ids[max(0, min(len(ids) - 1, place))]
            self._look()

    @on(StopPanel.Clicked)
    def _clicked(self, event: StopPanel.Clicked) -> None:
        self._chosen = event.agent_id
        self._look()

    @on(StopPanel.Pressed)
    async def _pressed(self, event: StopPanel.Pressed) -> None:
        await self.run_action(event.action)

    def _kill(self, agents: Sequence[AgentInfo]) -> None:
        ids = [info.id for info in agents if info.status.has_process]
        if ids:
            self.run_worker(self._call("kill", agents=ids, wait=False), name="kill")

    def _look(self) -> None:
        left = living(self._agents())
        if self._chosen not in {info.id for info in left}:
            self._chosen = ""  # nothing is chosen in its place: a key in flight must not hit another
        hints = [
            KeyHint(key.id, key.label, key.title, key.id != "force" or bool(self._chosen)) for key in _KEYS
        ]
        self._panel.show(left, {self._chosen}, hints, self._all - len(left))
        text = "" if left else "All agents have ended. Ending the supervisor …"
        self.query_one("#progress", Static).update("\n".join(filter(None, (text, self._trouble))))
        if not left and not self._ending:
            self._ending = True
            self.run_worker(self._end(), name="end supervisor")

    async def _end(self) -> None:
        await self._call("down")
        self.dismiss(True)

    async def _call(self, verb: str, **args: object) -> None:
        try:
            await self._feed.call(verb, **args)
        except Exception as error:  # shown in the dialog; the person decides what to do
            self._trouble = safe_text(f"{verb}: {error}")
