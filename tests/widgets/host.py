"""A small application around one widget, with the project's colours."""

from collections.abc import Iterable

from textual.app import App, ComposeResult
from textual.strip import Strip
from textual.widget import Widget

from descartes_tui.themes.loader import default_variables, load_themes
from descartes_tui.widgets.lines import Lines

CONTROLS = {*range(0x20), 0x7F, *range(0x80, 0xA0)}


class Host(App[None]):
    """Shows `widgets` one above the other."""

    def __init__(self, *widgets: Widget) -> None:
        super().__init__()
        self._widgets = widgets

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {**super().get_theme_variable_defaults(), **default_variables()}

    def compose(self) -> ComposeResult:
        yield from self._widgets

    def on_mount(self) -> None:
        self.register_theme(load_themes().themes["dark"])
        self.theme = "dark"


def shown(widget: Lines) -> list[str]:
    """Return the rows of a widget as they are painted, without trailing blanks."""
    return [strip.text.rstrip() for strip in strips(widget)]


def strips(widget: Lines) -> list[Strip]:
    """Return the rows of a widget as they are painted."""
    return widget.render_lines(widget.size.region)


def controls_in(lines: Iterable[Strip]) -> list[str]:
    """Return every control character that would reach the terminal."""
    return [character for strip in lines for character in strip.text if ord(character) in CONTROLS]
