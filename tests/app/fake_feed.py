"""A fleet that exists on paper: a feed whose pictures are written by the test."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from descartes_tui.runner.model.folders import INDEX_RECORD
from descartes_tui.runner.model.info import AgentInfo, Usage
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.runner.wire.updates import Changed, Disconnected, Snapshot, Update

NOW = 1_800_000_000.0


def agent(name: str, status: AgentStatus = AgentStatus.RUNNING, **facts: Any) -> AgentInfo:
    """Return a plausible picture of an agent; its id is derived from its name."""
    plain: dict[str, Any] = {"id": f"id-{name}", "name": name, "status": status}
    if status is not AgentStatus.IDLE:
        plain |= {"run": 1, "started_at": NOW - 75, "last_output_at": NOW - 3}
    if status.has_process:
        plain |= {"pid": 4711, "usage": Usage(1.5, 24 << 20, 2), "takes_input": True}
    return AgentInfo(**{**plain, **facts})


def write_log(path: Path, *parts: tuple[str, bytes], at: float = NOW - 60) -> Path:
    """Write a run's log and its index from (stream, bytes) in order of arrival, and return the log's path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as log, (path.parent / "index").open("ab") as index:
        for stream, data in parts:
            index.write(INDEX_RECORD.pack(log.tell(), int(at * 1e9) << 2 | (1 if stream == "stderr" else 0)))
            log.write(data)
    return path


class FakeFeed:
    """Notes every call; answers from `answers` by verb, raising what is an exception there."""

    def __init__(self, *agents: AgentInfo, session: str = "shop") -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self._queue: asyncio.Queue[Update] = asyncio.Queue()
        self._queue.put_nowait(Snapshot(agents, 1, session))

    def tell(self, *changed: AgentInfo, removed: tuple[str, ...] = ()) -> None:
        """Announce news."""
        self._queue.put_nowait(Changed(changed, removed, 2))

    def lose(self, cause: str = "gone") -> None:
        """Announce that the supervisor cannot be reached."""
        self._queue.put_nowait(Disconnected(cause))

    def picture(self, *agents: AgentInfo, session: str = "shop") -> None:
        """Announce a complete picture."""
        self._queue.put_nowait(Snapshot(agents, 1, session))

    def verbs(self) -> list[str]:
        """Return the verbs that were called, in order."""
        return [verb for verb, _ in self.calls]

    async def watch(self) -> AsyncIterator[Update]:
        while True:
            yield await self._queue.get()

    async def call(self, verb: str, **args: Any) -> Any:
        self.calls.append((verb, args))
        answer = self.answers.get(verb)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def stream(self, verb: str, **args: Any) -> AsyncGenerator[dict[str, Any], None]:
        self.calls.append((verb, args))
        for event in self.events:
            yield event


def with_status(info: AgentInfo, status: AgentStatus, **facts: Any) -> AgentInfo:
    """Return the same agent one step further."""
    return replace(info, status=status, **facts)
