"""The command `descartes-tui`: understands what was typed, does it, and ends with an honest exit code."""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from descartes_tui.app.cli.deadline import deadline
from descartes_tui.app.cli.exit import CommandError, Exit
from descartes_tui.app.cli.output import complain
from descartes_tui.app.cli.parser import parse


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    _print_whatever_comes()
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
        _forget_output()  # whoever read it has gone: nothing to say
        return Exit.OK
    except OSError as error:
        _forget_output()
        complain(": ".join(str(part) for part in (error.filename, error.strerror or error) if part))
        return Exit.FAILED


def _print_whatever_comes() -> None:
    """Let a character that the terminal's encoding lacks be written as an escape, not end the command."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


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


def _forget_output() -> None:
    """Let what could not be written go, so that the interpreter does not try again at its end."""
    if sys.stdout is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
