"""How a line of output is printed: with its agent's name, its time, as JSON, or as bytes."""

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Final

from descartes_tui.app.cli.output import clean, paint, wants_colour
from descartes_tui.app.cli.times import stamp
from descartes_tui.app.cli.watch import Agent
from descartes_tui.runner.logs.assemble import AgentLine
from descartes_tui.runner.logs.sanitize import LINE_CAP, parse_line, to_ansi, to_text

COLOURS: Final = (
    "cyan", "yellow", "green", "magenta", "blue", "bright_cyan", "bright_yellow", "bright_green",
    "bright_magenta", "bright_blue",
)  # fmt: skip
STDOUT_BAR, STDERR_BAR = "|", "!"


class LinePrinter:
    """Prints lines on stdout. A terminal gets colours and at most 8 KiB of a line, a pipe gets it whole."""

    def __init__(self, options: Namespace, names: Sequence[str], *, prefix: bool) -> None:
        self._json = options.json
        self._timestamps = getattr(options, "timestamps", False)
        self._prefix = prefix
        self._to_terminal = sys.stdout.isatty()
        self._colour = wants_colour(options, sys.stdout)
        self._width = max(map(len, names), default=0)
        self._colours: dict[str, str] = {}

    def print(self, agent: Agent, run: int, line: AgentLine) -> None:
        """Print one line."""
        print(self._as_json(agent, run, line) if self._json else self._as_text(agent["name"], line))

    def _as_text(self, name: str, line: AgentLine) -> str:
        parts = []
        if self._prefix:
            bar = STDOUT_BAR if line.stream == "stdout" else STDERR_BAR
            colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
            bar = paint(bar, "red", self._colour) if line.stream == "stderr" else bar
            parts.append(f"{paint(f'{clean(name):<{self._width}}', colour, self._colour)} {bar} ")
        if self._timestamps:
            parts.append(paint(f"{_time(line.at)} ", "dim", self._colour))
        return "".join(parts) + self._safe(line.data)

    def _safe(self, data: bytes) -> str:
        write = to_ansi if self._colour else to_text
        if self._to_terminal or len(data) <= LINE_CAP:
            return write(parse_line(data))
        return "".join(write(parse_line(part)) for part in _portions(data))  # safe each, so safe together

    def _as_json(self, agent: Agent, run: int, line: AgentLine) -> str:
        facts = {
            "agent": agent["name"],
            "run": run,
            "stream": line.stream,
            "at": None if line.at is None else stamp(line.at),
            "offset": line.offset,
            "text": line.data.decode("utf-8", "replace"),
        }
        return json.dumps(facts, ensure_ascii=self._to_terminal)


def _time(at: float | None) -> str:
    return "-" if at is None else stamp(at)


def _portions(data: bytes) -> list[bytes]:
    """Cut into pieces of at most LINE_CAP bytes, never inside a character."""
    pieces = []
    while data:
        end = min(LINE_CAP, len(data))
        while end < len(data) and end > LINE_CAP - 4 and data[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(data[:end])
        data = data[end:]
    return pieces
