"""What an agent writes goes to its run's log: both streams in one file, in order of arrival."""

import asyncio
import os
import select
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from descartes_tui.runner.model.folders import INDEX, INDEX_RECORD, LOG, STDERR, STDOUT, STREAM_NAMES
from descartes_tui.runner.process.portable_threads import Wake, in_thread

CHUNK: Final = 1 << 20
RECORD_SECONDS: Final = 0.010
RECORD_BYTES: Final = 64 * 1024
RETRY_SECONDS: Final = 0.2
FINISH_SECONDS: Final = 2.0

_OPEN: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)


class GivenUp(Exception):
    """The disk did not take the bytes until nobody wanted to wait any longer."""


class RunLog:
    """The files `log` and `index` of one run, safe to append to from several threads.

    A record of the index is written before the bytes it speaks of. While the disk is full, `append` waits
    (and with it the agent), and `on_trouble` is told why, then "" when it is over.
    """

    def __init__(self, folder: Path, on_trouble: Callable[[str], None]) -> None:
        with ExitStack() as opened:
            self._log = os.open(folder / LOG, _OPEN, 0o600)
            opened.callback(os.close, self._log)
            self._index = os.open(folder / INDEX, _OPEN, 0o600)
            opened.pop_all()
        self._on_trouble = on_trouble
        self._lock = threading.Lock()
        self._given_up = threading.Event()
        self._trouble = self._closed = False
        self._recorded = (-1, 0, 0)  # stream, offset, nanoseconds of the newest record
        self.size = os.fstat(self._log).st_size  # bytes in the log

    def append(self, stream: int, data: bytes) -> None:
        """Write bytes that have just arrived; GivenUp after `give_up` where the disk does not take them."""
        with self._lock:
            if self._closed:
                raise GivenUp
            self._record(stream, time.time_ns())
            self._write(self._log, data)
            self.size += len(data)

    def _record(self, stream: int, now: int) -> None:
        last_stream, offset, at = self._recorded
        recent = 0 <= now - at < RECORD_SECONDS * 1e9 and self.size - offset < RECORD_BYTES
        if stream == last_stream and recent:
            return
        self._write(self._index, INDEX_RECORD.pack(self.size, now << 2 | stream))
        self._recorded = (stream, self.size, now)

    def _write(self, file: int, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(file, rest) :]
            except OSError as error:
                self._wait_for_room(error)
        if self._trouble:
            self._trouble = False
            self._on_trouble("")

    def _wait_for_room(self, error: OSError) -> None:
        if not self._trouble:
            self._trouble = True
            self._on_trouble(f"the log cannot be written ({os.strerror(error.errno or 0)}): the agent waits")
        if self._given_up.wait(RETRY_SECONDS):
            raise GivenUp

    @property
    def is_closed(self) -> bool:
        """True after `close`."""
        return self._closed

    def give_up(self) -> None:
        """Wait for the disk no longer: what does not fit is dropped."""
        self._given_up.set()

    def close(self) -> None:
        """Close both files."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._log)
                os.close(self._index)


class Copying:
    """Both streams of a run on their way to its log, a thread each. `start` is called in the event loop."""

    def __init__(self, log: RunLog, stdout: int, stderr: int) -> None:
        self._log = log
        self._pipes = {STDOUT: stdout, STDERR: stderr}
        self._wake = Wake()
        self._ends: list[asyncio.Future[None]] = []

    def start(self, *, then: Callable[[], None] = lambda: None) -> None:
        """Begin; `then` is called in the loop when both streams are at their end."""
        for stream, pipe in self._pipes.items():
            work = partial(copy_stream, pipe, stream, self._log, self._wake.reading)
            self._ends.append(in_thread(f"descartes-{STREAM_NAMES[stream]}", work))
        both = asyncio.gather(*self._ends, return_exceptions=True)
        both.add_done_callback(lambda _: self._let_go(then))

    def _let_go(self, then: Callable[[], None]) -> None:
        for pipe in self._pipes.values():
            os.close(pipe)
        self._pipes = {}
        self._wake.close()
        then()

    async def finish(self) -> None:
        """Copy what is there now, and end. Where pipes cannot be watched, wait FINISH_SECONDS at most."""
        self._wake.wake()
        if self._ends:
            await asyncio.wait(self._ends, timeout=FINISH_SECONDS if sys.platform == "win32" else None)

    def twin(self) -> "Copying | None":
        """Return another, not started, of the same pipes, for what comes after `finish`; None at their end."""
        if not self._pipes or sys.platform == "win32":
            return None
        return Copying(self._log, os.dup(self._pipes[STDOUT]), os.dup(self._pipes[STDERR]))


def copy_stream(pipe: int, stream: int, log: RunLog, wake: int) -> None:
    """Copy a pipe to the log until its end. Blocks: made for a thread of its own.

    When `wake` (the reading end of a pipe) is closed at its other end, what is there is read and that is
    all: somebody whom nobody can reach may hold the pipe open for ever. Windows pipes cannot be watched
    like that: there the copying ends with the pipe.
    """
    try:
        while _has_bytes(pipe, wake):
            data = os.read(pipe, CHUNK)
            if not data:
                return
            log.append(stream, data)
        _drain(pipe, stream, log)
    except GivenUp:
        return


def _has_bytes(pipe: int, wake: int) -> bool:
    """Wait for bytes or the end of the pipe: True. False when woken."""
    if sys.platform == "win32":
        return True
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    poll.register(wake, select.POLLIN)
    return wake not in dict(poll.poll())


def _drain(pipe: int, stream: int, log: RunLog) -> None:
    os.set_blocking(pipe, False)
    left = _capacity(pipe)
    while left > 0:
        try:
            data = os.read(pipe, CHUNK)
        except BlockingIOError:
            return
        if not data:
            return
        log.append(stream, data)
        left -= len(data)


def _capacity(pipe: int) -> int:
    """Return how many bytes can be in the pipe at once: reading more means that somebody still writes."""
    if sys.platform != "linux":
        return 64 * 1024
    import fcntl

    return fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
