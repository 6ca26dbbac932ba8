"""Being told by the kernel that a file or folder changed: inotify(7), without any package."""

import ctypes
import os
import struct
import sys
from typing import Final

MODIFY, MOVED_TO, CREATE, DELETE, DELETE_SELF, MOVE_SELF = 0x2, 0x80, 0x100, 0x200, 0x400, 0x800
_MASK: Final = MODIFY | MOVED_TO | CREATE | DELETE | DELETE_SELF | MOVE_SELF
_EVENT: Final = struct.Struct("iIII")

if sys.platform == "linux":
    _libc = ctypes.CDLL(None, use_errno=True)


def available() -> bool:
    """True where the system's C library offers inotify."""
    return sys.platform == "linux" and hasattr(_libc, "inotify_init1")


def open_queue() -> int:
    """Return a descriptor, readable when something watched changed; OSError when there are too many."""
    fd: int = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "inotify_init1")
    return fd


def add_watch(fd: int, path: str) -> int:
    """Watch a file, or a folder and the names in it; OSError when it is not there or there are too many."""
    watch: int = _libc.inotify_add_watch(fd, os.fsencode(path), _MASK)
    if watch < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    return watch


def remove_watch(fd: int, watch: int) -> None:
    """Stop watching; one that the kernel dropped by itself is no error."""
    _libc.inotify_rm_watch(fd, watch)


def drain(fd: int) -> set[int]:
    """Return the watches that have news (-1: some news was lost), and forget the news. Never blocks."""
    seen: set[int] = set()
    while True:
        try:
            data = os.read(fd, 64 << 10)
        except BlockingIOError:
            return seen
        position = 0
        while position < len(data):
            watch, _, _, length = _EVENT.unpack_from(data, position)
            seen.add(watch)
            position += _EVENT.size + length
