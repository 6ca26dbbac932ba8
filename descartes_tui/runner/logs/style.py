"""How a piece of an agent's text looks: colours and weight, as set by the agent's own SGR sequences."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, NamedTuple

Colour = int | tuple[int, int, int] | None
"""A number of the terminal's palette (0-255), or (red, green, blue), or None for the terminal's default."""


@dataclass(frozen=True, slots=True)
class Style:
    """The look of a span; the default instance is plain text."""

    fg: Colour = None
    bg: Colour = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False
    strike: bool = False


class Span(NamedTuple):
    """A piece of one line with one look. The text holds no control character of any kind."""

    text: str
    style: Style


PLAIN: Final = Style()
MARK: Final = Style(dim=True)  # words of ours inside an agent's line

_SWITCHES: Final[dict[int, dict[str, bool]]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": True},
    7: {"reverse": True},
    9: {"strike": True},
    21: {"underline": True},  # double underline
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"reverse": False},
    29: {"strike": False},
}
_ON: Final = {"bold": 1, "dim": 2, "italic": 3, "underline": 4, "reverse": 7, "strike": 9}


@lru_cache(maxsize=4096)
def apply_sgr(style: Style, parameters: str) -> Style:
    """Return `style` after the SGR sequence with these parameters; unknown ones change nothing."""
    groups = iter(parameters.split(";"))
    for group in groups:
        head, *rest = group.split(":")
        code = _number(head)
        if code in (38, 48):
            colour, known = _colour(iter(rest) if rest else groups, colons=len(rest))
            if known:
                style = replace(style, fg=colour) if code == 38 else replace(style, bg=colour)
        elif code == 4 and rest:
            style = replace(style, underline=_number(rest[0]) != 0)
        elif code is not None:
            style = _apply_one(style, code)
    return style


def _apply_one(style: Style, code: int) -> Style:
    if code == 0:
        return PLAIN
    if code in _SWITCHES:
        return replace(style, **_SWITCHES[code])
    if 30 <= code <= 37 or 90 <= code <= 97:
        return replace(style, fg=code - 30 if code < 90 else code - 82)
    if 40 <= code <= 47 or 100 <= code <= 107:
        return replace(style, bg=code - 40 if code < 100 else code - 92)
    if code == 39:
        return replace(style, fg=None)
    return replace(style, bg=None) if code == 49 else style


def _colour(parts: Iterator[str], *, colons: int) -> tuple[Colour, bool]:
    """Read `5;N` or `2;R;G;B` (with colons there may be a colour space before R) from the parameters."""
    kind = _number(next(parts, "?"))
    if kind == 5:
        number = _number(next(parts, "?"))
        return number, number is not None and number <= 255
    if kind != 2:
        return None, False
    if colons >= 5:
        next(parts, None)
    red, green, blue = (_number(next(parts, "?")) for _ in range(3))
    if red is None or green is None or blue is None or max(red, green, blue) > 255:
        return None, False
    return (red, green, blue), True


def _number(text: str) -> int | None:
    if not text:
        return 0
    return int(text) if len(text) <= 5 and text.isascii() and text.isdigit() else None


@lru_cache(maxsize=4096)
def sgr(style: Style) -> str:
    """Return the one SGR sequence that sets exactly this look, starting from plain; "" for plain."""
    codes = [str(code) for name, code in _ON.items() if getattr(style, name)]
    codes += _colour_codes(style.fg, 30) + _colour_codes(style.bg, 40)
    return f"\x1b[{';'.join(codes)}m" if codes else ""


def _colour_codes(colour: Colour, base: int) -> list[str]:
    if colour is None:
        return []
    if isinstance(colour, tuple):
        return [f"{base + 8};2;{colour[0]};{colour[1]};{colour[2]}"]
    if colour < 16:
        return [str(base + colour if colour < 8 else base + 52 + colour)]
    return [f"{base + 8};5;{colour}"]
