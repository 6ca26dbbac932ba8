"""Painting lines of a log: safe spans become strips, cut or wrapped to a width."""

import time
from dataclasses import dataclass
from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from descartes_tui.runner.logs.style import Colour
from descartes_tui.runner.logs.style import Style as AgentStyle
from descartes_tui.runner.logs.window import LogLine


@dataclass(frozen=True, slots=True)
class LogLooks:
    """The styles that a line is painted with."""

    plain: Style
    stderr: Style
    time: Style
    mark: Style


def line_strip(line: LogLine, looks: LogLooks, *, timestamps: bool) -> Strip:
    """Return one whole line, as long as it is: gutter, time if wanted, text."""
    error = line.stream == "stderr"
    base = looks.stderr if error else looks.plain
    segments = [Segment("┃" if error else " ", looks.stderr)]
    if timestamps:
        segments.append(Segment(clock_text(line.at) + " ", looks.time))
    segments += [Segment(text, base + rich_style(style)) for text, style in line.spans() if text]
    return Strip(segments)


def rows_of(strip: Strip, width: int, *, wrap: bool, column: int, ground: Style, more: Style) -> list[Strip]:
    """Return the rows that a line takes in `width` cells, each exactly so wide."""
    if wrap and strip.cell_length > width:
        starts = range(0, strip.cell_length, width)
        return [strip.crop(x, x + width).adjust_cell_length(width, ground) for x in starts]
    if strip.cell_length - column <= width:
        return [strip.crop(column, column + width).adjust_cell_length(width, ground)]
    return [Strip.join([strip.crop(column, column + width - 1), Strip([Segment("›", more)], 1)])]


def row_count(strip: Strip, width: int, *, wrap: bool) -> int:
    """Return how many rows a line takes."""
    return max(1, -(-strip.cell_length // width)) if wrap else 1


def clock_text(at: float | None) -> str:
    """Return a time of day to the millisecond, as wide as any other."""
    if at is None:
        return "--:--:--.---"
    return time.strftime("%H:%M:%S", time.localtime(at)) + f".{int(at % 1 * 1000):03d}"


@lru_cache(maxsize=4096)
def rich_style(style: AgentStyle) -> Style:
    """Return the look of a span as the screen paints it; only what the agent set is set."""
    return Style(
        color=_color(style.fg),
        bgcolor=_color(style.bg),
        bold=style.bold or None,
        dim=style.dim or None,
        italic=style.italic or None,
        underline=style.underline or None,
        reverse=style.reverse or None,
        strike=style.strike or None,
    )


def _color(colour: Colour) -> Color | None:
    if colour is None:
        return None
    return Color.from_rgb(*colour) if isinstance(colour, tuple) else Color.from_ansi(colour)
