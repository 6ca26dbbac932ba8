"""Find the JSON events in the last part of a log, whatever else stands between them."""

import json
from collections.abc import Iterable
from typing import Any

Event = dict[str, Any]


def events_in(tail: bytes) -> list[Event]:
    """Return the JSON objects that stand alone on a line of `tail`, in order.

    The first line may be cut; lines of other kinds, such as notes on stderr, are passed over.
    """
    events = []
    for line in tail.split(b"\n"):
        stripped = line.strip()
        if stripped.startswith(b"{") and stripped.endswith(b"}"):
            event = _parsed(stripped)
            if event is not None:
                events.append(event)
    return events


def last(events: Iterable[Event], *kinds: str) -> Event | None:
    """Return the last event whose `type` is one of `kinds`."""
    found = None
    for event in events:
        if event.get("type") in kinds:
            found = event
    return found


def table(value: object) -> Event:
    """Return `value` if it is a JSON object, else an empty one: what a stream says is never trusted."""
    return value if isinstance(value, dict) else {}


def _parsed(line: bytes) -> Event | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
