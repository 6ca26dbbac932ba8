"""Lines that were picked with the mouse, by where they begin in the log, so that they stay picked while it grows."""

from dataclasses import dataclass


@dataclass(slots=True)
class LineSelection:
    """`first` and `last` are offsets of lines, both picked; None while nothing is."""

    first: int | None = None
    last: int | None = None
    _anchor: int | None = None

    def press(self, offset: int | None) -> None:
        """Begin at the line at `offset`, None for a place where none is; nothing is picked yet."""
        self.clear()
        self._anchor = offset

    def drag(self, offset: int | None) -> bool:
        """Pick from where the mouse was pressed to the line at `offset`; True when other lines are picked now."""
        if self._anchor is None or offset is None:
            return False
        before = (self.first, self.last)
        self.first, self.last = min(self._anchor, offset), max(self._anchor, offset)
        return (self.first, self.last) != before

    def release(self) -> None:
        """The button is up: what is picked stays so."""
        self._anchor = None

    def clear(self) -> None:
        """Pick nothing."""
        self.first = self.last = None

    def holds(self, offset: int) -> bool:
        """True when the line that begins at `offset` is picked."""
        return self.first is not None and self.last is not None and self.first <= offset <= self.last

    def __bool__(self) -> bool:
        return self.first is not None
