"""Which session a command speaks to, and which fleet file stands behind it."""

import os
from argparse import Namespace
from pathlib import Path

from descartes_tui.app.cli.exit import CommandError, Exit
from descartes_tui.runner.model.names import NAME_PATTERN

DEFAULT = "default"


def session_of(options: Namespace) -> str:
    """Return the session: `--session`, else DESCARTES_SESSION, else the fleet file's, else `default`."""
    asked = getattr(options, "session", None) or os.environ.get("DESCARTES_SESSION")
    return checked(asked) if asked else session_of_file(fleet_file(options))


def session_of_file(file: Path | None) -> str:
    """Return the session that a fleet file names or implies; `default` without a file."""
    if file is None or not file.is_file():
        return DEFAULT
    from descartes_tui.runner.fleet_file.find import session_of as named

    return checked(named(file))


def fleet_file(options: Namespace) -> Path | None:
    """Return the fleet file that was named, else `agents.yaml` here or in a folder above, else None."""
    named = getattr(options, "file", None)
    if named:
        return Path(named)
    from descartes_tui.runner.fleet_file.find import default_fleet_file

    return default_fleet_file(Path.cwd())


def needed_fleet_file(options: Namespace) -> Path:
    """Like `fleet_file`, for verbs that make no sense without one."""
    file = fleet_file(options)
    if file is None:
        raise CommandError(
            "no agents.yaml here or in a folder above; name one with -f FILE, or write one with"
            " `descartes-tui init`",
            Exit.USAGE,
        )
    if not file.is_file():
        raise CommandError(f"no fleet file {str(file)!r}; check the path", Exit.USAGE)
    return file


def checked(name: str) -> str:
    """Return a session's name, or refuse what could not be the name of a folder."""
    if NAME_PATTERN.fullmatch(name) is None:
        raise CommandError(
            f"session {name!r} is no valid name; use a letter or digit, then at most 62 of A-Z a-z 0-9 . _ -",
            Exit.USAGE,
        )
    return name
