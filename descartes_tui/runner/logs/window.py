"""A window over a growing log: the few lines that a pane shows, read straight from the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from descartes_tui.runner.logs.borders import Borders, Extent
from descartes_tui.runner.logs.line_numbers import LineNumbers
from descartes_tui.runner.logs.sanitize import LINE_CAP, last_redraw, parse_line
from descartes_tui.runner.logs.source import RunLog
from descartes_tui.runner.logs.style import Span

_RAW_CAP: Final = LINE_CAP + 4  # so that the cut can fall between two characters
_FIRST_STEP: Final = 4 << 10
_LAST_STEP: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line as far as it is written. `offset` is its identity for ever; `end` grows until it is complete.

    `raw` is without its newline and holds at most LINE_CAP + 4 bytes; `before` and `after` count the bytes
    of the line that were left out on either side of it.
    """

    offset: int
    end: int
    raw: bytes
    stream: str  # stdout | stderr
    at: float | None  # when its first byte arrived, seconds since 1970
    partial: bool  # there is no newline (yet): a prompt, or the other stream cut in
    continues: bool  # it goes on with a line that was cut
    number: int | None  # counted from 1; None while unknown
    before: int = 0
    after: int = 0

    def spans(self) -> list[Span]:
        """Return the line as it may be shown."""
        return parse_line(self.raw, before=self.before, after=self.after)


class LogWindow:
    """Lines of one log around an offset. Costs nothing to open, whatever the size.

    With `stream`, only lines of `stdout` or `stderr` are returned; their numbers stay those of the whole log.
    """

    def __init__(self, path: str | Path) -> None:
        self._source = RunLog(path)
        self._borders = Borders(self._source)
        self._numbers = LineNumbers(self._source, self._borders)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """The log's path."""
        return self._source.path

    @property
    def size(self) -> int:
        """Bytes of the log as of the last `refresh`."""
        return self._source.size

    @property
    def generation(self) -> int:
        """Grows when the log was truncated or replaced: offsets and numbers seen before mean nothing then."""
        return self._source.generation

    def refresh(self) -> bool:
        """Look at the file again; True when there is something new to show."""
        generation = self._source.generation
        changed = self._source.refresh()
        if self._source.generation != generation:
            self._borders.forget()
            self._numbers.forget()
        return changed

    def close(self) -> None:
        """Let go of the files."""
        self._source.close()

    def index_some(self, budget_bytes: int = 4 << 20) -> bool:
        """Count lines in a bounded slice of the log (about 1 ms a MiB); True while there is more to do."""
        return self._numbers.index_some(budget_bytes)

    @property
    def indexed(self) -> int:
        """Bytes from the start whose lines have numbers."""
        return self._numbers.indexed

    def line_count(self) -> int | None:
        """Return how many lines the log has, None while `index_some` has more to do."""
        return self._numbers.total()

    def number_at(self, offset: int) -> int | None:
        """Return the number of the line that begins at `offset`, None while unknown."""
        return self._numbers.number_at(offset)

    def offset_of(self, number: int) -> int | None:
        """Return where line `number` (from 1) begins, None while unknown or when there is none."""
        return self._numbers.offset_of(number)

    def offset_since(self, at: float) -> int | None:
        """Return where output begins that arrived at `at` (seconds since 1970) or later, None if none did."""
        return self._source.index.offset_since(at)

    def tail(self, count: int, stream: str | None = None) -> list[LogLine]:
        """Return the last lines, oldest first, with an unfinished one at the end if there is one."""
        return self.lines_before(self.size, count, stream)

    def line_at(self, offset: int) -> LogLine | None:
        """Return the line that contains the byte at `offset`, None outside the log."""
        return next(iter(self.lines_after(offset, 1)), None) if 0 <= offset < self.size else None

    def lines_before(self, offset: int, count: int, stream: str | None = None) -> list[LogLine]:
        """Return up to `count` lines that end at or before `offset`, oldest first."""
        found: list[Extent] = []
        high, step = self._last_of(stream, min(offset, self.size)), _FIRST_STEP
        while high > 0 and len(found) < count:
            low = (high - 1) // step * step
            found = [e for e in self._borders.extents(low, high, stream) if e.end <= offset] + found
            high, step = self._last_of(stream, low), min(step * 2, _LAST_STEP)
        return self._lines(found[-count:] if count > 0 else [], consecutive=stream is None)

    def lines_after(self, offset: int, count: int, stream: str | None = None) -> list[LogLine]:
        """Return up to `count` lines, oldest first, from the one that contains the byte at `offset` on."""
        found: list[Extent] = []
        low, step = self._next_of(stream, self._start_of(max(offset, 0))), _FIRST_STEP
        while low < self.size and len(found) < count:
            high = min((low // step + 1) * step, self.size)
            found += self._borders.extents(low, high, stream)
            low, step = self._next_of(stream, high), min(step * 2, _LAST_STEP)
        return self._lines(found[: max(count, 0)], consecutive=stream is None)

    def _last_of(self, stream: str | None, before: int) -> int:
        return before if stream is None else self._source.index.last_of(stream, before)

    def _next_of(self, stream: str | None, offset: int) -> int:
        if stream is None:
            return offset
        found = self._source.index.next_of(stream, offset)
        return self.size if found is None else found

    def _start_of(self, offset: int) -> int:
        """Return where the line begins that contains the byte at `offset`."""
        high, step = min(offset + 1, self.size), _FIRST_STEP
        while high > 0:
            low = (high - 1) // step * step
            extents = self._borders.extents(low, high)
            if extents:
                return extents[-1].start if offset < self.size else self.size
            high, step = low, min(step * 2, _LAST_STEP)
        return 0

    def _lines(self, extents: Sequence[Extent], *, consecutive: bool) -> list[LogLine]:
        lines: list[LogLine] = []
        number: int | None = None
        for extent in extents:
            number = number + 1 if consecutive and number is not None else self.number_at(extent.start)
            lines.append(self._line(extent, number))
        return lines

    def _line(self, extent: Extent, number: int | None) -> LogLine:
        start, end, stream, _ = extent
        raw, before, after = self._raw(start, end)
        complete = self._source.read(end - 1, end) == b"\n" if after else raw.endswith(b"\n")
        return LogLine(
            offset=start,
            end=end,
            raw=raw.removesuffix(b"\n"),
            stream=stream,
            at=self._source.index.mark_at(start).at,
            partial=not complete,
            continues=self._continues(extent),
            number=number,
            before=before,
            after=after,
        )

    def _raw(self, start: int, end: int) -> tuple[bytes, int, int]:
        """Return the bytes to show of a line, and how many were left out before and after them.

        Of a long line that is its beginning; but the end of one that is redrawn, or still being written.
        """
        if end - start <= _RAW_CAP:
            return self._source.read(start, end), 0, 0
        tail = self._source.read(end - LINE_CAP, end)
        if last_redraw(tail.rstrip(b"\r\n")):
            return tail, 0, 0
        if end == self.size and not tail.endswith(b"\n"):
            skip = next((i for i in range(4) if tail[i : i + 1] and tail[i] & 0xC0 != 0x80), 0)
            return tail[skip:], end - start - len(tail) + skip, 0
        return self._source.read(start, start + _RAW_CAP), 0, end - start - _RAW_CAP

    def _continues(self, extent: Extent) -> bool:
        if extent.start == 0:
            return False
        last = self._source.index.last_of(extent.stream, extent.start) if extent.cut_in else extent.start
        return last > 0 and self._source.read(last - 1, last) != b"\n"
