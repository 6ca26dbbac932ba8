"""What a session remembers, whatever keeps it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from descartes_tui.runner.model.event import Event
from descartes_tui.runner.model.info import AgentInfo


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of the past, or the present one (`ended_at` None). Times are seconds since 1970."""

    agent_id: str
    agent: str
    run: int
    started_at: float | None
    ended_at: float | None
    exit_code: int | None
    exit_signal: int | None
    verdict: str | None
    log_path: str


class StateStore(Protocol):
    """Events and runs of a session. Methods are quick (milliseconds) and safe to call from one thread."""

    def append(self, events: Sequence[Event]) -> None:
        """Save events, all or none; their numbers must follow the last one."""

    def last_seq(self) -> int:
        """Return the number of the newest event, 0 when there is none."""

    def events(
        self, *, since: int = 0, since_time: float = 0.0, agent: str | None = None, limit: int = 100_000
    ) -> Iterator[Event]:
        """Yield events numbered above `since`, oldest first."""

    def search(self, text: str, *, limit: int = 1000) -> Iterator[Event]:
        """Yield events whose facts or agent contain `text`, newest first."""

    def save_run(self, record: RunRecord) -> None:
        """Save or replace one run."""

    def runs(self, agent_id: str | None = None) -> list[RunRecord]:
        """Return runs, oldest first."""

    def save_agents(self, agents: Sequence[AgentInfo]) -> None:
        """Save or replace the pictures of these agents, from which a restarted supervisor goes on."""

    def agents(self) -> list[AgentInfo]:
        """Return the pictures saved last, in the order they were first saved."""

    def forget_agent(self, agent_id: str) -> None:
        """Drop the picture of one agent; its events and runs stay."""

    def close(self) -> None:
        """Flush and let go of the file."""
