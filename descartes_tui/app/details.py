"""Everything about one agent, as it changes: why it is so, family, runs, what happened lately, configuration."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from descartes_tui.app.details_text import details_text
from descartes_tui.app.family_text import ASKED_AT
from descartes_tui.app.feed import Feed, Json
from descartes_tui.runner.logs.sanitize import safe_text
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.looks import label

_EVERY: Final = 1.0  # seconds between two looks
_MOST_EVENTS: Final = 15
_FRAME: Final = 8  # columns that the box takes for itself


class DetailsScreen(ModalScreen[None]):
    """Asks once a second while it is open, in a worker; escape, d or enter closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,d,q,enter", "dismiss", show=False),
        Binding("j", "scroll_down", show=False),
    ]

    def __init__(self, feed: Feed, agent: AgentInfo, clock: Callable[[], float]) -> None:
        super().__init__(classes="dialog")
        self._feed, self._agent, self._clock = feed, agent, clock
        self._before: Mapping[str, Any] | None = None
        self._events: deque[Json] = deque(maxlen=_MOST_EVENTS)
        self._seen = 0  # the number of the newest event that is known

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog-box tall", id="details"):
            yield Static(self._title(self._agent.status), classes="dialog-title", id="details-title")
            yield Static("asking …", classes="dialog-text", id="details-text", markup=False)
            yield Static("↑ ↓ scroll   esc close", classes="dialog-keys")

    def on_mount(self) -> None:
        self.query_one("#details").focus()
        self.run_worker(self._keep_asking(), name="show")

    def action_scroll_down(self) -> None:
        self.query_one("#details").scroll_down()

    async def _keep_asking(self) -> None:
        while True:
            self._show(await self._ask())
            await asyncio.sleep(_EVERY)

    async def _ask(self) -> Text:
        try:
            shown = {**await self._feed.call("show", agent=self._agent.id), ASKED_AT: self._clock()}
            await self._hear_events()
        except Exception as error:  # said in place of the facts; the next look may fare better
            return Text(f"Could not ask about {self._agent.name}: {safe_text(str(error))}. Trying again …")
        self._retitle(shown)
        heading, width = (
            f"bold {self.app.current_theme.primary}",
            min(110, self.size.width * 9 // 10) - _FRAME,
        )
        text = details_text(shown, self._events, heading, self._clock(), before=self._before, width=width)
        self._before = shown
        return text

    async def _hear_events(self) -> None:
        """Ask for what is new; `since` the newest that is known, so that a look costs little."""
        async for event in self._feed.stream("events", since=self._seen, agent=self._agent.id, follow=False):
            number = event.get("seq")
            if isinstance(number, int):
                if number <= self._seen:
                    continue
                self._seen = number
            self._events.append(event)

    def _show(self, text: Text) -> None:
        if self.is_attached:
            self.query_one("#details-text", Static).update(text)

    def _retitle(self, shown: Mapping[str, Any]) -> None:
        status = shown.get("status")
        if status in {known.value for known in AgentStatus}:
            self.query_one("#details-title", Static).update(self._title(AgentStatus(status)))

    def _title(self, status: AgentStatus) -> Text:
        return Text(f"{self._agent.name}  {label(status)}")
