"""Small files of a run, written so that a reader sees the old or the new one. Imports next to nothing."""

import errno
import os
import sys
import time
from contextlib import suppress

ROOM_SECONDS = 0.25
RESERVE_BYTES = 4096


def via(directory: int, folder: str, name: str) -> str:
    """Return a short path to a file of the run: socket addresses end at 107 bytes (unix(7))."""
    return f"/proc/self/fd/{directory}/{name}" if sys.platform == "linux" else f"{folder}/{name}"


def reserve(directory: int, name: str) -> None:
    """Take the room for a later `replace` now, so that a full disk cannot keep it from being written."""
    descriptor = _create(directory, name + ".tmp")
    with suppress(OSError):  # full already: `replace` waits for room
        os.write(descriptor, b" " * RESERVE_BYTES)
    os.close(descriptor)


def replace(directory: int, name: str, data: bytes, *, durable: bool = False) -> None:
    """Replace a file by rename. With `durable`, wait for room on a full disk and for the disk itself.

    A folder that is gone or read-only is not an error here: those who listen are told all the same.
    """
    while True:
        try:
            descriptor = _create(directory, name + ".tmp")
            try:
                os.pwrite(descriptor, data, 0)
                os.ftruncate(descriptor, len(data))
                if durable:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.rename(name + ".tmp", name, src_dir_fd=directory, dst_dir_fd=directory)
            return
        except OSError as error:
            if not durable or error.errno not in (errno.ENOSPC, errno.EDQUOT):
                return
            time.sleep(ROOM_SECONDS)


def exists(directory: int, name: str) -> bool:
    """True when a file is there."""
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except OSError:
        return False
    return True


def remove(directory: int, name: str) -> None:
    """Remove a file if it is there."""
    with suppress(OSError):
        os.unlink(name, dir_fd=directory)


def _boot_id() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return ""


BOOT_ID = _boot_id()
"""What tells this start of the machine from all others, "" where the system does not say."""


def _create(directory: int, name: str) -> int:
    flags = os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(name, flags, 0o600, dir_fd=directory)
