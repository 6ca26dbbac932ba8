"""Which fleet file is meant, and which session it names, without reading it as YAML."""

import re
import stat
from pathlib import Path
from typing import Final

from descartes_tui.runner.model.names import NAME_PATTERN

FILE_NAMES: Final = ("agents.yaml", "agents.yml")
MAX_BYTES: Final = 2**20
_SESSION_LINE: Final = re.compile(
    rb"^(?:\"session\"|'session'|session)[ \t]*:[ \t]*(.*?)[ \t\r]*$", re.MULTILINE
)


def default_fleet_file(start: Path) -> Path | None:
    """Return `agents.yaml` or `agents.yml` of `start` or the nearest folder above it that has one."""
    folder = start.absolute()
    for place in (folder, *folder.parents):
        for name in FILE_NAMES:
            if _is_file(place / name):
                return place / name
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder above that we may not look into
        return False


def session_of(path: Path) -> str:
    """Return the session that the fleet file at `path` names, else one made from its folder's name.

    Looks for one top-level line only; a file that cannot be read gives the folder's name too.
    """
    return _session_line(path) or session_from_folder(path)


def session_from_folder(path: Path) -> str:
    """Return the name of the folder of `path`, made to fit what a session may be called."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.absolute().parent.name).lstrip("._-")[:63].rstrip("._-")
    return name if NAME_PATTERN.fullmatch(name) else "default"


def _session_line(path: Path) -> str | None:
    match = _SESSION_LINE.search(_head(path))
    if match is None:
        return None
    value = match[1].decode("utf-8", "replace")
    quoted = re.match(r"""(["'])(.*?)\1""", value)
    name = quoted[2] if quoted else re.split(r"\s#", value, maxsplit=1)[0].strip()
    return name if NAME_PATTERN.fullmatch(name) else None


def _head(path: Path) -> bytes:
    """Return the first MiB of a regular file; nothing for a FIFO or device, which could block for ever."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return b""
        with path.open("rb") as file:
            return file.read(MAX_BYTES)
    except (OSError, ValueError):
        return b""
