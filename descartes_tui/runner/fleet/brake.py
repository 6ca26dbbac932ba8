"""A brake over the whole fleet: an outage must not restart fifty agents in one second. Logic only."""

from collections import deque
from typing import Final

AT_ONCE: Final = 10  # automatic restarts within WINDOW that nobody has to wait for
WINDOW: Final = 10.0  # seconds
PACE: Final = 1.0  # seconds between two restarts after that


class Brake:
    """Counts automatic restarts; `now` is in seconds on any one clock that never jumps."""

    def __init__(self, at_once: int = AT_ONCE, window: float = WINDOW, pace: float = PACE) -> None:
        self.window, self.pace = window, pace
        self._at_once = at_once
        self._times: deque[float] = deque()

    def note(self, now: float) -> None:
        """Count a restart."""
        self._times.append(now)

    def recent(self, now: float) -> int:
        """Return how many restarts were within the window."""
        while self._times and self._times[0] <= now - self.window:
            self._times.popleft()
        return len(self._times)

    def free(self, now: float) -> int:
        """Return how many restarts may happen at once now, those of the slow pace left out."""
        return max(self._at_once - self.recent(now), 0)

    def delay(self, now: float) -> float:
        """Return the seconds until one more restart may happen."""
        if self.recent(now) < self._at_once:
            return 0.0
        return max(min(self._times[-1] + self.pace, self._times[0] + self.window) - now, 0.0)
