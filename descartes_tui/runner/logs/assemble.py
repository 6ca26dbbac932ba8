"""Lines out of pieces of output: each stream's lines are put together apart, and none is ever too long."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

LINE_MAX: Final = 1 << 20
"""Bytes after which a line is given in parts."""


class Chunk(NamedTuple):
    """Bytes of one stream as they stand in the log from `offset` on; `at` in seconds since 1970 if known."""

    stream: str  # stdout | stderr
    data: bytes
    offset: int
    at: float | None


@dataclass(frozen=True, slots=True)
class AgentLine:
    """A line of one stream, even if the other cut in. `offset` and `at` are those of its first byte."""

    stream: str
    data: bytes  # without the newline
    offset: int
    at: float | None
    ended: bool = True  # False: a newline has not come (yet), or the next part follows
    continues: bool = False  # it goes on with the part before, of a line longer than LINE_MAX


class LineAssembler:
    """Feed chunks in order, get lines in the order of their ends. Holds LINE_MAX a stream at most."""

    def __init__(self) -> None:
        self._open: dict[str, AgentLine] = {}

    def feed(self, chunk: Chunk) -> Iterator[AgentLine]:
        """Yield the lines that `chunk` completes. The iterator must be used up before the next call."""
        offset = chunk.offset
        *whole, rest = chunk.data.split(b"\n")
        for data in whole:
            yield from self._grow(chunk, data, offset, ended=True)
            offset += len(data) + 1
        if rest:
            yield from self._grow(chunk, rest, offset, ended=False)

    def flush(self) -> Iterator[AgentLine]:
        """Yield what is unfinished, in the order in which it began, and forget it."""
        yield from sorted(self._open.values(), key=lambda line: line.offset)
        self._open.clear()

    def unfinished(self) -> list[AgentLine]:
        """Return what is unfinished (prompts), without forgetting it."""
        return sorted(self._open.values(), key=lambda line: line.offset)

    def _grow(self, chunk: Chunk, data: bytes, offset: int, *, ended: bool) -> Iterator[AgentLine]:
        before = self._open.pop(chunk.stream, None)
        if before is None:
            line = AgentLine(chunk.stream, data, offset, chunk.at, ended)
        else:
            line = replace(before, data=before.data + data, ended=ended)
        while len(line.data) > LINE_MAX:
            yield replace(line, data=line.data[:LINE_MAX], ended=False)
            moved = len(line.data) - LINE_MAX
            line = replace(line, data=line.data[LINE_MAX:], offset=offset + len(data) - moved, continues=True)
        if ended:
            yield line
        elif line.data:
            self._open[chunk.stream] = line
