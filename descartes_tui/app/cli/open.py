"""No verb: open the screen, on a fleet file that was named or is found here, or on what the session has."""

from argparse import ArgumentParser, Namespace

from descartes_tui.app.cli import up
from descartes_tui.app.cli.fleet_files import add_variables
from descartes_tui.app.cli.link import ANSWER_WITHIN, connected
from descartes_tui.app.cli.screen import on_terminal, open_screen
from descartes_tui.app.cli.session import fleet_file


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Add what may stand where no verb stands."""
    parser.add_argument(
        "file", metavar="FLEET-FILE", nargs="?", default=None, help="launched before it opens"
    )
    add_variables(parser)


def run(options: Namespace) -> int:
    """Launch the fleet file, unless its fleet is there to be rejoined, and open the screen.

    Without a terminal it is a plain `up`.
    """
    if options.file is not None or not on_terminal():
        return up.run(up.options_for(options))
    with connected(options, start=True) as client:
        session, agents = client.session, client.call("list", timeout=ANSWER_WITHIN, all=True)
    if not agents and fleet_file(options) is not None:
        return up.run(up.options_for(options))
    return open_screen(session)
