"""The command `descartes-tui`: understands what was typed, does it, and ends with an honest exit code."""

import os
import sys
from collections.abc import Sequence

from descartes_tui.app.cli.deadline import deadline
from descartes_tui.app.cli.exit import CommandError, Exit
from descartes_tui.app.cli.output import complain
from descartes_tui.app.cli.parser import parse


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    try:
        code = _run(sys.argv[1:] if argv is None else argv)
        _flush()
        return code
    except CommandError as error:
        complain(str(error))
        return error.code
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return _leave_quietly()


def _run(argv: Sequence[str]) -> int:
    try:
        options, module = parse(argv)
    except SystemExit as end:  # --help and --version have printed what was asked for
        return end.code if isinstance(end.code, int) else Exit.OK
    with deadline(options):
        return module.run(options)


def _flush() -> None:
    if sys.stdout is not None:  # it is None when it was closed before we came to life
        sys.stdout.flush()


def _leave_quietly() -> int:
    """Whoever read our output has gone: say nothing, not even when the interpreter flushes at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return Exit.OK
