"""Exactly one supervisor per session: whoever holds this lock is it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_TRIES: Final = 5  # clients look at the lock by taking it for a moment
_PAUSE: Final = 0.02  # seconds


class Taken(Exception):
    """Another supervisor has the session; `pid` is its process, as far as it says."""

    def __init__(self, path: Path, pid: str) -> None:
        super().__init__(f"another supervisor (pid {pid or 'unknown'}) holds {path}")
        self.pid = pid


@contextmanager
def held_lock(path: Path) -> Iterator[None]:
    """Hold the lock while the block runs; Taken when somebody else does.

    The kernel lets go of it however the process ends, and no child inherits it.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _take(handle, path)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def _take(handle: int, path: Path) -> None:
    for left in reversed(range(_TRIES)):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not left:
                raise Taken(path, os.pread(handle, 32, 0).decode(errors="replace").strip()) from None
        time.sleep(_PAUSE)
