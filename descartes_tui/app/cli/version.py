"""`version`: which version this is, and which the running supervisor is."""

import sys
from argparse import ArgumentParser, Namespace

from descartes_tui import __version__
from descartes_tui.app.cli.exit import Exit
from descartes_tui.app.cli.output import print_json


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Nothing beyond the options of every verb."""


def run(options: Namespace) -> int:
    """Print the version."""
    python = ".".join(map(str, sys.version_info[:3]))
    if options.json:
        print_json({"version": __version__, "python": python, "platform": sys.platform})
    else:
        print(
            f"descartes-tui {__version__}"
            + (f" (Python {python}, {sys.platform})" if options.verbose else "")
        )
    return Exit.OK
