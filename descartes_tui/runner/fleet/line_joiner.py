"""Cuts output where lines end, so that each JSON line of a stream arrives in one piece."""

from dataclasses import dataclass, replace
from typing import Final

from descartes_tui.runner.model.runner import Output

LONGEST: Final = 1 << 20  # bytes of an unfinished line that are held back at most


@dataclass(slots=True)
class _Rest:
    """The beginning of a line whose end has not come yet."""

    first: Output
    data: bytearray


class LineJoiner:
    """Holds back the unfinished last line of each stream; `flush` lets it go as it is."""

    def __init__(self) -> None:
        self._rests: dict[str, _Rest] = {}

    def __bool__(self) -> bool:
        """True while something is held back."""
        return bool(self._rests)

    def add(self, output: Output) -> list[Output]:
        """Return what is whole now: nothing, or one Output of whole lines."""
        end = output.data.rfind(b"\n") + 1
        rest = self._rests.get(output.stream)
        if not end:
            return self._hold(output, rest)
        whole = replace(output, data=output.data[:end])
        if rest is not None:
            del self._rests[output.stream]
            whole = replace(rest.first, data=bytes(rest.data) + whole.data)
        if output.data[end:]:
            tail = replace(output, data=output.data[end:], offset=output.offset + end)
            self._rests[output.stream] = _Rest(tail, bytearray(tail.data))
        return [whole]

    def _hold(self, output: Output, rest: _Rest | None) -> list[Output]:
        if rest is None:
            rest = self._rests[output.stream] = _Rest(output, bytearray())
        rest.data += output.data
        if len(rest.data) < LONGEST:
            return []
        del self._rests[output.stream]
        return [replace(rest.first, data=bytes(rest.data))]

    def flush(self) -> list[Output]:
        """Return everything that is held back, in the order of the log."""
        outputs = [replace(rest.first, data=bytes(rest.data)) for rest in self._rests.values()]
        self._rests.clear()
        return sorted(outputs, key=lambda output: output.offset)
