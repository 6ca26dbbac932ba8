"""How people write times on the command line: `5`, `1m30s`, `10m` ago, `14:30`, `2026-01-31T12:00:00Z`."""

import time
from argparse import ArgumentTypeError
from datetime import UTC, datetime
from datetime import time as time_of_day

from descartes_tui.runner.model.units import parse_duration


def seconds(text: str) -> float:
    """Return seconds for `5`, `0.5` or `1m30s`; argparse shows what was expected otherwise."""
    try:
        value = parse_duration(text) if text[-1:].isalpha() else float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        raise ArgumentTypeError(f"{text!r} is no duration; write seconds, or 500ms, 10s, 1m30s, 2h")
    return value


def moment(text: str) -> float:
    """Return seconds since 1970 for a time, a time of day, or how long ago; ArgumentTypeError otherwise."""
    for reading in (_ago, _of_day, _stamp):
        try:
            return reading(text)
        except (ValueError, OverflowError):
            continue
    raise ArgumentTypeError(
        f"{text!r} is no time; write how long ago (10m, 2h), a time of day (14:30), or 2026-01-31T12:00:00Z"
    )


def stamp(at: float) -> str:
    """Return seconds since 1970 as the wire writes times."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def _ago(text: str) -> float:
    return time.time() - parse_duration(text)


def _of_day(text: str) -> float:
    if ":" not in text:
        raise ValueError(text)
    return datetime.combine(datetime.now().date(), time_of_day.fromisoformat(text)).timestamp()


def _stamp(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
