"""What the screen's own widgets stand on: one strip a line, nothing painted that did not change."""

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Lines(Widget):
    """A widget that gives its lines itself and holds them in caches of its own.

    Textual's general way (borders, padding, text selection, eight strips for each line) is left out on
    purpose: a frame costs a fifth. Subclasses give `line(y)`.
    """

    ALLOW_SELECT = False
    _ground: Style | None = None

    def line(self, y: int) -> Strip:
        """Return what stands in row `y` of the widget."""
        raise NotImplementedError

    def forget_styles(self) -> None:
        """Drop whatever was made from the styles of before."""

    def notify_style_update(self) -> None:
        """The theme or the focus changed: colours are asked for again."""
        super().notify_style_update()
        self._ground = None
        self.forget_styles()

    @property
    def ground(self) -> Style:
        """The widget's own style, asked for once: to compute it costs as much as to paint a line."""
        if self._ground is None:
            self._ground = self.rich_style
        return self._ground

    def look(self, name: str) -> Style:
        """Return the style of one of this widget's component classes, by its short name."""
        return self.get_component_rich_style(f"{self.css_part}--{name}")

    @property
    def css_part(self) -> str:
        """What this widget's component classes begin with."""
        raise NotImplementedError

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the rows of `crop`, filtered as the terminal asks (NO_COLOR among others)."""
        background, filters = self.background_colors[1], self.get_line_filters()
        width, ground, strips = self.size.width, self.ground, list[Strip]()
        for y in crop.line_range:
            strip = self.line(y).adjust_cell_length(width, ground)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip if crop.column_span == (0, width) else strip.crop(*crop.column_span))
        return strips

    def refresh_row(self, y: int) -> None:
        """Paint one row again."""
        self.refresh(Region(0, y, self.size.width, 1))


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return `text` in exactly `width` cells; what is too long ends in an ellipsis."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    padding = " " * (width - length)
    return padding + text if right else text + padding


def strip_of(pieces: Iterable[tuple[str, Style]], width: int, ground: Style) -> Strip:
    """Return a strip of exactly `width` cells, filled up with `ground`."""
    segments = [Segment(text, style) for text, style in pieces if text]
    return Strip(segments).adjust_cell_length(width, ground)
