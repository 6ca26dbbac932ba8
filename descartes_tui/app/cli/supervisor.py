"""`supervisor`: be the supervisor of a session, under systemd, in a container, or started by a command."""

from argparse import ArgumentParser, Namespace

from descartes_tui.app.cli.session import session_of

EPILOG = """\
Other commands start it by themselves; this is for running it by hand. It ends with `descartes-tui down`, which
stops the agents, or with SIGTERM or SIGINT, which leaves them alive for the next supervisor to take up.
"""


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Add what `supervisor` understands."""
    parser.epilog = EPILOG
    parser.add_argument(
        "--foreground", action="store_true", default=False, help="log to stderr instead of supervisor.log"
    )


def run(options: Namespace) -> int:
    """Serve until `down` or a signal; 1 when another supervisor has the session."""
    from descartes_tui.runner.supervisor.main import run_supervisor

    return run_supervisor(session_of(options), foreground=options.foreground)
