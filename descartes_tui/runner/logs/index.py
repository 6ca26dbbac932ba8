"""When the bytes of a log arrived, and from which stream: what a run's index tells."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from descartes_tui.runner.logs.records import BLOCK, ERR, OUT, Records


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


_NOTHING: Final = Mark(0, "stdout", None)
_NAMES: Final = ("stdout", "stderr")


class RunIndex:
    """The index beside a log. Missing, short or torn ones are fine: then all is stdout at an unknown time."""

    def __init__(self, path: Path) -> None:
        self._records = Records(path)

    def refresh(self) -> None:
        """See records that were added; call after looking at the log's size, never before."""
        self._records.refresh()

    def reopen(self) -> None:
        """Forget the file and open what has this name now."""
        self._records.close()
        self._records.refresh()

    def close(self) -> None:
        """Let go of the file."""
        self._records.close()

    def __len__(self) -> int:
        return self._records.count

    def mark_at(self, offset: int) -> Mark:
        """Return what is known of the byte at `offset`."""
        number = self._records.last_at(offset)
        return next(self._marks(number), _NOTHING) if number >= 0 else _NOTHING

    def pieces(self, start: int, end: int) -> Iterator[Piece]:
        """Yield bytes `start` to `end` cut where a record begins: together they cover exactly that range."""
        _, stream, at = _NOTHING
        for offset, new_stream, new_at in self._marks(max(self._records.last_at(start), 0)):
            if offset > start:
                border = min(offset, end)
                if border > start:
                    yield Piece(start, border, stream, at)
                start = border
            if start >= end:
                return
            stream, at = new_stream, new_at
        if start < end:
            yield Piece(start, end, stream, at)

    def runs(self, start: int, end: int) -> Iterator[Piece]:
        """Like `pieces`, with neighbours of the same stream joined; `at` is the time of the first."""
        first: Piece | None = None
        for piece in self.pieces(start, end):
            if first is None or piece.stream != first.stream:
                if first is not None:
                    yield Piece(first.start, piece.start, first.stream, first.at)
                first = piece
        if first is not None:
            yield Piece(first.start, end, first.stream, first.at)

    def last_of(self, stream: str, before: int) -> int:
        """Return where the last bytes of `stream` end that stand before offset `before`, 0 when there are none."""
        records = self._records
        number = records.last_with(_code(stream), records.last_at(before - 1))
        while number >= 0:
            start, end = self._extent(number)
            if start < end:
                return min(before, end)
            number = records.last_with(_code(stream), number - 1)  # that record was overruled by the next one
        return min(before, self._extent(-1)[1]) if stream == _NOTHING.stream else 0

    def next_of(self, stream: str, offset: int) -> int | None:
        """Return where the first bytes of `stream` begin at or after `offset`, None when there are none."""
        records = self._records
        number = records.last_at(offset)
        if number < 0 and stream == _NOTHING.stream:
            return offset
        number = records.next_with(_code(stream), max(number, 0))
        while number < records.count:
            start, end = self._extent(number)
            if max(start, offset) < end:
                return max(start, offset)
            number = records.next_with(_code(stream), number + 1)
        return None

    def _extent(self, number: int) -> tuple[int, int]:
        """Return where record `number` (-1: what stands before the first) begins to hold, and where it ends to."""
        start = self._records.block(number // BLOCK).offsets[number % BLOCK] if number >= 0 else 0
        following = next(self._marks(number + 1), None)
        return start, sys.maxsize if following is None else following.offset

    def offset_since(self, at: float) -> int | None:
        """Return where output begins that arrived at `at` (seconds since 1970) or later, None if none did."""
        mark = next(self._marks(self._records.first_since(max(int(at * 1e9), 0) << 2)), None)
        return None if mark is None else mark.offset

    def _marks(self, first: int) -> Iterator[Mark]:
        """Yield records from number `first` on."""
        for number in range(first // BLOCK, -(-self._records.count // BLOCK)):
            offsets, stamps, streams = self._records.block(number)
            for position in range(max(first - number * BLOCK, 0), len(offsets)):
                yield Mark(offsets[position], _NAMES[streams[position]], (stamps[position] >> 2) / 1e9)


def _code(stream: str) -> bytes:
    return ERR if stream == "stderr" else OUT
