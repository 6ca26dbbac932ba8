"""Numbers of lines that never change: a sparse count of lines, made in slices while there is time."""

import time
from array import array
from bisect import bisect_right
from typing import Final

from descartes_tui.runner.logs.borders import Borders
from descartes_tui.runner.logs.source import RunLog

BLOCK: Final = 64 << 10
SLICE: Final = 0.008  # seconds; only streams that change with every line come near


class LineNumbers:
    """How many lines begin before each multiple of BLOCK: 8 bytes for 64 KiB of log. Lines count from 1."""

    def __init__(self, source: RunLog, borders: Borders) -> None:
        self._source = source
        self._borders = borders
        self._before = array("Q", [0])
        self._recent = (0, 0)  # an offset asked for, and how many lines begin before it

    def forget(self) -> None:
        """Begin anew: the log is another one now."""
        self._before = array("Q", [0])
        self._recent = (0, 0)

    @property
    def indexed(self) -> int:
        """Bytes from the start of the log whose lines have been counted."""
        return (len(self._before) - 1) * BLOCK

    def index_some(self, budget: int) -> bool:
        """Count lines in about `budget` more bytes, fewer if that takes long; True while there is more to do."""
        deadline = time.monotonic() + SLICE
        for low in range(
            self.indexed, min(self.indexed + max(budget, BLOCK), self._source.size - BLOCK + 1), BLOCK
        ):
            self._before.append(self._before[-1] + self._borders.count(low, low + BLOCK))
            if time.monotonic() > deadline:
                break
        return self.indexed + BLOCK <= self._source.size

    def number_at(self, offset: int) -> int | None:
        """Return the number of the line that begins at `offset`, None while that part is not counted."""
        return self._begun_before(offset) + 1 if offset // BLOCK < len(self._before) else None

    def offset_of(self, number: int) -> int | None:
        """Return where line `number` begins, None when it is not counted yet or does not exist."""
        if number < 1:
            return None
        block = bisect_right(self._before, number - 1) - 1
        low, inside = block * BLOCK, number - 1 - self._before[block]
        extents = self._borders.extents(low, min(low + BLOCK, self._source.size))
        return extents[inside].start if inside < len(extents) else None

    def total(self) -> int | None:
        """Return how many lines there are, None while that is not counted."""
        size = self._source.size
        return None if self.indexed + BLOCK <= size else self._begun_before(size)

    def _begun_before(self, offset: int) -> int:
        """Return how many lines begin before `offset`, counting on from a nearby place that is known."""
        block = min(offset // BLOCK, len(self._before) - 1)
        start, count = block * BLOCK, self._before[block]
        if start < self._recent[0] <= offset:
            start, count = self._recent
        count += self._borders.count(start, offset)
        self._recent = (offset, count)
        return count
