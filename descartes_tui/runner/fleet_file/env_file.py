"""Read an env file: lines of KEY=VALUE, as the shell and docker write them."""

import re
from pathlib import Path
from typing import Final

from descartes_tui.runner.fleet_file.nodes import Place, shortened
from descartes_tui.runner.fleet_file.read import Unreadable, read_text
from descartes_tui.runner.fleet_file.report import Report
from descartes_tui.runner.model.config import SECRET_WORDS

_LINE: Final = re.compile(r"(?:export\s+)?([^=\s]+)\s*=\s*(.*)", re.DOTALL)
KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "$": "$"}
_WORLD_READABLE: Final = 0o004


def read_env_file(file: Path, named_at: Place, path: str, report: Report) -> dict[str, str]:
    """Return the variables of `file`; what is wrong in it is noted at its own lines.

    A file that cannot be read is noted at `named_at`, where the fleet file names it.
    """
    try:
        text, mode = read_text(file)
    except Unreadable as error:
        report.add(named_at, path, f"{file}: {error}")
        return {}
    variables: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        _take(line, Place(number, 1, str(file)), variables, report)
    secrets = [key for key in variables if SECRET_WORDS.search(key)]
    if secrets and mode & _WORLD_READABLE:
        report.warn(named_at, f"{file} holds {secrets[0]} and everybody may read it: chmod 600 {file}")
    return variables


def _take(line: str, place: Place, variables: dict[str, str], report: Report) -> None:
    stripped = line.strip()
    if not stripped or stripped.startswith("#"):
        return
    match = _LINE.fullmatch(stripped)
    if match is None:
        report.add(place, "", "expected KEY=VALUE")
    elif KEY.fullmatch(match[1]) is None:
        report.add(place, "", f"{shortened(match[1])} cannot be the name of an environment variable")
    else:
        value = _unquoted(match[2])
        if value is None:
            report.add(place, match[1], "the quote is never closed on this line")
        elif "\0" in value:
            report.add(place, match[1], "the character U+0000 cannot be passed to a process")
        else:
            variables[match[1]] = value


def _unquoted(value: str) -> str | None:
    """Return the value without quotes and comment; None where a quote stays open."""
    if value[:1] == "'":
        body, closing, _ = value[1:].partition("'")
        return body if closing else None
    if value[:1] == '"':
        match = re.match(r'"((?:[^"\\]|\\.)*)"', value, re.DOTALL)
        return re.sub(r"\\(.)", _escape, match[1]) if match else None
    return re.split(r"\s#", value, maxsplit=1)[0].strip()


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[1], match[0])
