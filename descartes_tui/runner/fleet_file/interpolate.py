"""Put variables into text: `${VAR}`, `${VAR:-default}`, `${VAR:?message}`, and `$$` for a dollar sign."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_DOLLAR: Final = re.compile(r"\$\$|\$\{([^{}]*)(\})?")
_INSIDE: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(:-|:\?)(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with the `${…}` that begins at `offset` of the text."""

    offset: int
    message: str


def interpolate(text: str, variables: Mapping[str, str]) -> tuple[str, list[Mistake]]:
    """Return `text` with every `${…}` replaced once, and what was wrong with some of them.

    An unset or empty variable takes its default. What comes in is never looked at again, and a `$` that is
    followed by neither `{` nor `$` stays: it belongs to the shell.
    """
    mistakes: list[Mistake] = []

    def replaced(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        value = _value(match, variables)
        if isinstance(value, str):
            return value
        mistakes.append(value)
        return ""

    return (_DOLLAR.sub(replaced, text), mistakes) if "$" in text else (text, [])


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str | Mistake:
    inside = _INSIDE.fullmatch(match[1])
    if match[2] is None or inside is None:
        return Mistake(
            match.start(),
            "expected ${VAR}, ${VAR:-default} or ${VAR:?message}; write $${ where ${ itself is meant",
        )
    name, operator, rest = inside[1], inside[2], inside[3]
    value = variables.get(name)
    if operator == ":-":
        return value or rest
    if value is None or (operator and not value):
        return Mistake(match.start(), _unset(name, rest if operator else None))
    return value


def _unset(name: str, message: str | None) -> str:
    if message:
        return f"variable {name} is not set: {message}"
    return (
        f"variable {name} is not set: set it, give it with --var {name}=VALUE, or write ${{{name}:-default}}"
    )
