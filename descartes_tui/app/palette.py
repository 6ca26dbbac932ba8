"""The palette: every action by name, every agent, and every theme, which is tried on while it is looked at."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, cast

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.theme import Theme

from descartes_tui.app.actions import ACTIONS, THEME_PREFIX
from descartes_tui.app.desk import Desk

_MOST_AGENTS: Final = 2000


class Host(Protocol):
    """The application, as far as the palette uses it."""

    fleet_screen: Desk
    themes: Mapping[str, Theme]

    def use_theme(self, name: str) -> None:
        """Use a theme from now on."""


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the palette."""

    title: str
    help: str
    run: Callable[[], object]


class FleetCommands(Provider):
    """Gives what is possible now, then agents to go to, then themes."""

    async def discover(self) -> Hits:
        for command in self._commands():
            yield DiscoveryHit(Text(command.title), command.run, command.title, command.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._commands():
            score = matcher.match(command.title)
            if score > 0:
                yield Hit(score, matcher.highlight(command.title), command.run, command.title, command.help)

    def _commands(self) -> Iterator[Command]:
        app = cast(Host, self.app)
        fleet = app.fleet_screen
        for action in ACTIONS:
            if action.id != "palette" and fleet.can(action):
                yield Command(action.title, f"{action.help}  ({action.label})", partial(fleet.do, action.id))
        for info in fleet.agents[:_MOST_AGENTS]:
            yield Command(f"go to {info.name}", info.status.value, partial(fleet.go_to, info.id))
        for name in sorted(app.themes):
            yield Command(
                THEME_PREFIX + name,
                "Use this theme, now and next time",
                partial(app.use_theme, name),
            )
