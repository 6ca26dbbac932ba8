"""The runner as a library: agents as children of this program, with no supervisor."""

import os
import shutil
import tempfile
import weakref
from asyncio import Lock
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from descartes_tui.runner.backends.registry import backends
from descartes_tui.runner.fleet.fleet import Fleet
from descartes_tui.runner.fleet.output import Cursor
from descartes_tui.runner.fleet.subscription import Subscription
from descartes_tui.runner.model.config import AgentConfig, ProcessRunnerConfig
from descartes_tui.runner.model.errors import NotFound, SpawnFailed, TooManyAgents
from descartes_tui.runner.model.folders import private_folder
from descartes_tui.runner.model.info import AgentInfo, ExitStatus
from descartes_tui.runner.model.run import Launcher
from descartes_tui.runner.model.runner import AgentHandle, Output, StatusChanged
from descartes_tui.runner.model.signals import AgentSignal, signal_number
from descartes_tui.runner.process.sampler import Sampler

SESSION: Final = "local"
NUMBERS: Final = {AgentSignal.INTERRUPT: "INT", AgentSignal.TERMINATE: "TERM", AgentSignal.KILL: "KILL"}


class LocalProcessRunner:
    """Starts agents and acts on them; an AgentRunner (see there) for one event loop.

    Agents end when this program ends, however it ends. `async with` shuts everything down at its end. With
    `enable_json_streaming`, `subscribe` yields whole lines, several at once where they come fast; a line is cut
    where it passes 1 MiB, or when nothing more of it has come for 0.2 s. With `enable_health_checks`, the
    `health` probes of agents are run, and each `health_check_interval_secs` every run is looked at: an ending
    that was missed is found out and noted.
    """

    def __init__(self, config: ProcessRunnerConfig | None = None) -> None:
        self.config = config or ProcessRunnerConfig()
        self._fleet: Fleet | None = None
        self._launcher: Launcher | None = None
        self._folder = Path()
        self._opening = Lock()
        self._shut_down = False
        self._cursors: dict[tuple[str, str], Cursor] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.shutdown_all()

    # -- starting and listing -------------------------------------------------------------------------

    async def spawn(self, config: AgentConfig) -> AgentHandle:
        """Start an agent.

        SpawnFailed with the cause in one line; TooManyAgents past `max_concurrent_agents`; ExecutionError
        when an agent of this name lives.
        """
        fleet = await self._opened(config.name)
        limit = self.config.max_concurrent_agents
        if limit is not None and sum(not fleet.is_over(info.id) for info in fleet.snapshot()) >= limit:
            raise TooManyAgents(config.name, limit)
        info = await fleet.spawn(config, dict(os.environ), by="the program")
        for stream in ("stdout", "stderr"):
            self._cursors[info.id, stream] = self._cursor(info.id)
        return AgentHandle(self, info.id)

    async def list_agents(self) -> list[AgentInfo]:
        """Return all agents, in the order they were spawned first."""
        return self._fleet.snapshot() if self._fleet is not None else []

    async def get_agent(self, agent_id: str) -> AgentInfo | None:
        """Return one agent, None when there is none of this id."""
        try:
            return self.peek(agent_id)
        except NotFound:
            return None

    def peek(self, agent_id: str) -> AgentInfo:
        """Return the newest picture; NotFound when there is none."""
        return self._known(agent_id).info(agent_id)

    # -- ending ---------------------------------------------------------------------------------------

    async def kill(self, agent_id: str) -> None:
        """Kill the whole family and wait until it is proven empty; an agent that is over stays as it is."""
        fleet = self._known(agent_id)
        if fleet.info(agent_id).status.has_process:
            await fleet.kill(agent_id, by="the program")
        else:
            await self.stop(agent_id)

    async def stop(self, agent_id: str, *, grace: float | None = None) -> None:
        """Climb the stop ladder, wait until the family is empty; an agent that is over stays as it is."""
        fleet = self._known(agent_id)
        if not fleet.is_over(agent_id):
            await fleet.stop(agent_id, grace, by="the program")

    async def wait(self, agent_id: str) -> ExitStatus:
        """Return how the run ended, when its family is empty and no restart follows."""
        (info,) = await self._known(agent_id).wait_for([agent_id], "exit")
        return ExitStatus(info.exit_code, info.exit_signal)

    async def shutdown_all(self) -> None:
        """Stop every agent in parallel, each with its own grace, and let everything go. May be called again."""
        async with self._opening:
            if self._fleet is None or self._shut_down:
                self._shut_down = True
                return
            self._shut_down = True
            await self._fleet.shutdown(by="the program")
            await self._fleet.close()
            assert self._launcher is not None
            await self._launcher.close()
            if not self.config.state_dir:
                shutil.rmtree(self._folder, ignore_errors=True)

    # -- acting on what runs --------------------------------------------------------------------------

    async def signal(self, agent_id: str, signal: AgentSignal) -> None:
        """Send a signal to the whole family; PAUSE and RESUME are `pause` and `resume`."""
        match signal:
            case AgentSignal.PAUSE:
                await self.pause(agent_id)
            case AgentSignal.RESUME:
                await self.resume(agent_id)
            case _:
                number = signal_number(NUMBERS[signal])
                await self._known(agent_id).signal(agent_id, number, by="the program")

    async def pause(self, agent_id: str, *, force: bool = True) -> None:
        """Stop the family; with `force=False`, ask by a JSON line on stdin instead."""
        await self._known(agent_id).pause(agent_id, cooperative=not force, by="the program")

    async def resume(self, agent_id: str) -> None:
        """Undo `pause`, in the way it was done."""
        await self._known(agent_id).resume(agent_id, by="the program")

    async def write_stdin(self, agent_id: str, data: bytes) -> None:
        """Queue bytes for stdin; never waits for the agent to read them."""
        await self._known(agent_id).write_stdin(agent_id, data, by="the program")

    async def close_stdin(self, agent_id: str) -> None:
        """Close stdin after what is queued."""
        await self._known(agent_id).close_stdin(agent_id, by="the program")

    # -- reading --------------------------------------------------------------------------------------

    async def read_stdout(self, agent_id: str) -> bytes | None:
        """Return what is there (at most 64 KiB), None when nothing is, b"" when no more can come."""
        return self._read(agent_id, "stdout")

    async def read_stderr(self, agent_id: str) -> bytes | None:
        """Like `read_stdout`, for the other stream."""
        return self._read(agent_id, "stderr")

    def _read(self, agent_id: str, stream: str) -> bytes | None:
        fleet = self._known(agent_id)
        cursor = self._cursors.setdefault((agent_id, stream), self._cursor(agent_id))
        while True:
            info, over = fleet.info(agent_id), fleet.is_over(agent_id)
            if data := cursor.read_stream(stream):
                return data
            if info.run <= cursor.run:
                return b"" if over else None
            cursor.to_run(cursor.run + 1)

    async def subscribe(self, agent_id: str) -> AsyncIterator[Output | StatusChanged]:
        """Yield output of both streams from the start of the run and status changes, until it is over."""
        fleet = self._known(agent_id)
        whole = self.config.enable_json_streaming
        subscription = Subscription(fleet, agent_id, self._cursor(agent_id), whole_lines=whole)
        async for item in subscription.follow():
            yield item

    # -- inside ---------------------------------------------------------------------------------------

    def _known(self, agent_id: str) -> Fleet:
        """Return the fleet; NotFound when it does not know the agent."""
        if self._fleet is None:
            raise NotFound(agent_id)
        self._fleet.info(agent_id)
        return self._fleet

    def _cursor(self, agent_id: str) -> Cursor:
        return Cursor(self._folder, agent_id, run=max(self.peek(agent_id).run, 1))

    async def _opened(self, agent: str) -> Fleet:
        """Return the fleet, made at the first call."""
        async with self._opening:
            if self._shut_down:
                raise SpawnFailed(agent, "this runner was shut down; make a new one")
            if self._fleet is None:
                self._folder = self._make_folder()
                self._launcher = default_launcher(self.config)
                fleet = Fleet(
                    self._folder,
                    session=SESSION,
                    launcher=self._launcher,
                    backends=backends(),
                    sampler=Sampler(),
                    health_checks=self.config.enable_health_checks,
                    guard_interval=self.config.health_check_interval_secs,
                    durable=False,
                    on_loss=0.0,
                    working_dir=str(Path(self.config.working_dir or ".").absolute()),
                )
                await fleet.open()
                self._fleet = fleet
            return self._fleet

    def _make_folder(self) -> Path:
        if self.config.state_dir:
            return private_folder(Path(self.config.state_dir).absolute())
        folder = Path(tempfile.mkdtemp(prefix="descartes-runner-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)  # also when the program just ends
        return folder


def default_launcher(config: ProcessRunnerConfig) -> Launcher:
    """Return a launcher with keepers where there is a fork, else the portable one."""
    if hasattr(os, "fork") and not config.portable:
        from descartes_tui.runner.process.launcher import KeeperLauncher  # needs fcntl: not on every system

        return KeeperLauncher()
    from descartes_tui.runner.process.portable import PortableLauncher

    return PortableLauncher()
