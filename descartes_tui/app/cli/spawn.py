"""`spawn`: start one agent from the command line and print its id."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, Final

from descartes_tui.app.cli.exit import CommandError, Exit
from descartes_tui.app.cli.link import ask
from descartes_tui.app.cli.output import print_json, say

WORDS: Final = ("model", "system_prompt", "context")
EPILOG: Final = """\
examples:
  descartes-tui spawn poet claude "Write a poem"
  descartes-tui spawn poet claude "Write a poem" --model opus --cwd ~/poems
  descartes-tui spawn tests --restart on-failure -e CI=1 -- make test
"""


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Add what `spawn` understands; the command after `--` has been taken off before."""
    parser.usage = (
        "descartes-tui spawn [options] NAME BACKEND TASK\n"
        "       descartes-tui spawn [options] NAME -- CMD [ARG …]"
    )
    parser.epilog = EPILOG
    add = parser.add_argument
    add("name", metavar="NAME", help="unique in the session: letters, digits, . _ -")
    add(
        "backend", metavar="BACKEND", nargs="?", default=None, help="claude, codex, opencode, gemini, aider …"
    )
    add("task", metavar="TASK", nargs="*", default=[], help="what the agent is to do")
    add("--model", default="", help="which model the backend is to use")
    add("--system-prompt", default="", metavar="TEXT", help="instructions before the task")
    add("--context", default="", metavar="TEXT", help="passed in the environment as AGENT_CONTEXT")
    add("--cwd", default=None, metavar="FOLDER", help="where it runs (default: here)")
    add(
        "-e",
        "--env",
        action="append",
        default=[],
        metavar="K=V",
        help="add to its environment; K alone: from ours",
    )
    add("--env-file", action="append", default=[], metavar="FILE", help="add the K=V lines of a file")
    add("--tty", action="store_true", default=False, help="give it a terminal instead of pipes")
    add(
        "--stdin",
        choices=("null", "pipe"),
        default=None,
        help="`pipe` lets `send` write to it (default: null)",
    )
    add("--restart", choices=("never", "on-failure", "always"), default="never", help="(default: never)")
    add("--tag", action="append", default=[], metavar="T", help="a label to choose it by")


def run(options: Namespace) -> int:
    """Start the agent, and the supervisor when none runs."""
    agent = ask(options, "spawn", start=True, config=_config(options), env=own_environment())
    if options.json:
        print_json(agent)
    else:
        print(agent["id"])
        if agent["status"] == "idle" and agent["reason"]:
            say(f"{agent['name']} waits: {agent['reason']}", options)
    return Exit.OK


def own_environment() -> dict[str, str]:
    """Return the whole environment of this command: agents get it."""
    from descartes_tui.runner.wire.client import sendable

    return sendable(os.environ)


def _config(options: Namespace) -> dict[str, Any]:
    config: dict[str, Any] = {
        "name": options.name,
        "backend": options.backend or "command",
        "task": " ".join(options.task),
        "command": options.command or [],
        "working_dir": str(_folder(options.cwd)),
        "environment": _environment(options),
        "tty": options.tty,
        "stdin": options.stdin or "null",
        "restart": {"when": options.restart},
        "tags": options.tag,
        **{key: getattr(options, key) for key in WORDS},
    }
    _check_what_to_run(options)
    return config


def _check_what_to_run(options: Namespace) -> None:
    if options.command is None and options.backend is None:
        raise CommandError("nothing to run; give BACKEND and TASK, or a command after `--`", Exit.USAGE)
    if options.command is not None and options.backend not in (None, "command"):
        raise CommandError(
            f"both backend {options.backend!r} and a command after `--`; give one of them", Exit.USAGE
        )
    if options.command == []:
        raise CommandError("no command after `--`; give the program and its arguments", Exit.USAGE)
    if options.backend == "command" and options.command is None:
        raise CommandError("backend `command` needs its command after `--`", Exit.USAGE)


def _folder(cwd: str | None) -> Path:
    folder = Path(cwd).expanduser().absolute() if cwd else Path.cwd()
    if not folder.is_dir():
        raise CommandError(f"--cwd {cwd!r} is no folder; create it or name another", Exit.USAGE)
    return folder


def _environment(options: Namespace) -> dict[str, str]:
    values: dict[str, str] = {}
    for file in options.env_file:
        values |= _env_file(Path(file))
    for pair in options.env:
        key, equals, value = pair.partition("=")
        if not key or (not equals and key not in os.environ):
            raise CommandError(
                f"-e {pair!r}: expected K=V, or the name of a variable that is set", Exit.USAGE
            )
        values[key] = value if equals else os.environ[key]
    return values


def _env_file(file: Path) -> dict[str, str]:
    from descartes_tui.runner.fleet_file.env_file import read_env_file
    from descartes_tui.runner.fleet_file.nodes import Place
    from descartes_tui.runner.fleet_file.report import Report

    report = Report(str(file))
    values = read_env_file(file, Place(1, 1), "--env-file", report)
    if report.problems:
        raise CommandError("; ".join(map(str, report.problems)), Exit.USAGE)
    return values
