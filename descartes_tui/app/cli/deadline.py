"""No command hangs: `--timeout` ends each of them, whatever it is waiting for."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from descartes_tui.app.cli.exit import CommandError, Exit

LATER: Final = (
    10.0  # seconds beyond the time that the supervisor itself was given, which has the better words
)
KEPT_BY_THE_SUPERVISOR: Final = frozenset(
    ("start", "stop", "restart", "pause", "resume", "kill", "signal", "rm", "wait", "down")
)
FOR_THEMSELVES: Final = frozenset(("open", "up"))  # a fleet that is being launched is not left half-way


def deadline(options: Namespace) -> AbstractContextManager[None]:
    """Raise CommandError in the block when the time of `--timeout` is over."""
    limit = getattr(options, "timeout", None)
    if not limit or options.verb in FOR_THEMSELVES:
        return nullcontext()
    return within(limit, options.verb, later=LATER if options.verb in KEPT_BY_THE_SUPERVISOR else 0.0)


@contextmanager
def within(limit: float, what: str, *, later: float = 0.0) -> Iterator[None]:
    """Raise CommandError `limit + later` seconds after the block began, if it still goes on."""
    import signal  # only commands with --timeout pay for it

    before = signal.signal(signal.SIGALRM, lambda *_: _give_up(what, limit))
    signal.setitimer(signal.ITIMER_REAL, limit + later)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _give_up(what: str, limit: float) -> None:
    raise CommandError(f"{what}: not done within {limit:g} s; give it more with --timeout", Exit.TIMED_OUT)
