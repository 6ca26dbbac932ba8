"""Output of a run as a stream: chunks, lines, the last lines, those since a time, several runs merged."""

import heapq
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from descartes_tui.runner.logs.assemble import LINE_MAX, AgentLine, Chunk, LineAssembler
from descartes_tui.runner.logs.source import RunLog

CHUNK: Final = 64 << 10
_LOOK_BACK: Final = 1 << 20


def read_chunks(
    log: str | Path | RunLog, offset: int = 0, limit: int | None = None, *, stream: str | None = None
) -> Iterator[Chunk]:
    """Yield what is in the log from `offset` on, at most `limit` bytes of the file, in order of arrival.

    A chunk is of one stream and at most 64 KiB; go on at `chunk.offset + len(chunk.data)`. Give a RunLog to
    keep its files open between calls, and call its `refresh` to see what was added.
    """
    if not isinstance(log, RunLog):
        with RunLog(log) as source:
            yield from read_chunks(source, offset, limit, stream=stream)
        return
    end = log.size if limit is None else min(log.size, offset + limit)
    for piece in log.index.pieces(offset, end):
        if stream is None or piece.stream == stream:
            for start in range(piece.start, piece.end, CHUNK):
                data = log.read(start, min(start + CHUNK, piece.end))
                if data:
                    yield Chunk(piece.stream, data, start, piece.at)


def read_lines(
    log: str | Path | RunLog, offset: int = 0, *, stream: str | None = None, unfinished: bool = True
) -> Iterator[AgentLine]:
    """Yield lines from `offset` on in the order of their ends, then (if wanted) unfinished ones."""
    assembler = LineAssembler()
    for chunk in read_chunks(log, offset, stream=stream):
        yield from assembler.feed(chunk)
    if unfinished:
        yield from assembler.flush()


def last_lines(log: str | Path | RunLog, count: int, stream: str | None = None) -> list[AgentLine]:
    """Return the last `count` lines (of one stream), oldest first, reading the log from its end."""
    if not isinstance(log, RunLog):
        with RunLog(log) as source:
            return last_lines(source, count, stream)
    if count <= 0:
        return []
    low, newlines, barren, step = log.size, 0, 0, CHUNK
    while low > 0 and newlines <= count and barren < count * LINE_MAX:
        high = low if stream is None else log.index.last_of(stream, low)
        low = max(high - step, 0)
        chunks = [c.data for c in read_chunks(log, low, high - low, stream=stream)]
        found = sum(data.count(b"\n") for data in chunks)
        newlines, barren = newlines + found, 0 if found else barren + sum(map(len, chunks))
        step = min(step * 2, _LOOK_BACK)
    return list(deque(_lines_from(log, low, stream), maxlen=count))


def _lines_from(log: RunLog, offset: int, stream: str | None) -> Iterator[AgentLine]:
    """Yield lines that begin at or after `offset`, and those that began a little before and were going on."""
    streams = ("stdout", "stderr") if stream is None else (stream,)
    starts = {name: line_start(log, offset, name) for name in streams}
    assembler = LineAssembler()
    for chunk in read_chunks(log, min(starts.values()), stream=stream):
        skip = max(starts[chunk.stream] - chunk.offset, 0)
        if skip < len(chunk.data):
            yield from assembler.feed(chunk._replace(data=chunk.data[skip:], offset=chunk.offset + skip))
    yield from assembler.flush()


def line_start(log: RunLog, offset: int, stream: str) -> int:
    """Return where the line of `stream` begins that is going on at `offset`; looks back 1 MiB at most."""
    bottom = max(offset - _LOOK_BACK, 0)
    high, step = offset, 4096
    while high > bottom:
        low = max(high - step, bottom)
        for chunk in reversed(list(read_chunks(log, low, high - low, stream=stream))):
            at = chunk.data.rfind(b"\n")
            if at >= 0:
                return chunk.offset + at + 1
        high, step = low, step * 4
    return bottom


def offset_since(log: RunLog, at: float) -> int:
    """Return where output begins that arrived at `at` (seconds since 1970) or later: the end if none did."""
    offset = log.index.offset_since(at)
    return log.size if offset is None else min(offset, log.size)


def grep(lines: Iterable[AgentLine], pattern: re.Pattern[bytes]) -> Iterator[AgentLine]:
    """Yield the lines that `pattern` is found in, as the agent wrote them, colours and all."""
    search = pattern.search
    return (line for line in lines if search(line.data))


def merge_by_time(sources: Sequence[Iterable[AgentLine]]) -> Iterator[tuple[int, AgentLine]]:
    """Yield (number of the source, line) in order of time; within a source, the order stays as it is."""
    keyed = (_keyed(number, lines) for number, lines in enumerate(sources))
    for _, number, _, line in heapq.merge(*keyed):
        yield number, line


def _keyed(number: int, lines: Iterable[AgentLine]) -> Iterator[tuple[float, int, int, AgentLine]]:
    newest = 0.0
    for position, line in enumerate(lines):
        newest = max(newest, line.at or 0.0)  # a clock that was set back does not reorder a source
        yield newest, number, position, line


class StreamReader:
    """A position of its own in each of the two streams of one log."""

    def __init__(self, path: str | Path) -> None:
        self._log = RunLog(path)
        self._positions = {"stdout": 0, "stderr": 0}

    def read(self, stream: str, max_bytes: int = CHUNK) -> bytes:
        """Return what is there of `stream` (`stdout` or `stderr`) from its position on, b"" if nothing is."""
        self._log.refresh()
        position, parts, wanted = self._positions[stream], [], max_bytes
        for run in self._log.index.runs(min(position, self._log.size), self._log.size):
            position = run.end
            if run.stream != stream:
                continue
            data = self._log.read(run.start, min(run.end, run.start + wanted))
            parts.append(data)
            wanted -= len(data)
            if wanted <= 0 or run.start + len(data) < run.end:
                position = run.start + len(data)
                break
        self._positions[stream] = position
        return b"".join(parts)

    def at_end(self, stream: str) -> bool:
        """True when nothing of `stream` is left to read in what the log held at the last `read`."""
        runs = self._log.index.runs(min(self._positions[stream], self._log.size), self._log.size)
        return all(run.stream != stream for run in runs)

    def close(self) -> None:
        """Let go of the files."""
        self._log.close()
