"""The strip that shows who is being stopped: the step, the countdown to KILL, and the keys that force it."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.widgets.key_bar import KeyHint
from descartes_tui.widgets.lines import Lines, fit, strip_of
from descartes_tui.widgets.stops import Stop, stop_of

_TITLE = 1
_LONGEST_NAME = 24
_PARTS = ("title", "key", "off", "chosen", "step", "then", "stubborn", "more")


class StopPanel(Lines):
    """Hidden while nothing stops. Takes no keyboard: its keys are the screen's, and a click on them works too."""

    DEFAULT_CSS = """
    StopPanel {
        height: 1; display: none; background: $surface; color: $foreground;
        & > .stop-panel--title { background: $panel; color: $status-stopping; text-style: bold; }
        & > .stop-panel--key { background: $panel; color: $primary; text-style: bold; }
        & > .stop-panel--off { background: $panel; color: $muted 60%; }
        & > .stop-panel--chosen { color: $warning; text-style: bold; }
        & > .stop-panel--step { color: $muted; }
        & > .stop-panel--then { color: $warning; }
        & > .stop-panel--stubborn { color: $error; text-style: bold; }
        & > .stop-panel--more { color: $muted; }
    }
    StopPanel:nocolor > .stop-panel--off { text-style: dim; }
    StopPanel:nocolor > .stop-panel--title { text-style: bold underline; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"stop-panel--{part}" for part in _PARTS}

    @dataclass
    class Pressed(Message):
        """A key in the title was clicked."""

        panel: "StopPanel"
        action: str

        @property
        def control(self) -> "StopPanel":
            return self.panel

    @dataclass
    class Clicked(Message):
        """The line of an agent was clicked."""

        panel: "StopPanel"
        agent_id: str

        @property
        def control(self) -> "StopPanel":
            return self.panel

    css_part = "stop-panel"

    def __init__(
        self,
        *,
        most_rows: int = 4,
        lifts_chosen: bool = True,
        clock: Callable[[], float] = time.time,
        id: str | None = None,
    ) -> None:
        """`most_rows` beneath the title, the rest is counted; `lifts_chosen`: who is chosen comes first."""
        super().__init__(id=id)
        self.most_rows = most_rows
        self._lifts_chosen = lifts_chosen
        self._clock = clock
        self._agents: tuple[AgentInfo, ...] = ()
        self._chosen: frozenset[str] = frozenset()
        self._hints: tuple[KeyHint, ...] = ()
        self._ended = 0
        self._stops: tuple[Stop, ...] = ()

    def on_mount(self) -> None:
        """Countdowns are painted when a second has passed, at most a quarter of one late."""
        self.set_interval(0.25, self._tick)

    def show(
        self, agents: Sequence[AgentInfo], chosen: Collection[str], hints: Sequence[KeyHint], ended: int = 0
    ) -> None:
        """Show these agents; `chosen` are marked as those that a key would force, `ended` are down already."""
        facts = (tuple(agents), frozenset(chosen), tuple(hints), ended)
        if facts != (self._agents, self._chosen, self._hints, self._ended):
            self._agents, self._chosen, self._hints, self._ended = facts
            self._arrange()

    def resize_to(self, most_rows: int) -> None:
        """Use at most so many lines for agents."""
        if most_rows != self.most_rows:
            self.most_rows = most_rows
            self._arrange()

    @property
    def rows(self) -> int:
        """How many lines the panel takes now, 0 while it is hidden."""
        return _TITLE + min(len(self._agents), self.most_rows) if self._agents else 0

    @property
    def ids(self) -> tuple[str, ...]:
        """The agents in view, from above."""
        return tuple(stop.id for stop in self._shown())

    def on_click(self, event: events.Click) -> None:
        if event.y >= _TITLE:
            shown = self._shown()
            if event.y - _TITLE < len(shown):
                self.post_message(self.Clicked(self, shown[event.y - _TITLE].id))
            return
        x = cell_len(self._headline())
        for hint in self._hints:
            width = cell_len(hint.key) + 1 + cell_len(hint.title)
            if x <= event.x < x + width and hint.enabled:
                self.post_message(self.Pressed(self, hint.action))
            x += width + 2

    def line(self, y: int) -> Strip:
        """Return the title with its keys, or the line of one agent."""
        if y < _TITLE:
            return self._title()
        shown, width = self._shown(), self.size.width
        if y - _TITLE < len(shown):
            return self._row(shown[y - _TITLE])
        left = len(self._stops) - len(shown)
        return strip_of([(fit(f"   and {left} more", width), self.look("more"))], width, self.ground)

    def _title(self) -> Strip:
        title = self.look("title")
        pieces: list[tuple[str, Style]] = [(self._headline(), title)]
        for hint in self._hints:
            key, text = ("key", "title") if hint.enabled else ("off", "off")
            pieces += [(f"{hint.key} ", self.look(key)), (f"{hint.title}  ", self.look(text))]
        return strip_of(pieces, self.size.width, title).crop(0, self.size.width)

    def _headline(self) -> str:
        down = f", {self._ended} down" if self._ended else ""
        return f" ◑ stopping {len(self._agents)}{down}   "

    def _row(self, stop: Stop) -> Strip:
        width = self.size.width
        mark = " ▸ " if stop.id in self._chosen else "   "
        names = min(_LONGEST_NAME, max(cell_len(one.name) for one in self._stops))
        then = f"  {stop.then} " if stop.then else " "
        room = width - cell_len(mark) - names - 2 - cell_len(then)
        step = self.look("stubborn" if stop.stubborn else "step")
        pieces = [
            (mark, self.look("chosen")),
            (f"{fit(stop.name, names)}  ", self.ground),
            (fit(stop.step, max(0, room)), step),
            (then, self.look("then")),
        ]
        return strip_of(pieces, width, self.ground).crop(0, width)

    def _shown(self) -> tuple[Stop, ...]:
        """Return whom there is room for; the last line says how many there is none for."""
        rows = max(0, self.size.height - _TITLE)
        return self._stops if len(self._stops) <= rows else self._stops[: max(0, rows - 1)]

    def _arrange(self) -> None:
        self.display = bool(self._agents)
        self.styles.height = max(1, self.rows)
        self._stops = self._told()
        self.refresh()

    def _tick(self) -> None:
        if self._agents and (stops := self._told()) != self._stops:
            self._stops = stops
            self.refresh()

    def _told(self) -> tuple[Stop, ...]:
        """Return what to tell of each: first what does not die."""
        now = self._clock()
        stops = [stop_of(info, now) for info in self._agents]
        lifted = self._chosen if self._lifts_chosen else frozenset()
        return tuple(sorted(stops, key=lambda stop: (not stop.stubborn, stop.id not in lifted)))
