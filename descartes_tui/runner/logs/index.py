"""When the bytes of a log arrived, and from which stream: the run's index, read in small pieces."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from descartes_tui.runner.model.folders import INDEX_RECORD, STDERR

RECORD_SIZE: Final = INDEX_RECORD.size
_BLOCK: Final = 256  # records that are read at once


class Mark(NamedTuple):
    """From `offset` on, bytes are of `stream` (`stdout` or `stderr`) and arrived at `at` (None: unknown)."""

    offset: int
    stream: str
    at: float | None


class Piece(NamedTuple):
    """Bytes `start` to `end` of a log, of one stream, arrived at one time (None: unknown)."""

    start: int
    end: int
    stream: str
    at: float | None


class RunIndex:
    """The index beside a log. Missing, short or torn ones are fine: then all is stdout at an unknown time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1
        self._count = 0
        self.refresh()

    def refresh(self) -> None:
        """See records that were added; call after looking at the log's size, never before."""
        if self._fd < 0:
            try:
                self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                return
        self._count = os.fstat(self._fd).st_size // RECORD_SIZE  # a torn last record is not counted

    def reopen(self) -> None:
        """Forget the file and open what has this name now."""
        self.close()
        self.refresh()

    def close(self) -> None:
        """Let go of the file."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._count = -1, 0

    def __len__(self) -> int:
        return self._count

    def marks(self, first: int = 0) -> Iterator[Mark]:
        """Yield records from number `first` on."""
        for number in range(first, self._count, _BLOCK):
            size = min(_BLOCK, self._count - number) * RECORD_SIZE
            data = os.pread(self._fd, size, number * RECORD_SIZE)
            whole = len(data) - len(data) % RECORD_SIZE
            yield from (_mark(*pair) for pair in INDEX_RECORD.iter_unpack(data[:whole]))
            if whole < size:
                return

    def mark_at(self, offset: int) -> Mark:
        """Return what is known of the byte at `offset`."""
        number = self._number_at(offset)
        return next(self.marks(number), _NOTHING) if number >= 0 else _NOTHING

    def pieces(self, start: int, end: int) -> Iterator[Piece]:
        """Yield bytes `start` to `end` cut where a record begins: together they cover exactly that range."""
        number = self._number_at(start)
        stream, at = _NOTHING.stream, _NOTHING.at
        for mark in self.marks(max(number, 0)):
            border = min(max(mark.offset, start), end)
            if border > start:
                yield Piece(start, border, stream, at)
                start = border
            if start >= end:
                return
            stream, at = mark.stream, mark.at
        if start < end:
            yield Piece(start, end, stream, at)

    def runs(self, start: int, end: int) -> Iterator[Piece]:
        """Like `pieces`, with neighbours of the same stream joined; `at` is the time of the first."""
        joined: Piece | None = None
        for piece in self.pieces(start, end):
            if joined is not None and joined.stream == piece.stream:
                joined = joined._replace(end=piece.end)
                continue
            if joined is not None:
                yield joined
            joined = piece
        if joined is not None:
            yield joined

    def end_before(self, offset: int, stream: str) -> int:
        """Return where the last bytes of `stream` before `offset` end, 0 when there are none nearby."""
        first = max(self._number_at(offset) - _BLOCK, 0)
        end = offset
        for mark in reversed(list(islice(self.marks(first), _BLOCK + 1))):
            if mark.offset < end:
                if mark.stream == stream:
                    return end
                end = mark.offset
        return 0

    def offset_since(self, at: float) -> int | None:
        """Return where output begins that arrived at `at` (seconds since 1970) or later, None if none did."""
        number = self._bisect(at, by_time=True)
        mark = next(self.marks(number), None)
        return None if mark is None else mark.offset

    def _number_at(self, offset: int) -> int:
        """Return the number of the last record that begins at or before `offset`, -1 when there is none."""
        return self._bisect(offset + 1, by_time=False) - 1

    def _bisect(self, wanted: float, *, by_time: bool) -> int:
        """Return how many records at the front have an offset (or a time) below `wanted`."""
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            data = os.pread(self._fd, RECORD_SIZE, middle * RECORD_SIZE)
            if len(data) < RECORD_SIZE:
                high = middle
                continue
            offset, packed = INDEX_RECORD.unpack(data)
            if ((packed >> 2) / 1e9 if by_time else offset) < wanted:
                low = middle + 1
            else:
                high = middle
        return low


_NOTHING: Final = Mark(0, "stdout", None)


def _mark(offset: int, packed: int) -> Mark:
    return Mark(offset, "stderr" if packed & 3 == STDERR else "stdout", (packed >> 2) / 1e9)
