"""What a row of probe results says about an agent's health. Logic only."""

from typing import Final

from descartes_tui.runner.model.config import HealthCheck
from descartes_tui.runner.model.status import Health

EAGER: Final = 1.0  # seconds between probes while nobody knows yet: dependents are waiting


class HealthCount:
    """Counts the probes of one run; `started` is the time of its start, in seconds on any clock."""

    def __init__(self, check: HealthCheck, started: float) -> None:
        self._check = check
        self._started = started
        self._failures = 0
        self.health = Health.UNKNOWN

    def shift(self, seconds: float) -> None:
        """Leave out `seconds` that the agent spent paused."""
        self._started += seconds

    def passed(self) -> Health:
        """Note a probe that succeeded; return the health after it."""
        self._failures = 0
        self.health = Health.HEALTHY
        return self.health

    def failed(self, now: float) -> Health:
        """Note a probe that failed; those of the start period do not count before the first success."""
        if self.health is Health.UNKNOWN and now < self._started + self._check.start_period:
            return self.health
        self._failures += 1
        if self._failures >= max(self._check.retries, 1):
            self.health = Health.UNHEALTHY
        return self.health

    def pause_before_next(self, now: float) -> float:
        """Return the seconds until the next probe: shorter while the agent is still starting up."""
        if self.health is Health.UNKNOWN and now < self._started + self._check.start_period:
            return min(self._check.interval, EAGER)
        return self._check.interval
