"""How facts look on a line: tables that fit the terminal, statuses with a symbol and a word, ages."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from descartes_tui.app.cli.output import clean, paint
from descartes_tui.runner.model.units import format_bytes, format_duration
from descartes_tui.widgets import looks

SYMBOLS: Final[Mapping[str, str]] = {status.value: symbol for status, symbol in looks.SYMBOLS.items()}
STATUS_STYLES: Final[Mapping[str, str]] = {
    "idle": "dim", "starting": "cyan", "running": "green", "paused": "yellow", "stopping": "yellow",
    "backoff": "magenta", "completed": "green", "failed": "red", "terminated": "dim",
}  # fmt: skip
UNKNOWN: Final = "-"
NARROW: Final = frozenset((*SYMBOLS.values(), "…", "→"))


def status_text(status: str) -> str:
    """Return symbol and word: `● running`."""
    return f"{SYMBOLS.get(status, '?')} {status}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, colour: bool) -> str:
    """Return aligned lines, none wider than `width` columns. A cell `● running` gets its status's colour."""
    cells = [[clean(cell) for cell in row] for row in rows]
    sizes = [max(map(columns_of, column)) for column in zip(header, *cells, strict=True)]
    lines = [paint(_line(header, sizes, width), "bold", colour)]
    for row in cells:
        line = _line(row, sizes, width)
        lines.append(_with_status_colour(line, row) if colour else line)
    return "\n".join(lines)


def fitting(
    header: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, expendable: Sequence[str]
) -> tuple[Sequence[str], list[Sequence[str]]]:
    """Return the table without as many of its `expendable` columns, first ones first, as it is too wide."""
    kept = list(range(len(header)))
    for title in expendable:
        sizes = [max(columns_of(row[at]) for row in (header, *rows)) for at in kept]
        if sum(sizes) + 2 * (len(sizes) - 1) <= width:
            break
        kept.remove(header.index(title))
    return [header[at] for at in kept], [[row[at] for at in kept] for row in rows]


def _line(cells: Sequence[str], sizes: Sequence[int], width: int) -> str:
    padded = (cell + " " * (size - columns_of(cell)) for cell, size in zip(cells, sizes, strict=True))
    return cut("  ".join(padded).rstrip(), width)


def _with_status_colour(line: str, row: Sequence[str]) -> str:
    for cell in row:
        symbol, _, word = cell.partition(" ")
        if SYMBOLS.get(word) == symbol:
            return line.replace(cell, paint(cell, STATUS_STYLES[word], True), 1)
    return line


def columns_of(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    return len(text) if text.isascii() else sum(map(_columns_of_character, text))


def _columns_of_character(character: str) -> int:
    if character < "\u0300" or character in NARROW:
        return 1
    import unicodedata  # few tables need it, and each would pay for it

    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """Return `text`, or as much of it as fits into `width` columns, ending with `…`."""
    if columns_of(text) <= width:
        return text
    kept, taken = [], 1
    for character in text:
        taken += _columns_of_character(character)
        if taken > width:
            break
        kept.append(character)
    return "".join(kept) + "…"


def seconds_of(stamp: str | None) -> float | None:
    """Return seconds since 1970 for an RFC 3339 time, None for none."""
    return datetime.fromisoformat(stamp).timestamp() if stamp else None


def age(stamp: str | None, until: str | None = None) -> str:
    """Return how long ago `stamp` was (or how long before `until`): `12s`, `3m05s`, `2h07m`."""
    begin, end = seconds_of(stamp), seconds_of(until) or time.time()
    return UNKNOWN if begin is None else format_duration(int(end - begin))


def clock(stamp: str | None) -> str:
    """Return the local time of day with date where it is not today: `14:03:07`, `2025-11-02 14:03:07`."""
    if not stamp:
        return UNKNOWN
    moment = datetime.fromisoformat(stamp).astimezone()
    today = moment.date() == datetime.now().date()
    return moment.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S")


def memory(count: float | None) -> str:
    """Return bytes in short: `512B`, `1.2K`, `34M`; `-` where unknown."""
    return UNKNOWN if count is None else format_bytes(count)


def percent(value: float | None) -> str:
    """Return `12%`, `0.3%`; `-` where unknown."""
    if value is None:
        return UNKNOWN
    return f"{value:.0f}%" if value >= 10 or value == 0 else f"{value:.1f}%"


def ending(code: int | None, signal: int | None) -> str:
    """Return how a run ended: `exit 1`, `SIGKILL`; empty while that is not known."""
    if signal is not None:
        from descartes_tui.runner.model.signals import signal_name

        return signal_name(signal)
    return "" if code is None else f"exit {code}"
