"""Open the screen: on a fleet file that was named or is found here, or on what the session has."""

import sys
from argparse import ArgumentParser, Namespace

from descartes_tui.app.cli.fleet_files import add_variables
from descartes_tui.app.cli.link import connected
from descartes_tui.app.cli.session import fleet_file, session_of


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Add what may stand where no verb stands."""
    parser.add_argument("file", metavar="FLEET-FILE", nargs="?", help="launched before the screen opens")
    add_variables(parser)


def run(options: Namespace) -> int:
    """Launch the fleet file if there is one, then open the screen; without a terminal stream the output."""
    from descartes_tui.app.cli import up

    if fleet_file(options) is not None:
        return up.run(up.options_for(options))
    if not on_terminal():
        from descartes_tui.app.cli.parser import parse

        help_options, module = parse(["ps", *(["--session", options.session] if options.session else [])])
        return module.run(help_options)
    with connected(options, start=True) as client:
        session = client.session
    return open_screen(session)


def on_terminal() -> bool:
    """True when a person sits at both ends: keys can be read and a screen can be drawn."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def open_screen(session: str) -> int:
    """Show the screen until it is left. Textual is loaded here and nowhere else: it takes ten times as long."""
    from descartes_tui.app.main import run_screen

    return run_screen(session)


__all__ = ["add_arguments", "on_terminal", "open_screen", "run", "session_of"]
