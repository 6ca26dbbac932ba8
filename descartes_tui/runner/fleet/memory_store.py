"""A store that forgets everything when the process ends: for the library, which has no session to go on with."""

from collections import deque
from collections.abc import Iterator, Sequence

from descartes_tui.runner.model.event import Event
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.store import RunRecord


class MemoryStore:
    """Keeps the newest 10,000 events and 1,000 runs; older ones are dropped."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=10_000)
        self._runs: dict[tuple[str, int], RunRecord] = {}
        self._agents: dict[str, AgentInfo] = {}

    def append(self, events: Sequence[Event]) -> None:
        """Save events."""
        self._events.extend(events)

    def last_seq(self) -> int:
        """Return the number of the newest event, 0 when there is none."""
        return self._events[-1].seq if self._events else 0

    def events(
        self, *, since: int = 0, since_time: float = 0.0, agent: str | None = None, limit: int = 100_000
    ) -> Iterator[Event]:
        """Yield events numbered above `since`, oldest first."""
        for event in list(self._events):
            if event.seq > since and event.at >= since_time and agent in (None, event.agent, event.agent_id):
                if limit <= 0:
                    return
                limit -= 1
                yield event

    def search(self, text: str, *, limit: int = 1000) -> Iterator[Event]:
        """Yield events whose facts or agent contain `text`, newest first."""
        found = (e for e in reversed(list(self._events)) if text in f"{e.agent} {dict(e.facts)}")
        yield from (event for _, event in zip(range(limit), found, strict=False))

    def save_run(self, record: RunRecord) -> None:
        """Save or replace one run."""
        self._runs[record.agent_id, record.run] = record
        if len(self._runs) > 1000:
            del self._runs[next(iter(self._runs))]

    def runs(self, agent_id: str | None = None) -> list[RunRecord]:
        """Return runs, oldest first."""
        return [record for record in self._runs.values() if agent_id in (None, record.agent_id)]

    def save_agents(self, agents: Sequence[AgentInfo]) -> None:
        """Save or replace the pictures of these agents."""
        self._agents.update((info.id, info) for info in agents)

    def agents(self) -> list[AgentInfo]:
        """Return the pictures saved last."""
        return list(self._agents.values())

    def forget_agent(self, agent_id: str) -> None:
        """Drop the picture of one agent."""
        self._agents.pop(agent_id, None)

    def close(self) -> None:
        """Nothing to let go."""
