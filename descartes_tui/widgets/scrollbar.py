"""A scrollbar of one column, drawn by the widget it belongs to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thumb:
    """The rows that the thumb covers, from `start` up to but without `end`."""

    start: int
    end: int

    def covers(self, y: int) -> bool:
        """True when row `y` is part of the thumb."""
        return self.start <= y < self.end


def thumb(top: int, visible: int, total: int) -> Thumb | None:
    """Return where the thumb stands for `visible` of `total` lines from `top` on; None when all are seen."""
    if total <= visible or visible <= 0:
        return None
    size = max(1, round(visible * visible / total))
    room, last_top = visible - size, total - visible
    start = round(min(top, last_top) * room / last_top)
    return Thumb(start, start + size)


def top_at(y: int, visible: int, total: int) -> int:
    """Return the first line to show when the bar is grasped at row `y`."""
    return max(0, min(total - visible, round(y * (total - visible) / max(1, visible - 1))))
