"""Everything about one agent: why it is where it is, configuration, family, runs, what happened lately."""

import time
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from descartes_tui.app.details_text import details_text
from descartes_tui.app.feed import Feed, recent_events
from descartes_tui.runner.logs.sanitize import safe_text
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.widgets.looks import label


class DetailsScreen(ModalScreen[None]):
    """Asks once when it opens; escape, d or enter closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,d,q,enter", "dismiss", show=False),
        Binding("j", "scroll_down", show=False),
        Binding("r", "ask_again", show=False),
    ]

    def __init__(self, feed: Feed, agent: AgentInfo) -> None:
        super().__init__(classes="dialog")
        self._feed, self._agent = feed, agent

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog-box tall", id="details"):
            yield Static(Text(f"{self._agent.name}  {label(self._agent.status)}"), classes="dialog-title")
            yield Static("asking …", classes="dialog-text", id="details-text", markup=False)
            yield Static("r ask again   esc close", classes="dialog-keys")

    def on_mount(self) -> None:
        self.query_one("#details").focus()
        self.action_ask_again()

    def action_scroll_down(self) -> None:
        self.query_one("#details").scroll_down()

    def action_ask_again(self) -> None:
        self.run_worker(self._ask(), exclusive=True, name="show")

    async def _ask(self) -> None:
        try:
            shown = await self._feed.call("show", agent=self._agent.id)
            events = await recent_events(self._feed, self._agent.id, 12)
        except Exception as error:  # said in place of the facts
            text = Text(
                f"Could not ask about {self._agent.name}: {safe_text(str(error))}. Press r to try again."
            )
        else:
            text = details_text(shown, events, f"bold {self.app.current_theme.primary}", time.time())
        self.query_one("#details-text", Static).update(text)
