"""Reading a file at any place, from systems that can do it in one call and from those that cannot."""

import os
from pathlib import Path


def open_for_reading(path: Path) -> int:
    """Return a descriptor that child processes do not inherit; OSError when the file cannot be opened."""
    return os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))


def read_at(fd: int, count: int, offset: int) -> bytes:
    """Return up to `count` bytes from `offset` on; fewer only where the file ends."""
    return os.pread(fd, count, offset)


def seek_and_read(fd: int, count: int, offset: int) -> bytes:
    """Like `read_at`, for systems without pread(2): not for descriptors that are shared between threads."""
    os.lseek(fd, offset, os.SEEK_SET)
    return os.read(fd, count)


if not hasattr(os, "pread"):
    read_at = seek_and_read
