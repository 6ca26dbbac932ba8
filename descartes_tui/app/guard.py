"""The guard: a small parent that mends the terminal if the screen ends without doing so itself."""

import ctypes
import os
import signal
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

MEND: Final = (
    b"\x1b[<u"  # keyboard protocol, before the alternate screen is left
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # mouse
    b"\x1b[?1004l\x1b[?2004l\x1b[?2026l\x1b[?2048l"  # focus, paste, synchronised output, resize reports
    b"\x1b[?1049l\x1b[?7h\x1b[?25h\x1b[0m"  # alternate screen, line wrap, cursor, colours
)
_PATIENCE: Final = 2  # seconds that the screen has for ending after TERM or HUP
_SET_PARENT_DEATH_SIGNAL: Final = 1  # PR_SET_PDEATHSIG of prctl(2)


def guarded(show: Callable[[], int]) -> int:
    """Run `show` in a child and return its exit code; 128 + signal, with the terminal mended, if one ended it.

    TERM and HUP are passed on; a child that does not end then is killed. When the child stops itself, so does
    the guard, so that the shell takes over; `fg` wakes both.
    """
    modes = _terminal_modes()
    guard = os.getpid()
    child = os.fork()
    if child == 0:
        _be_the_child(guard, show)
    _pass_on_signals(child)
    status = _wait(child)
    if os.WIFSIGNALED(status):
        _mend(modes)
        return 128 + os.WTERMSIG(status)
    code = os.WEXITSTATUS(status)
    if code > 128:
        _mend(modes)
    return code


def _be_the_child(guard: int, show: Callable[[], int]) -> None:
    code = 1
    try:
        _end_with(guard)
        code = show()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _end_with(guard: int) -> None:
    """Ask the kernel to end the screen when its guard is killed; without Linux it goes on unguarded."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
        if os.getppid() != guard:
            os._exit(128 + signal.SIGTERM)


def _pass_on_signals(child: int) -> None:
    def pass_on(number: int, _frame: Any) -> None:
        _send(child, number)
        signal.alarm(_PATIENCE)

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGHUP, pass_on)
    signal.signal(signal.SIGALRM, lambda *_: _send(child, signal.SIGKILL))
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP):
        signal.signal(number, signal.SIG_IGN)


def _send(child: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, number)


def _wait(child: int) -> int:
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            signal.alarm(0)
            return status
        os.kill(os.getpid(), signal.SIGSTOP)
        _send(child, signal.SIGCONT)


def _terminal_modes() -> list[Any] | None:
    try:
        return termios.tcgetattr(sys.__stdin__.fileno()) if sys.__stdin__ else None
    except (OSError, ValueError, termios.error):
        return None


def _mend(modes: list[Any] | None) -> None:
    """Undo whatever a terminal program may have switched on; a terminal that is gone is no error."""
    if modes is None or sys.__stdin__ is None:
        return
    with suppress(OSError):
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, MEND)
    with suppress(OSError, termios.error):
        termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSAFLUSH, modes)
