"""Leaving the screen: says what happens to each agent, then detaches, or stops all and shows how that goes."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from descartes_tui.app.dialog import Answer, Dialog
from descartes_tui.app.feed import Feed
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.columns import activity, countdown
from descartes_tui.widgets.looks import label

DETACH, STOP = "detach", "stop"
_MOST_NAMES = 8


def living(agents: Sequence[AgentInfo]) -> list[AgentInfo]:
    """Return the agents that would go on, or begin again, if the screen were left."""
    return [info for info in agents if info.status.has_process or info.status is AgentStatus.BACKOFF]


def leave_dialog(agents: Sequence[AgentInfo], colors: Mapping[str, str]) -> Dialog:
    """Return the question that `q` asks; `colors` are the theme's variables."""
    going_on = living(agents)
    stop = Answer(("s",), "stop all", STOP)
    if not going_on:
        text = "No agent is running. The supervisor stays and keeps the history;\nstop all ends it as well."
        return Dialog("Leave?", text, (Answer(("d", "enter"), "leave", DETACH), stop))
    count = "1 agent keeps" if len(going_on) == 1 else f"{len(going_on)} agents keep"
    lines = Text(
        f"{count} running under the supervisor if you detach;\ndescartes-tui brings this screen back.\n\n"
    )
    lines.append_text(agent_lines(going_on, _MOST_NAMES, colors))
    return Dialog("Leave?", lines, (Answer(("d", "enter"), "detach", DETACH), stop))


def agent_lines(
    agents: Sequence[AgentInfo], most: int, colors: Mapping[str, str], now: float | None = None
) -> Text:
    """Return one line an agent, in columns; with `now`, also what it is about."""
    shown = agents[:most]
    width = max((len(info.name) for info in shown), default=0)
    lines = []
    for info in shown:
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(f"{label(info.status):<12}  ", colors.get(f"status-{info.status.value}", ""))
        line.append(f"{info.name:<{width}}")
        if now is not None:
            line.append(f"  {activity(info, now)}{countdown(info, now)}")
        lines.append(line)
    if len(agents) > len(shown):
        lines.append(Text(f"and {len(agents) - len(shown)} more"))
    return Text("\n").join(lines)


class StoppingScreen(ModalScreen[bool]):
    """Shows who is still alive while everything stops; gives True when the screen is to be left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "kill_all", show=False),
        Binding("d", "dismiss(True)", show=False),
        Binding("escape", "dismiss(False)", show=False),
    ]

    def __init__(
        self, feed: Feed, agents: Callable[[], Sequence[AgentInfo]], clock: Callable[[], float]
    ) -> None:
        super().__init__(classes="dialog")
        self._feed, self._agents, self._clock = feed, agents, clock
        self._trouble = ""
        self._ending = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog-box"):
            yield Static("Stopping all agents", classes="dialog-title")
            yield Static(classes="dialog-text", id="progress", markup=False)
            yield Static(
                "k kill the rest   d leave now, stopping goes on   esc back to the table",
                classes="dialog-keys",
            )

    def on_mount(self) -> None:
        self.run_worker(self._call("stop", all=True, wait=False), name="stop all")
        self.set_interval(0.25, self._look)
        self._look()

    def action_kill_all(self) -> None:
        names = [info.id for info in self._agents() if info.status.has_process]
        if names:
            self.run_worker(self._call("kill", agents=names, wait=False), name="kill the rest")

    def _look(self) -> None:
        left = living(self._agents())
        text = agent_lines(left, 12, self.app.theme_variables, self._clock())
        if not left:
            text = Text("All agents have ended. Ending the supervisor …")
        if self._trouble:
            text.append(f"\n{self._trouble}")
        self.query_one("#progress", Static).update(text)
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
            self._trouble = f"{verb}: {error}"
