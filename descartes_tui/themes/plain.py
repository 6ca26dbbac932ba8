"""The simplest YAML: keys with one word or colour each, at most one level deep. What themes and settings mostly are.

To load a YAML parser takes as long as to paint the first frame; most starts of the screen need none.
"""

import re
from typing import Final

_LINE: Final = re.compile(
    r"(?P<indent>(?:  )?)(?P<key>[a-z]+):(?: +(?:\"(?P<quoted>#[0-9a-fA-F]{6})\"|(?P<word>[a-z][a-z-]*)))?"
)
_NO_WORDS: Final = frozenset(("null", "yes", "no", "on", "off", "y", "n"))  # YAML takes them for other values
_TRUTH: Final = {"true": True, "false": False}

Plain = dict[str, "str | bool | dict[str, str]"]


def read_plain(text: str) -> Plain | None:
    """Return what a YAML parser would, or None where `text` is more than the simplest YAML."""
    found: Plain = {}
    section: dict[str, str] | None = None
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            return None
        key, value = match["key"], match["quoted"] or match["word"]
        if value in _NO_WORDS or key in _NO_WORDS or key in _TRUTH:
            return None
        if match["indent"]:
            if section is None or value is None or value in _TRUTH or key in section:
                return None
            section[key] = value
        elif key in found:
            return None
        elif value is None:
            found[key] = section = {}
        else:
            found[key], section = _TRUTH.get(value, value), None
    return found if all(value != {} for value in found.values()) else None
