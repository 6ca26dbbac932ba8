"""What goes on in the fleet, for those who watch: a whole picture first, then every change, with no gap."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from descartes_tui.runner.fleet.changes import AgentChanged, AgentRemoved, Change, EventHappened
from descartes_tui.runner.fleet.fleet import Fleet
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.store import StateStore
from descartes_tui.runner.wire.codec import agent_to_json, event_to_json

PACE: Final = 0.1  # seconds between two messages to a watcher
PAGE: Final = 500  # events read from the store at a time
RETRY: Final = 1.0  # seconds until events are looked for again that the store has not taken yet


class Ear:
    """One listener's marks of what is new. Holds at most one picture per agent, however slow the listener."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.changed: dict[str, AgentInfo | None] = {}  # None: removed

    def take(self) -> dict[str, list[Any]]:
        """Return what changed since the last time, in the order in which it first did."""
        changed, self.changed = self.changed, {}
        self.news.clear()
        return {
            "changed": [agent_to_json(info) for info in changed.values() if info is not None],
            "removed": [agent for agent, info in changed.items() if info is None],
        }


class Feed:
    """Hears the fleet once, for all listeners. Nobody listening costs next to nothing."""

    def __init__(self, fleet: Fleet, store: StateStore, session: str) -> None:
        self._fleet, self._store, self._session = fleet, store, session
        self._watching: set[Ear] = set()
        self._following: set[Ear] = set()
        self.seq = store.last_seq()
        self.close = fleet.observe(self._hear)

    async def watch(self) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the fleet, then at most ten times a second what changed; a slow reader gets merged changes."""
        with self._listening(self._watching) as ear, self._counted():
            agents = [agent_to_json(info) for info in self._fleet.snapshot()]
            yield {"snapshot": agents, "seq": self.seq, "session": self._session}
            while True:
                await ear.news.wait()
                yield {**ear.take(), "seq": self.seq}
                await asyncio.sleep(PACE)

    async def events(
        self, *, since: int, since_time: float, agent: str | None, follow: bool
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Yield events from the store, then live ones: also through the store, so none can be missed."""
        with self._listening(self._following) as ear:
            position = since
            while True:
                ear.news.clear()
                self._fleet.flush()
                page = list(
                    self._store.events(since=position, since_time=since_time, agent=agent, limit=PAGE)
                )
                stored = self._store.last_seq()
                for event in page:
                    yield event_to_json(event)
                if len(page) == PAGE:
                    position = page[-1].seq
                    continue
                position = max(position, stored)
                if not follow:
                    return
                await _news(ear, None if stored >= self.seq else RETRY)

    def _hear(self, change: Change) -> None:
        match change:
            case AgentChanged(info):
                self._mark(info.id, info)
            case AgentRemoved(agent):
                self._mark(agent, None)
            case EventHappened(event):
                self.seq = event.seq
                for ear in self._following:
                    ear.news.set()

    def _mark(self, agent: str, info: AgentInfo | None) -> None:
        for ear in self._watching:
            ear.changed[agent] = info
            ear.news.set()

    @contextmanager
    def _listening(self, where: set[Ear]) -> Iterator[Ear]:
        ear = Ear()
        where.add(ear)
        try:
            yield ear
        finally:
            where.discard(ear)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Let the fleet know that somebody watches: it measures usage more often then."""
        self._fleet.watchers += 1
        try:
            yield
        finally:
            self._fleet.watchers -= 1


async def _news(ear: Ear, within: float | None) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(ear.news.wait(), within)
