"""Finds a line in a growing log without reading any byte twice per pattern."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CHUNK: Final = 1 << 20
AT_ONCE: Final = 8 * CHUNK  # bytes looked at in one go: the event loop has other guests
LONGEST_LINE: Final = 64 << 10  # a pattern that spans more than this of one unfinished line is not found


@dataclass(slots=True)
class _Place:
    offset: int = 0
    carry: bytes = b""
    found: bool = False


class LogSearch:
    """Searches one run's log from its beginning; each pattern goes on where it was left."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[str, _Place] = {}

    def seen(self, pattern: str) -> bool:
        """True when `pattern` has been printed; looks at no more than 8 MiB of new bytes a call."""
        place = self._places.setdefault(pattern, _Place())
        if not place.found:
            self._look(re.compile(pattern.encode(), re.MULTILINE), place)
        return place.found

    def _look(self, pattern: re.Pattern[bytes], place: _Place) -> None:
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return
        with file:
            file.seek(place.offset)
            end = place.offset + AT_ONCE
            while place.offset < end and not place.found and (data := file.read(CHUNK)):
                place.offset += len(data)
                text = place.carry + data
                place.found = pattern.search(text) is not None
                place.carry = text[text.rfind(b"\n") + 1 :][-LONGEST_LINE:]


def check_pattern(pattern: str) -> str | None:
    """Return what is wrong with a regular expression, None when it can be searched for."""
    try:
        re.compile(pattern.encode(), re.MULTILINE)
    except re.error as error:
        return f"{pattern!r} is no regular expression: {error}"
    return None
