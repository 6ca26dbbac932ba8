"""The records of a run's index, in blocks: found by bisection, read as they are needed, a few kept."""

import os
import sys
from array import array
from bisect import bisect_left, bisect_right
from pathlib import Path
from typing import Final, NamedTuple

from descartes_tui.runner.logs.files import open_for_reading, read_at
from descartes_tui.runner.model.layout import INDEX_RECORD, STDERR

BLOCK: Final = 256  # records that are read at once
_KEPT: Final = 16  # blocks that are kept in memory
OUT, ERR = b"\0", b"\1"


class Block(NamedTuple):
    """Records side by side: where they begin, nanoseconds since 1970 << 2 | stream, and OUT or ERR for each."""

    offsets: "array[int]"
    stamps: "array[int]"
    streams: bytes


class Records:
    """All whole records of one index file. One that is missing has none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1
        self.count = 0
        self._kept: dict[int, Block] = {}
        self._single: dict[int, bytes] = {}  # full blocks of only one stream, and which: true for ever
        self._near = (0, 0, 0)  # offsets from [0] and below [1] are in block [2]
        self.refresh()

    def refresh(self) -> None:
        """See records that were added."""
        if self._fd < 0:
            try:
                self._fd = open_for_reading(self._path)
            except OSError:
                return
        self.count = os.fstat(self._fd).st_size // INDEX_RECORD.size  # a torn last record is not counted
        self._near = (0, 0, 0)

    def close(self) -> None:
        """Let go of the file and of all that was read."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self.count, self._near = -1, 0, (0, 0, 0)
        self._kept.clear()
        self._single.clear()

    def block(self, number: int) -> Block:
        """Return up to BLOCK records."""
        size = max(min(BLOCK, self.count - number * BLOCK), 0)
        kept = self._kept.get(number)
        if kept is not None and len(kept.offsets) == size:
            return kept
        block = self._read(number, size)
        if len(self._kept) >= _KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[number] = block
        if len(block.offsets) == BLOCK and len(set(block.streams)) == 1:
            self._single[number] = block.streams[:1]
        return block

    def last_with(self, stream: bytes, number: int) -> int:
        """Return the last record up to `number` that is of `stream` (OUT or ERR), -1 when there is none."""
        while number >= 0:
            block, inside = divmod(number, BLOCK)
            if self._single.get(block, stream) == stream:
                found = self.block(block).streams.rfind(stream, 0, inside + 1)
                if found >= 0:
                    return block * BLOCK + found
            number = block * BLOCK - 1
        return -1

    def next_with(self, stream: bytes, number: int) -> int:
        """Return the first record from `number` on that is of `stream`, `count` when there is none."""
        while number < self.count:
            block, inside = divmod(number, BLOCK)
            if self._single.get(block, stream) == stream:
                found = self.block(block).streams.find(stream, inside)
                if found >= 0:
                    return block * BLOCK + found
            number = (block + 1) * BLOCK
        return self.count

    def last_at(self, offset: int) -> int:
        """Return the number of the last record that begins at or before `offset`, -1 when there is none."""
        low, high, number = self._near
        if not low <= offset < high:
            number = self._bisect(offset + 1, column=0)
            offsets, following = self.block(number).offsets, self.block(number + 1).offsets
            if offsets:
                self._near = (offsets[0], following[0] if following else sys.maxsize, number)
        return number * BLOCK + bisect_right(self.block(number).offsets, offset) - 1

    def first_since(self, stamp: int) -> int:
        """Return the number of the first record with this stamp or a greater one, `count` when there is none."""
        number = self._bisect(stamp, column=1)
        return number * BLOCK + bisect_left(self.block(number).stamps, stamp)

    def _bisect(self, wanted: int, *, column: int) -> int:
        """Return the last block whose first record has an offset (or stamp) below `wanted`, else block 0."""
        low, high = 0, -(-self.count // BLOCK)
        while high - low > 1:
            middle = (low + high) // 2
            record = read_at(self._fd, INDEX_RECORD.size, middle * BLOCK * INDEX_RECORD.size)
            if len(record) == INDEX_RECORD.size and INDEX_RECORD.unpack(record)[column] < wanted:
                low = middle
            else:
                high = middle
        return low

    def _read(self, number: int, count: int) -> Block:
        size = INDEX_RECORD.size
        data = read_at(self._fd, count * size, number * BLOCK * size) if count else b""
        both = array("Q", data[: len(data) - len(data) % size])
        if sys.byteorder == "big":
            both.byteswap()
        stamps = both[1::2]
        return Block(both[0::2], stamps, bytes(stamp & 3 == STDERR for stamp in stamps))
