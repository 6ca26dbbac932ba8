"""Fleets over runs that do what the test says."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from descartes_tui.runner.fleet.fleet import Fleet
from descartes_tui.runner.fleet.memory_store import MemoryStore
from descartes_tui.runner.model.config import AgentConfig, FleetConfig
from descartes_tui.runner.model.info import AgentInfo
from tests.runner.fleet.fakes import FakeBackend, FakeClock, FakeLauncher, settle


class World:
    """One session: its fleet may die and be followed by another, as supervisors do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.launcher = FakeLauncher(self.clock)
        self.launcher.endings = {}
        self.store = MemoryStore()
        self.statuses: list[str] = []
        self.fleet = self.new_fleet()

    def new_fleet(self) -> Fleet:
        """Begin anew with what is on disk and in the store, as after SIGKILL."""
        self.fleet = Fleet(
            self.folder,
            session="test",
            launcher=self.launcher,
            backends={"command": FakeBackend()},
            store=self.store,
            clock=self.clock,
            guard_interval=0.0,
        )
        return self.fleet

    async def up(
        self, *agents: AgentConfig, max_concurrent: int | None = None, names: tuple[str, ...] = ()
    ) -> None:
        fleet = FleetConfig("test", agents, max_concurrent=max_concurrent)
        await self.fleet.up(fleet, {"PATH": "/bin"}, names)
        await settle()

    def info(self, name: str) -> AgentInfo:
        (agent_id,) = self.fleet.resolve([name])
        return self.fleet.info(agent_id)

    def status(self, name: str) -> str:
        return self.info(name).status.value

    def history(self, name: str) -> list[str]:
        """The statuses that an agent went through, from the events."""
        self.fleet.flush()
        return [str(e.facts["new"]) for e in self.store.events(agent=name) if e.kind == "status"]

    def kinds(self, name: str) -> list[str]:
        self.fleet.flush()
        return [event.kind for event in self.store.events(agent=name)]


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    world = World(tmp_path / "session")
    yield world
    await world.fleet.close()


Make = Callable[..., AgentConfig]
