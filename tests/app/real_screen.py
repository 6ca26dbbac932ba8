"""The real program on a real terminal: keys go in as bytes, what a person would see comes out as rows."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyte

from tests.waiting import wait_until

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "down": "\x1b[B",
    "up": "\x1b[A",
    "tab": "\t",
    "ctrl+p": "\x10",
    "end": "\x1b[F",
}


class RealScreen:
    """A pseudo-terminal with the program in it."""

    def __init__(self, argv: list[str], folder: Path, env: Mapping[str, str], size: tuple[int, int]) -> None:
        columns, rows = size
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.set_blocking(self._master, False)
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        self.process = subprocess.Popen(
            argv, cwd=folder, env={**env, "TERM": "xterm-256color"}, stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True, close_fds=True,
        )  # fmt: skip
        os.close(slave)

    def press(self, *keys: str) -> None:
        """Type keys by name, or text as it is."""
        for key in keys:
            os.write(self._master, KEYS.get(key, key).encode())

    def rows(self) -> list[str]:
        """Return what is on the screen now."""
        try:
            while data := os.read(self._master, 1 << 16):
                self.raw += data
                self._stream.feed(data)
        except (BlockingIOError, OSError):
            pass
        return [line.rstrip() for line in self._screen.display]

    def wait_for(self, text: str, *, within: float = 20.0) -> str:
        """Return the first row that holds `text`, once there is one; fail with the whole screen."""
        try:
            wait_until(
                f"{text!r} on the screen", lambda: any(text in row for row in self.rows()), within=within
            )
        except AssertionError as failure:
            raise AssertionError(f"{failure}:\n" + "\n".join(self.rows())) from None
        return next(row for row in self.rows() if text in row)

    def wait_end(self, *, within: float = 20.0) -> int:
        """Return the exit code, once the program has ended."""
        wait_until(
            "end of the program", lambda: (self.rows(), self.process.poll() is not None)[1], within=within
        )
        return self.process.returncode

    def lose_terminal(self) -> None:
        """Close the terminal's other end, as a connection that breaks does."""
        os.close(self._master)
        self._master = -1

    def close(self) -> None:
        """End what is left."""
        self.process.kill()
        self.process.wait()
        if self._master >= 0:
            os.close(self._master)


@contextmanager
def real_screen(
    folder: Path, env: Mapping[str, str], *arguments: str, size: tuple[int, int] = (120, 36)
) -> Iterator[RealScreen]:
    """Give the program, started in `folder` with these arguments."""
    screen = RealScreen([sys.executable, "-m", "descartes_tui", *arguments], folder, env, size)
    try:
        yield screen
    finally:
        screen.close()
