"""Numbers of lines that never change: a sparse count of lines, made in slices while there is time."""

from array import array
from bisect import bisect_right
from typing import Final

from descartes_tui.runner.logs.borders import Borders
from descartes_tui.runner.logs.source import RunLog

BLOCK: Final = 64 << 10


class LineNumbers:
    """How many lines begin before each multiple of BLOCK: 8 bytes for 64 KiB of log. Lines count from 1."""

    def __init__(self, source: RunLog, borders: Borders) -> None:
        self._source = source
        self._borders = borders
        self._before = array("Q", [0])

    def forget(self) -> None:
        """Begin anew: the log is another one now."""
        self._before = array("Q", [0])

    @property
    def indexed(self) -> int:
        """Bytes from the start of the log whose lines have been counted."""
        return (len(self._before) - 1) * BLOCK

    def index_some(self, budget: int) -> bool:
        """Count lines in about `budget` more bytes; True while there is more to do."""
        for _ in range(max(budget // BLOCK, 1)):
            low = self.indexed
            if low + BLOCK > self._source.size:
                return False
            self._before.append(self._before[-1] + self._borders.count(low, low + BLOCK))
        return self.indexed + BLOCK <= self._source.size

    def number_at(self, offset: int) -> int | None:
        """Return the number of the line that begins at `offset`, None while that part is not counted."""
        block = offset // BLOCK
        if block >= len(self._before):
            return None
        return self._before[block] + self._borders.count(block * BLOCK, offset) + 1

    def offset_of(self, number: int) -> int | None:
        """Return where line `number` begins, None when it is not counted yet or does not exist."""
        if number < 1:
            return None
        block = bisect_right(self._before, number - 1) - 1
        while block > 0 and self._before[block] == number - 1 and self._before[block - 1] == number - 1:
            block -= 1
        low = block * BLOCK
        high = min(low + BLOCK, self._source.size)
        while low < high:
            extents = self._borders.extents(low, high)
            inside = number - 1 - self._before[block]
            if inside < len(extents):
                return extents[inside].start
            block += 1
            if block >= len(self._before):
                return None
            low, high = high, min(high + BLOCK, self._source.size)
        return None

    def total(self) -> int | None:
        """Return how many lines there are, None while that is not counted."""
        size = self._source.size
        return (
            None
            if self.indexed + BLOCK <= size
            else self._before[-1] + self._borders.count(self.indexed, size)
        )
