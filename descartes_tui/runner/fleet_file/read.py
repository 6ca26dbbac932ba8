"""Read small text files that may be anything: only regular files, bounded, UTF-8."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

MAX_BYTES: Final = 2**20
_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


class Unreadable(Exception):
    """A file that cannot be read as text; `line` and `column` (from 1) say where, if that is known."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line, self.column = line, column


def read_text(path: Path) -> tuple[str, int]:
    """Return the text of a regular file of at most 1 MiB, and its mode; Unreadable says what else it is."""
    try:
        # non-blocking, as a FIFO waits for a writer; looked at after opening, so that it cannot be exchanged
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        raise Unreadable(_why(path, error)) from None
    with _closing(descriptor):
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise Unreadable(f"this is {_kind(mode)}, expected a regular file")
        data = _read(descriptor, MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Unreadable("the file is larger than 1 MiB")
    return _decoded(data), mode


@contextmanager
def _closing(descriptor: int) -> Iterator[None]:
    """Close `descriptor` at the end: unlike a file object, this works for folders too."""
    try:
        yield
    finally:
        os.close(descriptor)


def _read(descriptor: int, count: int) -> bytes:
    """Return up to `count` bytes."""
    parts: list[bytes] = []
    while count > 0 and (part := os.read(descriptor, count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Unreadable("the file is UTF-16: save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        raise Unreadable(
            f"byte 0x{data[error.start]:02x} is not UTF-8: save the file as UTF-8",
            before.count(b"\n") + 1,
            column,
        ) from None


def _why(path: Path, error: Exception) -> str:
    if isinstance(error, IsADirectoryError):
        return "this is a folder, expected a regular file"
    if isinstance(error, FileNotFoundError):
        return "the link points to nothing" if path.is_symlink() else "no such file"
    if isinstance(error, PermissionError):
        return "no permission to read this file"
    return f"cannot be read: {getattr(error, 'strerror', None) or error}"


def _kind(mode: int) -> str:
    return next((name for test, name in _KINDS if test(mode)), "no file")
