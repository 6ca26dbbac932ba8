"""Where an agent's output comes from: two FIFOs or a terminal, and what to do while the disk is full.

Imports next to nothing.
"""

import fcntl
import os
import select
import struct
import termios
import time
from contextlib import suppress

from descartes_tui.runner.model.layout import STDERR, STDOUT, TERMINAL
from descartes_tui.runner.process.child import Plumbing
from descartes_tui.runner.process.files import via
from descartes_tui.runner.process.pump import DiskFull, Pump, capacity, make_fifo

GATHER_SECONDS = 0.002


class Sources:
    """Owns the reading ends and the pump. `full` while the log cannot grow: the bytes then wait in the pipes."""

    def __init__(self, poll: "select.poll", directory: int, folder: str) -> None:
        self._poll, self._directory, self._folder = poll, directory, folder
        self.pump = Pump(directory)
        self.terminal = -1
        self.full = False
        self._hung_up = False
        self._moved_at, self._moved_to = 0.0, 0
        self._streams: dict[int, int] = {}

    @property
    def must_look_again(self) -> bool:
        """True while something can only be found out by trying."""
        return self.full or self._hung_up

    def open_pipes(self, stdin: int) -> Plumbing:
        """Make FIFOs that the agent opens for reading and writing: it outlives every reader of its output."""
        ends = []
        for name, stream in (("out", STDOUT), ("err", STDERR)):
            self._add(make_fifo(self._directory, name, self._folder), stream)
            ends.append(os.open(via(self._directory, self._folder, name), os.O_RDWR | os.O_CLOEXEC))
        return Plumbing(stdin, ends[0], ends[1])

    def open_terminal(self, rows: int, columns: int) -> Plumbing:
        """Make a pseudo-terminal whose master stays here."""
        self.terminal, slave = os.openpty()
        os.set_blocking(self.terminal, False)
        self.resize(rows, columns)
        self._add(self.terminal, TERMINAL)
        return Plumbing(slave, slave, slave, os.ttyname(slave))

    def resize(self, rows: int, columns: int) -> None:
        """Set the terminal's size; without a terminal, nothing happens."""
        if self.terminal >= 0:
            fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def attend(self, descriptor: int, events: int) -> None:
        """Move what a readable source holds."""
        if descriptor in self._streams:
            self._gather(descriptor)
            self._drain(descriptor)
            if events & select.POLLHUP and descriptor == self.terminal and not self.full:
                # no process has the terminal open: waiting for it would never sleep
                self._hung_up = True
                self._poll.unregister(descriptor)

    def drain(self) -> bool:
        """Move all that is there; True when every source is empty and the disk took it."""
        if self.full:
            return False
        empty = [self._drain(source) for source in self._streams]
        return all(empty) and not self.full

    def look_again(self) -> None:
        """Try what failed before: a full disk, a terminal that nobody had open."""
        if self.must_look_again:
            self.full = self._hung_up = False
            for source in self._streams:
                self._poll.register(source, select.POLLIN)
            self.drain()

    def _gather(self, descriptor: int) -> None:
        """Let small writes pile up while they come one on another's heels: the first is moved at once.

        Without this an agent that writes line by line costs a wake-up a line. A terminal is never kept waiting:
        it holds 4 KiB and its writer would stall.
        """
        now = time.monotonic()
        moved = self.pump.offset - self._moved_to
        ahead = moved < capacity(descriptor) // 2  # the writer does not fill the pipe while we wait
        if descriptor != self.terminal and now - self._moved_at < 2 * GATHER_SECONDS and ahead:
            time.sleep(GATHER_SECONDS)
        self._moved_at, self._moved_to = time.monotonic(), self.pump.offset

    def _add(self, source: int, stream: int) -> None:
        self._streams[source] = stream
        self._poll.register(source, select.POLLIN)

    def _drain(self, source: int) -> bool:
        """Move what one source holds, within bounds; True when it was emptied."""
        if self.full:
            return False
        try:
            return not self.pump.drain(source, self._streams[source])
        except DiskFull:
            self.full = True
            for waiting in self._streams:
                with suppress(KeyError):  # a terminal that had hung up
                    self._poll.unregister(waiting)
            return False
