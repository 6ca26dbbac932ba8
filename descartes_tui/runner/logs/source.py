"""A run's log and its index, open for reading while the agent may still be writing."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from descartes_tui.runner.logs.files import open_for_reading, read_at
from descartes_tui.runner.logs.index import RunIndex
from descartes_tui.runner.model.layout import INDEX


class RunLog:
    """Two files that only grow, as far as they are known. A log that is not there yet is an empty one."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.index = RunIndex(self.path.parent / INDEX)
        self.size = 0
        self.generation = 0  # grows when what was read before is no longer true
        self._fd = -1
        self._closed = False
        self.refresh()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def refresh(self) -> bool:
        """Look at the files again; True when the log grew, shrank or became another one. False once closed."""
        if self._closed:
            return False
        size, same = self._look()
        changed = size != self.size or not same
        if not same or size < self.size:
            self.generation += 1
            self.index.reopen()
        elif changed:
            self.index.refresh()  # after the log's size: a record is written before its bytes
        self.size = size
        return changed

    def read(self, start: int, end: int) -> bytes:
        """Return bytes `start` to `end`, fewer where the file has become shorter."""
        return read_at(self._fd, end - start, start) if self._fd >= 0 and end > start else b""

    def close(self) -> None:
        """Let go of both files, for good."""
        self._closed = True
        self.index.close()
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def _look(self) -> tuple[int, bool]:
        """Return the size, and whether the file is the one that was open before."""
        try:
            now = self.path.stat()
        except OSError:
            return (os.fstat(self._fd).st_size if self._fd >= 0 else 0), True  # removed: keep what is open
        if self._fd >= 0:
            then = os.fstat(self._fd)
            if (now.st_dev, now.st_ino) == (then.st_dev, then.st_ino):
                return then.st_size, True
        return self._open()

    def _open(self) -> tuple[int, bool]:
        first = self._fd < 0
        try:
            fd = open_for_reading(self.path)
        except OSError:
            return self.size, True
        if not first:
            os.close(self._fd)
        self._fd = fd
        return os.fstat(fd).st_size, first
