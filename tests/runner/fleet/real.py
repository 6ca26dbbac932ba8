"""A fleet with real keepers and real processes, whose history the test reads."""

import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from descartes_tui.runner.backends.registry import backends
from descartes_tui.runner.fleet.fleet import Fleet
from descartes_tui.runner.fleet.memory_store import MemoryStore
from descartes_tui.runner.model.config import AgentConfig, FleetConfig
from descartes_tui.runner.model.event import Event
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.process.launcher import KeeperLauncher
from descartes_tui.runner.process.sampler import Sampler
from tests.waiting import wait_for


class Real:
    """A session; `again` gives its agents to a new fleet, as after the death of a supervisor."""

    def __init__(self, folder: Path, **options: object) -> None:
        self.folder, self.options = folder, options
        self.store = MemoryStore()
        self.fleet = self._new()

    def _new(self) -> Fleet:
        self.launcher = KeeperLauncher()
        return Fleet(
            self.folder,
            session="real",
            launcher=self.launcher,
            backends=backends(),
            store=self.store,
            sampler=Sampler(),
            **self.options,  # type: ignore[arg-type]
        )

    async def again(self) -> None:
        """Let go of everything and have another fleet take it up."""
        await self.fleet.close()
        await self.launcher.close()
        self.fleet = self._new()
        await self.fleet.open()
        await self.fleet.adopt()

    async def up(self, *agents: AgentConfig, max_concurrent: int | None = None) -> None:
        fleet = FleetConfig("real", agents, max_concurrent=max_concurrent)
        await self.fleet.up(fleet, dict(os.environ))

    def info(self, name: str) -> AgentInfo:
        (agent_id,) = self.fleet.resolve([name])
        return self.fleet.info(agent_id)

    async def becomes(self, name: str, status: str) -> AgentInfo:
        await wait_for(f"{name} is {status}", lambda: self.info(name).status.value == status)
        return self.info(name)

    async def prints(self, name: str, text: str) -> None:
        (agent_id,) = self.fleet.resolve([name])
        await self.fleet.wait_for([agent_id], f"log:{text}")

    def events(self, kind: str, name: str | None = None) -> list[Event]:
        self.fleet.flush()
        return [event for event in self.store.events(agent=name) if event.kind == kind]


@asynccontextmanager
async def real_fleet(folder: Path, **options: object) -> AsyncIterator[Real]:
    """Open a session in `folder`, and leave nothing of it behind."""
    real = Real(folder, **options)
    await real.fleet.open()
    try:
        yield real
    finally:
        await real.fleet.shutdown(0.5)
        await real.fleet.close()
        await real.launcher.close()


def python(name: str, code: str, **more: object) -> AgentConfig:
    """Return an agent that runs `code`."""
    return AgentConfig(name, command=[sys.executable, "-S", "-u", "-c", code], **more)  # type: ignore[arg-type]


def names(agents: Sequence[AgentInfo]) -> list[str]:
    return [info.name for info in agents]
