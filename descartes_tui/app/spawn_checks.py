"""What can be said about a new agent while it is being typed: each check gives '' or what to do about it."""

import os
import shlex
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from descartes_tui.runner.model.config import NAME_PATTERN

_SHELL_MARKS: Final = frozenset("|&;<>()$`*?[]{}~#!\n=")
_SHELL_WORDS: Final = frozenset(
    ("cd", "echo", "exec", "exit", "export", "for", "if", "printf", "read", "set", "sleep", "test", "trap", "true",
     "false", "until", "while", "wait", "ulimit", "umask", "case", "eval", "kill", ".", ":")
)  # fmt: skip


def name_problem(name: str, living: Collection[str]) -> str:
    """Return what is wrong with an agent's name; `living` are the names of agents that have not ended."""
    if not name:
        return "a name is needed"
    if NAME_PATTERN.fullmatch(name) is None:
        return "begin with a letter or digit; then at most 62 of A-Z a-z 0-9 . _ -"
    return "an agent of this name is alive" if name in living else ""


def free_name(stem: str, used: Collection[str]) -> str:
    """Return `stem`, or the first of `stem-2`, `stem-3` … that is not used."""
    number, name = 1, stem
    while name in used:
        number += 1
        name = f"{stem}-{number}"
    return name


def folder_problem(text: str) -> str:
    """Return what is wrong with the folder an agent is to run in; empty means this one."""
    folder = folder_path(text)
    if not folder.exists():
        return "no such folder"
    if not folder.is_dir():
        return "this is a file, not a folder"
    return "" if os.access(folder, os.X_OK) else "you may not enter this folder"


def folder_path(text: str) -> Path:
    """Return the folder that was meant, as an absolute path."""
    try:
        return Path.cwd() / Path(text.strip() or ".").expanduser()
    except (RuntimeError, ValueError):  # no such user's home, or a NUL
        return Path(text.strip("\0") or ".")


def command_problem(command: str, folder: Path) -> str:
    """Return what is wrong with a command line, as far as that can be told without running it."""
    if not command.strip():
        return "a command is needed, like: python -u agent.py"
    try:
        words = shlex.split(command)
    except ValueError as error:
        return f"{error}".lower()
    program = words[0] if words else ""
    if set(program) & _SHELL_MARKS or program in _SHELL_WORDS:
        return ""  # the shell will know
    found = os.access(folder / program, os.X_OK) if "/" in program else shutil.which(program) is not None
    return "" if found else f"{program}: no such program"


def program_problem(program: str, hint: str) -> str:
    """Return what is missing for a backend whose program is `program`."""
    if not program or shutil.which(program) is not None:
        return ""
    return f"{program} is not installed" + (f": {hint}" if hint else "")


def parse_environment(text: str) -> tuple[Mapping[str, str], str]:
    """Return variables given one a line as KEY=value, and what is wrong with the first bad line."""
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        key, equals, value = line.partition("=")
        if not equals or not key.strip() or any(c.isspace() for c in key.strip()) or "\0" in line:
            return values, f"line {number}: expected KEY=value"
        values[key.strip()] = value
    return values, ""
