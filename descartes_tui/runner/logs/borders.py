"""Where lines of a log begin and end: at newlines, and where the other stream cuts in.

A line without end is cut as well, at a multiple of SEGMENT that has had no other border for SEGMENT bytes. So
every border can be found by looking at a bounded piece of the file, is the same for every reader, and stays.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from descartes_tui.runner.logs.index import Piece
from descartes_tui.runner.logs.source import RunLog

SEGMENT: Final = 4 << 20
CELL: Final = 1 << 20  # pieces of the file of which it is remembered that they hold no newline
_CHUNK: Final = 64 << 10


class Extent(NamedTuple):
    """One line's place: bytes `start` to `end`, of `stream`; `cut_in`: the other stream wrote just before."""

    start: int
    end: int
    stream: str
    cut_in: bool


class Borders:
    """Finds lines around an offset of one log. Nothing that it reads at once is larger than a segment."""

    def __init__(self, source: RunLog) -> None:
        self._source = source
        self._barren: set[int] = set()  # numbers of cells; facts for ever, as the log only grows
        self._forced: dict[int, bool] = {}

    def forget(self) -> None:
        """Drop what was learnt: the log is another one now."""
        self._barren.clear()
        self._forced.clear()

    def extents(self, low: int, high: int, stream: str | None = None) -> list[Extent]:
        """Return the lines that begin at `low` or later and before `high`, of one stream or of both."""
        found: list[Extent] = []
        first = max(low - 1, 0)
        for run in self._source.index.runs(first, high):
            if stream is None or run.stream == stream:
                found += self._extents_of_run(run, low, high, cut_in=run.start > first)
        return found

    def _extents_of_run(self, run: Piece, low: int, high: int, *, cut_in: bool) -> Iterator[Extent]:
        starts = [run.start] if run.start >= low else []
        starts += self._inner_starts(run)
        for start, end in pairwise(starts):
            yield Extent(start, end, run.stream, cut_in and start == run.start)
        if starts:
            end = run.end if run.end < high else self.end_of(starts[-1])
            yield Extent(starts[-1], end, run.stream, cut_in and starts[-1] == run.start)

    def _inner_starts(self, run: Piece) -> list[int]:
        """Return starts behind the first byte of a run: after newlines, and at forced borders."""
        starts = [newline + 1 for newline in self._newlines(run.start, run.end - 1)]
        forced = [p for p in _multiples(run.start + 1, run.end) if self.is_forced(p)]
        return sorted({*starts, *forced}) if forced else starts

    def _newlines(self, low: int, high: int) -> Iterator[int]:
        """Yield offsets of newlines, reading at most a cell at once, and no cell again that has none."""
        while low < high:
            cell = low // CELL
            end = min((cell + 1) * CELL, high)
            if cell not in self._barren:
                data = self._source.read(low, end)
                at = data.find(b"\n")
                if at < 0 and len(data) == CELL:
                    self._barren.add(cell)
                while at >= 0:
                    yield low + at
                    at = data.find(b"\n", at + 1)
            low = end

    def is_forced(self, offset: int) -> bool:
        """True when a multiple of SEGMENT is a border only because there was no other for so long."""
        low = offset - SEGMENT
        if low < 0:
            return False
        if offset not in self._forced:
            near = self._source.read(max(offset - _CHUNK, low), offset - 1)
            self._forced[offset] = (
                b"\n" not in near
                and next(self._newlines(low, offset - 1), None) is None
                and next(self._source.index.runs(low, offset)).end == offset
            )
        return self._forced[offset]

    def end_of(self, start: int) -> int:
        """Return where the line that begins at `start` ends (after its newline), so far."""
        limit = min((-(-start // SEGMENT) + 1) * SEGMENT, self._source.size)
        border = next((run.end for run in self._source.index.runs(start, limit)), limit)
        near = min(start + 4096, border)
        at = self._source.read(start, near).find(b"\n")
        newline = start + at if at >= 0 else next(self._newlines(near, border), None)
        return border if newline is None else newline + 1

    def count(self, low: int, high: int) -> int:
        """Return how many lines begin at `low` or later and before `high`, at most a segment later."""
        first = max(low - 1, 0)
        data = self._source.read(first, high - 1)
        total = data.count(b"\n") + (low == 0 and high > 0)
        for run in self._source.index.runs(first, high):
            if run.start > first and data[run.start - 1 - first : run.start - first] not in (b"\n", b""):
                total += 1
        return total + sum(1 for p in _multiples(low, high) if self._only_forced(p))

    def _only_forced(self, offset: int) -> bool:
        if offset == 0 or self._source.read(offset - 1, offset) == b"\n" or not self.is_forced(offset):
            return False
        return len(list(self._source.index.runs(offset - 1, offset + 1))) == 1


def _multiples(low: int, high: int) -> range:
    return range(-(-low // SEGMENT) * SEGMENT, high, SEGMENT)
