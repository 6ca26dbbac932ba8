"""The way of a byte from the agent to its log: moved by the kernel, looked at by nobody.

Each stream is a FIFO that the agent holds open for reading too, so it never meets SIGPIPE, and splice(2) takes
bytes out of the FIFO only when they are in the file: killing the mover at any moment loses nothing. Before bytes
are moved, the index notes from which offset on they came, when, and from which stream. Imports next to nothing.
"""

import errno
import fcntl
import os
import sys
import termios
import time
from contextlib import suppress

from descartes_tui.runner.model.layout import INDEX, INDEX_RECORD, LOG, TERMINAL
from descartes_tui.runner.process.files import via

CHUNK = 1 << 20
FIFO_BYTES = 1 << 18
NOTE_BYTES, NOTE_NANOSECONDS = 1 << 16, 10_000_000
F_SETPIPE_SZ, F_GETPIPE_SZ = 1031, 1032  # Linux; elsewhere fcntl(2) refuses them
FULL = (errno.ENOSPC, errno.EDQUOT)
NOT_HERE = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


class DiskFull(Exception):
    """The log cannot grow; the bytes are still where they were."""


class Pump:
    """Owns the log and the index of one run. `directory` is an open descriptor of the run's folder."""

    def __init__(self, directory: int) -> None:
        flags = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        self._log = os.open(LOG, flags, 0o600, dir_fd=directory)
        self._index = os.open(INDEX, flags | os.O_APPEND, 0o600, dir_fd=directory)
        self.offset = os.fstat(self._log).st_size
        self._noted_offset, self._noted_time, self._noted_stream = -NOTE_BYTES, 0, -1
        self._splices = hasattr(os, "splice")

    def drain(self, source: int, stream: int, limit: int = CHUNK) -> bool:
        """Move what is there, at most about `limit` bytes; True when there may be more. Raises DiskFull."""
        moved = 0
        while moved < limit:
            try:
                count = self._move(source, stream, limit)
            except BlockingIOError:
                return False
            except OSError as error:
                if error.errno in FULL:
                    raise DiskFull from error
                if error.errno == errno.EIO and stream == TERMINAL:
                    return False  # no process has the terminal open now
                raise
            if count == 0:
                return False
            self.offset += count
            moved += count
        return True

    def close(self) -> None:
        """Let go of both files."""
        os.close(self._log)
        os.close(self._index)

    def _move(self, source: int, stream: int, limit: int) -> int:
        """Move bytes from `source` to the end of the log; return how many."""
        if stream == TERMINAL:
            return self._copy(source, stream)
        if not _waiting(source):
            return 0
        if self._splices:
            self._note(stream)
            try:
                return os.splice(
                    source, self._log, limit, offset_dst=self.offset, flags=2
                )  # SPLICE_F_NONBLOCK
            except OSError as error:
                if error.errno not in NOT_HERE:
                    raise
                self._splices = False  # a file system without splice
        return self._copy(source, stream)

    def _copy(self, source: int, stream: int) -> int:
        """Read, then write: for terminals, and where splice is missing.

        What has been read but not written is lost if we are killed in between. A terminal has to be read to
        know what it holds: only read(2) waits for what the line discipline has not passed on yet.
        """
        if os.statvfs(self._log).f_bavail == 0:
            raise OSError(errno.ENOSPC, "no space")
        data = os.read(source, FIFO_BYTES)
        if data:
            with suppress(OSError):  # without room for its record the chunk counts as one with those before
                self._note(stream)
        done = 0
        while done < len(data):
            try:
                done += os.pwrite(self._log, data[done:], self.offset + done)
            except OSError as error:
                if error.errno not in FULL:
                    raise
                time.sleep(0.2)  # these bytes are in our hands: wait for room with them
        return done

    def _note(self, stream: int) -> None:
        """Write an index record where the stream changed, or bytes or time went on far enough."""
        now = time.time_ns()
        if (
            stream != self._noted_stream
            or self.offset - self._noted_offset >= NOTE_BYTES
            or now - self._noted_time >= NOTE_NANOSECONDS
        ):
            os.write(self._index, INDEX_RECORD.pack(self.offset, now << 2 | stream))
            self._noted_offset, self._noted_time, self._noted_stream = self.offset, now, stream


def capacity(source: int) -> int:
    """Return how many bytes a pipe holds (F_GETPIPE_SZ, fcntl(2)); the smallest usual size where unknown."""
    try:
        return fcntl.fcntl(source, F_GETPIPE_SZ)
    except OSError:
        return 1 << 14


def _waiting(source: int) -> int:
    """Return how many bytes can be read (FIONREAD, ioctl_tty(2)): an index record is due only if there are any."""
    return int.from_bytes(fcntl.ioctl(source, termios.FIONREAD, b"\0\0\0\0"), sys.byteorder)


def make_fifo(directory: int, name: str, folder: str) -> int:
    """Create a FIFO in the run's folder and return a non-blocking descriptor that holds it open."""
    path = via(directory, folder, name)
    os.mkfifo(path, 0o600)
    descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    with suppress(OSError):  # past the user's share of pipe memory the kernel's default has to do
        fcntl.fcntl(descriptor, F_SETPIPE_SZ, FIFO_BYTES)
    return descriptor
