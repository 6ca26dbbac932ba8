"""`supervisor`: run the supervisor by hand, under systemd or in a container."""

from argparse import ArgumentParser, Namespace

from descartes_tui.app.cli.exit import Exit
from descartes_tui.app.cli.link import connected
from descartes_tui.app.cli.output import print_json, say
from descartes_tui.app.cli.session import session_of


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Add what `supervisor` understands."""
    parser.add_argument(
        "--foreground", action="store_true", default=False, help="stay here until SIGTERM, SIGINT or `down`"
    )


def run(options: Namespace) -> int:
    """Run it here, or see to it that one runs in the background."""
    if options.foreground:
        from descartes_tui.runner.supervisor.main import run_supervisor

        return run_supervisor(session_of(options), foreground=True)
    with connected(options, start=True) as client:
        if options.json:
            print_json(client.hello)
        else:
            say(f"the supervisor of session {client.session!r} runs as pid {client.hello['pid']}", options)
    return Exit.OK
