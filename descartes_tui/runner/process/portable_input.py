"""What is sent to an agent's stdin waits in a bounded queue: a deaf agent blocks nobody."""

import os
import select
import sys
import threading
from collections import deque
from typing import Final

from descartes_tui.runner.model.errors import CommunicationError

LIMIT: Final = 1 << 20


class InputQueue:
    """Bytes on their way into a pipe, at most LIMIT; a thread that lives while there are some writes them."""

    def __init__(self, pipe: int, wake: int) -> None:
        self._pipe, self._wake = pipe, wake
        self._chunks: deque[bytes] = deque()
        self._waiting = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = self._closed = self._broken = False
        if sys.platform != "win32":
            os.set_blocking(pipe, False)

    def write(self, data: bytes) -> None:
        """Queue bytes; CommunicationError when stdin is closed or they do not fit. Never blocks."""
        with self._lock:
            if self._broken:
                raise CommunicationError("the agent has closed its stdin")
            if self._closing or self._closed:
                raise CommunicationError("stdin is closed")
            if self._waiting + len(data) > LIMIT:
                raise CommunicationError(
                    f"stdin is full: {self._waiting} bytes wait for the agent to read them, "
                    f"{len(data)} more were refused (limit {LIMIT})"
                )
            if data:
                self._chunks.append(data)
                self._waiting += len(data)
                self._work()

    def close(self) -> None:
        """Close stdin after what is queued; again: nothing."""
        with self._lock:
            self._closing = True
            if self._thread is None:  # then nothing is queued
                self._close_pipe()

    def _work(self) -> None:
        """Start the thread where none works; the lock is held."""
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._write_all, name="descartes-stdin", daemon=True)
            self._thread.start()

    def _write_all(self) -> None:
        while (chunk := self._take()) is not None:
            try:
                self._write_one(chunk)
            except OSError:
                self._break()

    def _take(self) -> bytes | None:
        """Return the next bytes; None when there are none, and then the thread is over."""
        with self._lock:
            if self._chunks and not self._closed:
                return self._chunks.popleft()
            self._thread = None
            if self._closing:
                self._close_pipe()
            return None

    def _write_one(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        while rest:
            self._wait_for_room()
            try:
                count = os.write(self._pipe, rest)
            except BlockingIOError:
                continue
            rest = rest[count:]
            with self._lock:
                self._waiting -= count

    def _wait_for_room(self) -> None:
        if sys.platform == "win32":
            return
        poll = select.poll()
        poll.register(self._pipe, select.POLLOUT)
        poll.register(self._wake, select.POLLIN)
        if self._wake in dict(poll.poll()):
            raise BrokenPipeError

    def _break(self) -> None:
        """Nobody will read any more: drop what waits."""
        with self._lock:
            self._broken = self._closing = True
            self._chunks.clear()
            self._waiting = 0

    def _close_pipe(self) -> None:
        if not self._closed:
            self._closed = True
            os.close(self._pipe)

    def join(self) -> None:
        """Close stdin now; what is still queued is dropped. The thread must have been woken."""
        self._break()
        thread = self._thread
        if thread is not None and sys.platform != "win32":
            thread.join()
        with self._lock:
            if self._thread is None:
                self._close_pipe()
