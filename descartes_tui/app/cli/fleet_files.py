"""`validate` and `init`: check a fleet file, or write one to start from."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from descartes_tui.app.cli.exit import CommandError, Exit
from descartes_tui.app.cli.output import print_json, say
from descartes_tui.app.cli.session import needed_fleet_file

if TYPE_CHECKING:
    from descartes_tui.runner.model.config import FleetConfig


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Add what `validate` and `init` understand."""
    default = "agents.yaml" if verb == "init" else None
    parser.add_argument("file", metavar="FILE", nargs="?", default=default, help="(default: agents.yaml)")
    if verb == "validate":
        add_variables(parser)


def add_variables(parser: ArgumentParser) -> None:
    """Add `--var K=V`, for every verb that reads a fleet file."""
    parser.add_argument("--var", action="append", default=[], metavar="K=V", help="value of ${K} in the file")


def run(options: Namespace) -> int:
    """Check or write the file."""
    return _init(Path(options.file), options) if options.verb == "init" else _validate(options)


def _validate(options: Namespace) -> int:
    file = needed_fleet_file(options)
    fleet, problems = _read(file, options)
    if options.json:
        print_json(
            {
                "ok": fleet is not None,
                "agents": [agent.name for agent in fleet.agents] if fleet else [],
                "problems": problems,
                "warnings": list(fleet.warnings) if fleet else [],
            }
        )
    elif fleet is None:
        for problem in problems:
            print(problem["text"])
    else:
        warn(fleet, options)
        print(f"ok: {_count(len(fleet.agents), 'agent')}")
    if fleet is None:
        raise CommandError(f"{file}: {_count(len(problems), 'problem')}; nothing would start", Exit.USAGE)
    return Exit.OK


def load(file: Path, options: Namespace) -> "FleetConfig":
    """Return the fleet of a file; every problem goes to stderr, then CommandError."""
    fleet, problems = _read(file, options)
    if fleet is None:
        for problem in problems:
            say(problem["text"])
        raise CommandError(f"{file}: {_count(len(problems), 'problem')}; nothing was started", Exit.USAGE)
    warn(fleet, options)
    return fleet


def warn(fleet: "FleetConfig", options: Namespace) -> None:
    """Tell what is odd in a file and forbids nothing."""
    for warning in fleet.warnings:
        say(f"warning: {warning}", options)


def _read(file: Path, options: Namespace) -> "tuple[FleetConfig | None, list[dict[str, Any]]]":
    from descartes_tui.runner.fleet_file import load_fleet
    from descartes_tui.runner.model.errors import FleetFileError

    try:
        return load_fleet(file, variables=_variables(options), env=os.environ), []
    except FleetFileError as error:
        return None, [
            {
                "file": problem.file,
                "line": problem.line,
                "column": problem.column,
                "path": problem.path,
                "message": problem.message,
                "text": str(problem),
            }
            for problem in error.problems
        ]


def _variables(options: Namespace) -> dict[str, str]:
    variables = {}
    for pair in options.var:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise CommandError(f"--var {pair!r}: expected K=V", Exit.USAGE)
        variables[key] = value
    return variables


def _init(file: Path, options: Namespace) -> int:
    from descartes_tui.runner.fleet_file import example_text

    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(example_text())
    except FileExistsError:
        raise CommandError(f"{file} exists already; remove it or name another file", Exit.REFUSED) from None
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}; name a file in a folder that can be written") from None
    say(
        f"wrote {file}; launch it with `descartes-tui up{'' if file.name == 'agents.yaml' else f' -f {file}'}`",
        options,
    )
    return Exit.OK


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
