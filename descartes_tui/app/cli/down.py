"""`down`: stop every agent of the session, then its supervisor."""

from argparse import ArgumentParser, Namespace

from descartes_tui.app.cli.exit import Exit
from descartes_tui.app.cli.link import ask
from descartes_tui.app.cli.output import print_json

TIME_TO_STOP = 60.0  # seconds, when --timeout says nothing else


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Nothing beyond --timeout: the time agents are given before they are killed."""
    parser.set_defaults(timeout=TIME_TO_STOP)
    parser.add_argument("-f", "--file", metavar="FILE", help="of the session of this fleet file")


def run(options: Namespace) -> int:
    """Stop, and tell which agents had to be killed."""
    report = ask(options, "down")
    if options.json:
        print_json(report)
    elif not options.quiet:
        killed = set(report["killed"])
        for name in [
            *report["stopped"],
            *(name for name in report["killed"] if name not in report["stopped"]),
        ]:
            print(f"{name}: {'killed' if name in killed else 'terminated'}")
    return Exit.OK
