"""Painting lines of a log: safe spans become strips, cut or wrapped to a width; marks say where a run begins."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from descartes_tui.runner.logs.style import Colour
from descartes_tui.runner.logs.style import Style as AgentStyle
from descartes_tui.runner.logs.window import LogLine
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.columns import activity
from descartes_tui.widgets.lines import fit, strip_of
from descartes_tui.widgets.looks import label


@dataclass(frozen=True, slots=True)
class LogLooks:
    """The styles that a log is painted with."""

    plain: Style
    stderr: Style
    time: Style
    mark: Style
    quiet: Style
    statuses: Mapping[AgentStatus, Style]


def line_strip(line: LogLine, looks: LogLooks, *, timestamps: bool) -> Strip:
    """Return one whole line, as long as it is: gutter, time if wanted, text."""
    error = line.stream == "stderr"
    base = looks.stderr if error else looks.plain
    segments = [Segment("┃" if error else " ", looks.stderr)]
    if timestamps:
        segments.append(Segment(clock_text(line.at) + " ", looks.time))
    segments += [Segment(text, base + rich_style(style)) for text, style in line.spans() if text]
    return Strip(segments)


def rows_of(strip: Strip, width: int, looks: LogLooks, *, wrap: bool, column: int) -> list[Strip]:
    """Return the rows that a line takes in `width` cells, each exactly so wide."""
    if wrap:
        starts = range(0, max(1, strip.cell_length), width)
        return [strip.crop(x, x + width).adjust_cell_length(width, looks.plain) for x in starts]
    if strip.cell_length - column <= width:
        return [strip.crop(column, column + width).adjust_cell_length(width, looks.plain)]
    return [Strip.join([strip.crop(column, column + width - 1), Strip([Segment("›", looks.quiet)], 1)])]


def row_count(strip: Strip, width: int, *, wrap: bool) -> int:
    """Return how many rows a line takes."""
    return max(1, -(-strip.cell_length // width)) if wrap else 1


def over(strip: Strip, style: Style) -> Strip:
    """Return the strip with `style` laid over whatever it says of itself."""
    return Strip([Segment(text, (own or style) + style) for text, own, _ in strip], strip.cell_length)


def start_mark(agent: AgentInfo, width: int, looks: LogLooks) -> Strip:
    """Return the line above a run's first one."""
    return _rule([f"run {agent.run}", _clock(agent.started_at)], looks.mark, width)


def end_mark(agent: AgentInfo, width: int, looks: LogLooks) -> Strip | None:
    """Return the line below a run's last one, None while it may still write."""
    if agent.status.has_process or agent.status is AgentStatus.IDLE or not agent.run:
        return None
    parts = [label(agent.status), activity(agent, 0.0), _clock(agent.ended_at)]
    return _rule(parts, looks.statuses[agent.status], width)


def no_log(agent: AgentInfo | None, width: int, looks: LogLooks) -> list[Strip]:
    """Return what stands where there is no log."""
    if agent is None:
        text = ""
    elif agent.status.has_process:
        text = "The run is about to begin."
    else:
        text = f"{agent.name} has not run yet. Press s to start it."
    return [Strip.blank(width, looks.plain), strip_of([("   " + text, looks.quiet)], width, looks.plain)]


def clock_text(at: float | None) -> str:
    """Return a time of day to the millisecond, as wide as any other."""
    if at is None:
        return "--:--:--.---"
    return time.strftime("%H:%M:%S", time.localtime(at)) + f".{int(at % 1 * 1000):03d}"


def _clock(at: float | None) -> str:
    return "" if at is None else clock_text(at)[:8]


def _rule(parts: list[str], style: Style, width: int) -> Strip:
    text = fit(f"── {' · '.join(filter(None, parts))}", width).rstrip()
    return strip_of([(text + " ", style), ("─" * width, style)], width, style)


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
