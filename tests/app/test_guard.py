"""The guard on a real terminal: whatever ends the screen, the terminal is mended and the code is passed on."""

import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from descartes_tui.app.guard import MEND
from tests.waiting import wait_until

SCREEN = """
import os, signal, sys, time, tty
from descartes_tui.app.guard import guarded

def show():
    tty.setraw(0)
    os.write(2, b"\\x1b[?1049h\\x1b[?1003hREADY %d " % os.getpid())
    {body}

sys.exit(guarded(show))
"""


class Terminal:
    """A pseudo-terminal with a guarded screen in it."""

    def __init__(self, body: str) -> None:
        self.master, slave = pty.openpty()
        os.set_blocking(self.master, False)
        self.slave = slave
        self.before = termios.tcgetattr(slave)
        self.seen = b""
        code = SCREEN.format(body=body)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )

    def read(self) -> bytes:
        """Return everything that was written so far."""
        try:
            while data := os.read(self.master, 65536):
                self.seen += data
        except (BlockingIOError, OSError):
            pass
        return self.seen

    def screen_pid(self) -> int:
        """Return the pid of the screen, once it is there."""
        wait_until("screen", lambda: b"READY" in self.read() and self.seen.split(b"READY ")[1].count(b" "))
        return int(self.seen.split(b"READY ")[1].split()[0])

    def ended(self) -> int:
        """Return the guard's exit code, once it has ended."""
        wait_until("end", lambda: (self.read(), self.process.poll() is not None)[1], within=10)
        self.read()
        return self.process.returncode

    def is_mended(self) -> bool:
        """True when modes and settings are those of before."""
        return MEND in self.read() and termios.tcgetattr(self.slave) == self.before


@contextmanager
def terminal(body: str) -> Iterator[Terminal]:
    """Give a terminal; nothing of it is left afterwards."""
    it = Terminal(body)
    try:
        yield it
    finally:
        it.process.kill()
        it.process.wait()
        os.close(it.master)
        os.close(it.slave)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGHUP])
def test_a_screen_that_is_ended_by_a_signal_is_mended_after(number: signal.Signals) -> None:
    with terminal("time.sleep(60)") as it:
        os.kill(it.screen_pid(), number)
        assert it.ended() == 128 + number
        assert it.is_mended()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_guard_is_passed_on(number: signal.Signals) -> None:
    with terminal(f"signal.signal({number:d}, lambda *_: os._exit(128 + {number:d})); time.sleep(60)") as it:
        it.screen_pid()
        it.process.send_signal(number)
        assert it.ended() == 128 + number
        assert it.is_mended()


def test_a_screen_that_does_not_listen_is_killed() -> None:
    with terminal("signal.signal(15, signal.SIG_IGN); os.write(2, b' deaf'); time.sleep(60)") as it:
        wait_until("deaf", lambda: b"deaf" in it.read())
        it.process.send_signal(signal.SIGTERM)
        assert it.ended() == 128 + signal.SIGKILL
        assert it.is_mended()


@pytest.mark.parametrize("body", ["return 0", "return 7", "sys.exit(7)"])
def test_the_exit_code_is_passed_on_and_a_clean_end_is_left_alone(body: str) -> None:
    with terminal(body) as it:
        assert it.ended() == (0 if "0" in body else 7)
        assert MEND not in it.read()


def test_an_exception_is_told_and_fails() -> None:
    with terminal("raise RuntimeError('no luck')") as it:
        assert it.ended() == 1
        assert b"no luck" in it.read()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent death signal")
def test_a_screen_does_not_outlive_its_guard() -> None:
    with terminal("time.sleep(60)") as it:
        screen = it.screen_pid()
        it.process.kill()
        wait_until("end of the screen", lambda: not _lives(screen))


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
