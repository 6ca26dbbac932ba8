"""No command hangs: `--timeout` ends each of them, whatever it is waiting for."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from descartes_tui.app.cli.exit import CommandError, Exit

LATER: Final = (
    10.0  # seconds beyond the time that the supervisor itself was given, which has the better words
)
KEPT_BY_THE_SUPERVISOR: Final = frozenset(
    ("start", "stop", "restart", "pause", "resume", "kill", "signal", "rm", "wait", "down")
)


@contextmanager
def deadline(options: Namespace) -> Iterator[None]:
    """Raise CommandError in the block when the time of `--timeout` is over."""
    limit = getattr(options, "timeout", None)
    if not limit or options.verb == "open":
        yield
        return
    import signal  # only commands with --timeout pay for it

    before = signal.signal(signal.SIGALRM, lambda *_: _give_up(options.verb, limit))
    signal.setitimer(signal.ITIMER_REAL, limit + (LATER if options.verb in KEPT_BY_THE_SUPERVISOR else 0))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _give_up(verb: str, limit: float) -> None:
    raise CommandError(f"{verb}: not done within {limit:g} s; give it more with --timeout", Exit.TIMED_OUT)
