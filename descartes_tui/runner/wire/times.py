"""Times as the wire writes them: RFC 3339, in UTC, to the microsecond."""

from datetime import UTC, datetime


def format_time(seconds: float | None) -> str | None:
    """Return `2026-01-31T12:00:00.000000Z` for seconds since 1970, None for None and for no real time."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")[:-6] + "Z"
    except (ValueError, OverflowError, OSError):
        return None


def parse_time(text: str) -> float:
    """Return seconds since 1970; ValueError when `text` is no RFC 3339 time with a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"{text!r} is no time with a zone: write it like 2026-01-31T12:00:00Z")
    return moment.timestamp()
