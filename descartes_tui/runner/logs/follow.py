"""Waiting for an agent to write: told by the kernel where it can tell, else by looking 16 times a second."""

import asyncio
import math
import os
import platform
import select
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from descartes_tui.runner.logs import inotify

POLL: Final = 0.06  # seconds between two looks where the kernel does not tell

Look = tuple[int, int, int, int] | None


class Watcher:
    """Watches files, and folders in which a file or folder is to appear.

    `fd` is for `loop.add_reader`; call `drain` when it is readable. It is None where only looking helps: then
    `wait` and `changed`, which work everywhere, look themselves.
    """

    def __init__(self, *paths: str | Path, poll: bool = False) -> None:
        self.fd: int | None = None if poll or not kernel_tells() else _open_queue()
        self._watches: dict[str, int] = {}
        self._looks: dict[str, Look] = {}
        for path in paths:
            self.add(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, path: str | Path) -> None:
        """Watch one more file or folder; one that is not there yet is noticed when it appears."""
        name = str(path)
        self._looks[name] = _look(name)
        self._arm(name)

    def remove(self, path: str | Path) -> None:
        """Stop watching a path; one that is not watched is no error."""
        self._looks.pop(str(path), None)
        watch = self._watches.pop(str(path), None)
        if self.fd is not None and watch is not None and watch not in self._watches.values():
            inotify.remove_watch(self.fd, watch)

    def drain(self) -> set[Path]:
        """Return which of the watched paths changed since the last call, without waiting."""
        told = inotify.drain(self.fd) if self.fd is not None else set()
        changed = {name for name, watch in self._watches.items() if watch in told or -1 in told}
        for name, before in self._looks.items():
            if name in changed or name not in self._watches:
                self._looks[name] = now = _look(name)
                if now != before:
                    changed.add(name)
                    self._arm(name)
        return {Path(name) for name in changed}

    def wait(self, timeout: float | None = None) -> set[Path]:
        """Block until something changed and return what, or the empty set after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not (changed := self.drain()):
            left = self._next_wait(deadline)
            if left is not None and left < 0:
                break
            if self.fd is not None:
                _wait_for_fd(self.fd, left)
            elif left is not None:
                time.sleep(left)
        return changed

    async def changed(self, seconds: float | None = None) -> set[Path]:
        """Like `wait`, letting the event loop run."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not (changed := self.drain()):
            left = self._next_wait(deadline)
            if left is not None and left < 0:
                break
            await _readable(self.fd, left)
        return changed

    def close(self) -> None:
        """Let go of everything."""
        if self.fd is not None:
            os.close(self.fd)
        self.fd = None
        self._watches.clear()
        self._looks.clear()

    def _next_wait(self, deadline: float | None) -> float | None:
        """Return how long to sleep at most, None for ever, negative when the time is over."""
        left = None if deadline is None else deadline - time.monotonic()
        if self.fd is not None and len(self._watches) == len(self._looks):
            return left
        return POLL if left is None else min(POLL, left)

    def _arm(self, name: str) -> None:
        """Watch a path that is there; what cannot be watched is looked at instead."""
        if self.fd is None:
            return
        try:
            self._watches[name] = inotify.add_watch(self.fd, name)
        except OSError:
            self._watches.pop(name, None)


def _wait_for_fd(fd: int, seconds: float | None) -> None:
    poll = select.poll()  # select(2) knows no descriptor above 1023
    poll.register(fd, select.POLLIN)
    poll.poll(None if seconds is None else math.ceil(seconds * 1000))


async def _readable(fd: int | None, seconds: float | None) -> None:
    if fd is None:
        await asyncio.sleep(POLL if seconds is None else seconds)
        return
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(fd, _set, ready)
    try:
        await asyncio.wait([ready], timeout=seconds)
    finally:
        loop.remove_reader(fd)


def _set(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def kernel_tells() -> bool:
    """True on Linux 6.8 and newer: before, bytes moved into a file by splice(2) were not announced."""
    if not inotify.available():
        return False
    numbers = platform.release().split(".")[:2]
    return all(number.isdigit() for number in numbers) and tuple(map(int, numbers)) >= (6, 8)


def _open_queue() -> int | None:
    try:
        return inotify.open_queue()
    except OSError:
        return None  # too many for this user: looking still works


def _look(name: str) -> Look:
    try:
        now = Path(name).stat()
    except OSError:
        return None
    return now.st_ino, now.st_size, now.st_mtime_ns, now.st_nlink
