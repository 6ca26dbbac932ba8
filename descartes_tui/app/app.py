"""The Textual application: themes, the palette, and the one worker that follows the fleet."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import App
from textual.command import CommandPalette, Provider
from textual.theme import Theme

from descartes_tui.app.actions import THEME_PREFIX
from descartes_tui.app.choices import BackendChoice
from descartes_tui.app.desk import Services
from descartes_tui.app.feed import Feed
from descartes_tui.app.fleet_screen import FleetScreen
from descartes_tui.app.settings import read_settings, remember_theme
from descartes_tui.runner.wire.updates import Disconnected
from descartes_tui.themes.loader import DEFAULT_THEME, default_variables, load_themes


def only_command() -> Sequence[BackendChoice]:
    """Return the one backend that needs nothing installed."""
    return (BackendChoice("command"),)


def fleet_commands() -> type[Provider]:
    """Return what the palette offers, loaded when it opens."""
    from descartes_tui.app.palette import FleetCommands  # deferred: not needed for the first frame

    return FleetCommands


class DescartesApp(App[int]):
    """Shows the fleet that `feed` tells of. `settings_folder` holds the person's own settings and themes."""

    CSS_PATH = Path(__file__).with_name("screen.tcss")  # found for subclasses elsewhere too
    TITLE = "descartes"
    COMMANDS: ClassVar = {fleet_commands}
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(
        self,
        feed: Feed,
        *,
        settings_folder: Path | None = None,
        backends: Callable[[], Sequence[BackendChoice]] = only_command,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(
            ansi_color=True if "NO_COLOR" in os.environ else None
        )  # then no colour at all, not greys
        self.fleet_screen = FleetScreen(Services(feed, backends, clock))
        self.themes: dict[str, Theme] = {}
        self._settings_folder = settings_folder
        self._theme_before_palette = ""
        self._problems = self._load_looks()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return values for the variables of ours that Textual's own themes do not know."""
        return {**super().get_theme_variable_defaults(), **default_variables()}

    def get_default_screen(self) -> FleetScreen:
        """Return the one screen that everything else lies over."""
        return self.fleet_screen

    def on_mount(self) -> None:
        self._follow_fleet()
        if self._problems:
            self.notify("\n".join(self._problems), severity="warning", markup=False, timeout=15)

    def action_quit(self) -> None:  # type: ignore[override]
        """Textual's own way to quit asks like every other."""
        self.action_help_quit()

    def action_help_quit(self) -> None:
        """Control-C asks too; while a question is open, it is the answer that nothing happens."""
        if self.screen is self.fleet_screen:
            self.fleet_screen.do("leave")

    # looks

    def use_theme(self, name: str) -> None:
        """Use a theme from now on, and remember it for the next time."""
        self.theme = self._theme_before_palette = name
        if self._settings_folder is not None:
            try:
                remember_theme(self._settings_folder, name)
            except (OSError, ValueError) as error:
                self.notify(f"The theme is not remembered: {error}", severity="warning", markup=False)

    def _load_looks(self) -> list[str]:
        """Take up all themes before the first style is computed; return what was wrong with them."""
        folder = self._settings_folder
        loaded = load_themes(None if folder is None else folder / "themes")
        self.themes = dict(loaded.themes)
        for theme in self.themes.values():
            self.register_theme(theme)
        settings = read_settings(folder) if folder is not None else None
        wanted = (settings.theme if settings else "") or DEFAULT_THEME
        problems = [*loaded.problems, *([settings.problem] if settings and settings.problem else [])]
        if wanted not in self.themes:
            problems.append(f"There is no theme {wanted!r}; choose one with ctrl+p.")
        self.set_reactive(App.theme, wanted if wanted in self.themes else DEFAULT_THEME)
        return problems

    @on(CommandPalette.Opened)
    def _palette_opened(self) -> None:
        self._theme_before_palette = self.theme

    @on(CommandPalette.OptionHighlighted)
    def _palette_highlighted(self, event: CommandPalette.OptionHighlighted) -> None:
        """Try on the theme that is looked at."""
        hit = getattr(event.highlighted_event.option, "hit", None)
        title = getattr(hit, "text", None) or ""
        name = (
            title.removeprefix(THEME_PREFIX) if title.startswith(THEME_PREFIX) else self._theme_before_palette
        )
        if name in self.themes:
            self.theme = name

    @on(CommandPalette.Closed)
    def _palette_closed(self, event: CommandPalette.Closed) -> None:
        if not event.option_selected:
            self.theme = self._theme_before_palette

    # the fleet

    @work(name="follow the fleet", exit_on_error=False)
    async def _follow_fleet(self) -> None:
        try:
            async for news in self.fleet_screen.services.feed.watch():
                self.fleet_screen.post_message(FleetScreen.Fed(news))
        except Exception as error:  # the screen stays, and says what is the matter
            self.fleet_screen.post_message(FleetScreen.Fed(Disconnected(str(error))))
            self.notify(f"The fleet cannot be followed: {error}", severity="error", markup=False, timeout=30)
