"""Values of the wire as short text for a person; whatever shape they have, nothing fails."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from descartes_tui.runner.wire.times import parse_time


def seconds(value: Any) -> float | None:
    """Return seconds since 1970 for a time as the wire writes it, or as a number."""
    if isinstance(value, int | float):
        return float(value)
    try:
        return parse_time(value) if isinstance(value, str) else None
    except ValueError:
        return None


def clock(at: float | None) -> str:
    """Return the time of day in this place, '' when it is unknown."""
    return "" if at is None else time.strftime("%H:%M:%S", time.localtime(at))


def words(key: str) -> str:
    """Return a key as words."""
    return key.replace("_", " ")


def as_list(value: Any) -> Sequence[Any]:
    """Return a list as it is, one value as a list of it, nothing as an empty one."""
    return value if isinstance(value, list) else [value] if value else []


def plain(value: Any) -> str:
    """Return a value as short text; '' for everything that says nothing."""
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, Mapping):
        return "  ".join(f"{key}={plain(inner)}" for key, inner in value.items() if plain(inner))
    if isinstance(value, list | tuple):
        return " ".join(filter(None, map(plain, value)))
    return f"{value:g}" if isinstance(value, float) else str(value)
