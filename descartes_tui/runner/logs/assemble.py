"""Lines out of pieces of output: each stream's lines are put together apart, and none is ever too long."""

from typing import Final, NamedTuple

LINE_MAX: Final = 1 << 20
"""Bytes after which a line is given in parts."""


class Chunk(NamedTuple):
    """Bytes of one stream as they stand in the log from `offset` on; `at` in seconds since 1970 if known."""

    stream: str  # stdout | stderr
    data: bytes
    offset: int
    at: float | None


class AgentLine(NamedTuple):
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

    def feed(self, chunk: Chunk) -> list[AgentLine]:
        """Return the lines that `chunk` completes."""
        stream, offset, at = chunk.stream, chunk.offset, chunk.at
        first, *whole = chunk.data.split(b"\n")
        if not whole:
            return self._grow(chunk, first, ended=False)
        lines = self._grow(chunk, first, ended=True)
        offset += len(first) + 1
        rest = whole.pop()
        for data in whole:
            lines.append(AgentLine(stream, data, offset, at))
            offset += len(data) + 1
        if rest:
            self._open[stream] = AgentLine(stream, rest, offset, at, ended=False)
        return lines

    def flush(self) -> list[AgentLine]:
        """Return what is unfinished, in the order in which it began, and forget it."""
        lines = self.unfinished()
        self._open.clear()
        return lines

    def unfinished(self) -> list[AgentLine]:
        """Return what is unfinished (prompts), without forgetting it."""
        return sorted(self._open.values(), key=lambda line: line.offset)

    def _grow(self, chunk: Chunk, data: bytes, *, ended: bool) -> list[AgentLine]:
        """Add the first bytes of `chunk` to what is open of its stream; return what is complete or full."""
        line = self._open.pop(chunk.stream, None) or AgentLine(chunk.stream, b"", chunk.offset, chunk.at)
        data, end = line.data + data, chunk.offset + len(data)
        parts: list[AgentLine] = []
        while len(data) > LINE_MAX:
            parts.append(line._replace(data=data[:LINE_MAX], ended=False))
            data = data[LINE_MAX:]
            line = line._replace(offset=end - len(data), continues=True)
        if ended:
            parts.append(line._replace(data=data, ended=True))
        elif data:
            self._open[chunk.stream] = line._replace(data=data, ended=False)
        return parts
