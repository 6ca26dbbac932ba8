"""`backends`: the kinds of agents that can be started, and which of their programs are here."""

import os
import sys
from argparse import ArgumentParser, Namespace

from descartes_tui.app.cli.exit import Exit
from descartes_tui.app.cli.output import print_json, say, wants_colour, width_of
from descartes_tui.app.cli.render import UNKNOWN, table


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Nothing beyond the options of every verb."""


def run(options: Namespace) -> int:
    """Print one line for each kind."""
    from descartes_tui.runner.backends.registry import backend_problems, backends, find_program

    kinds = [(backend, find_program(backend, os.environ)) for backend in backends().values()]
    if options.json:
        print_json(
            [
                {
                    "name": backend.name,
                    "program": backend.program or None,
                    "path": path,
                    "available": bool(path) or not backend.program,
                    "install": backend.install_hint or None,
                }
                for backend, path in kinds
            ]
        )
    else:
        rows = [
            (
                backend.name,
                "✓ ready" if path or not backend.program else "✗ missing",
                path or backend.install_hint or UNKNOWN,
            )
            for backend, path in kinds
        ]
        header = ("BACKEND", "PROGRAM", "WHERE, OR HOW TO GET IT")
        print(table(header, rows, width_of(sys.stdout), colour=wants_colour(options, sys.stdout)))
    for problem in backend_problems():
        say(f"warning: {problem}", options)
    return Exit.OK
