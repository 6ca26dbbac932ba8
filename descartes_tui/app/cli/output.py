"""What is printed: data on stdout, words for people on stderr, nothing that could steer a terminal."""

import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import Final, TextIO

STYLES: Final[Mapping[str, str]] = {
    "bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35",
    "cyan": "36", "bright_red": "91", "bright_green": "92", "bright_yellow": "93", "bright_blue": "94",
    "bright_magenta": "95", "bright_cyan": "96",
}  # fmt: skip
PLAIN_WIDTH: Final = 100_000  # wide enough never to cut: for pipes and files


def clean(text: str) -> str:
    """Return `text` on one line, with everything that a terminal would obey made visible."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c in "\n\t" else "�" for c in text)


def wants_colour(options: Namespace, stream: TextIO) -> bool:
    """True when `stream` is a terminal and nobody has asked for plain text (https://no-color.org)."""
    if getattr(options, "no_color", False) or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def paint(text: str, style: str, on: bool) -> str:
    """Return `text` in a style of STYLES; unchanged when `on` is false or the style is unknown."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if on and style in STYLES else text


def width_of(stream: TextIO) -> int:
    """Return how many columns fit: the terminal's, or as good as endless where there is none."""
    if not stream.isatty():
        return PLAIN_WIDTH
    wanted = os.environ.get("COLUMNS", "")
    if wanted.isdigit() and int(wanted) > 0:
        return int(wanted)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80


def say(message: str, options: Namespace | None = None) -> None:
    """Tell the person something on stderr; `-q` silences it."""
    if options is None or not getattr(options, "quiet", False):
        print(message, file=sys.stderr, flush=True)


def complain(message: str) -> None:
    """Tell on stderr, in one line, what went wrong and what to do."""
    print(f"descartes-tui: {message}", file=sys.stderr, flush=True)


def print_json(value: object, *, indent: int | None = 2) -> None:
    """Print one JSON value on stdout; `indent=None` keeps it on a line of its own."""
    import json

    print(json.dumps(value, indent=indent, ensure_ascii=False), flush=indent is None)
