"""The one protocol that screen, command line and library speak, wherever the agents live."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from descartes_tui.runner.model.config import AgentConfig
from descartes_tui.runner.model.info import AgentInfo, ExitStatus
from descartes_tui.runner.model.signals import AgentSignal
from descartes_tui.runner.model.status import AgentStatus


@dataclass(frozen=True, slots=True)
class Output:
    """Bytes that an agent wrote, in the order they arrived. `stream` is `stdout` or `stderr`."""

    stream: str
    data: bytes
    offset: int  # of the first byte in the run's log
    at: float


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The agent took a step; `info` is the picture after it."""

    info: AgentInfo


class AgentRunner(Protocol):
    """Starts agents and acts on them. Agents are named by id (a UUID). Errors are AgentError's children."""

    async def spawn(self, config: AgentConfig) -> "AgentHandle":
        """Start an agent; SpawnFailed (with the cause in one line) when it cannot be started."""

    async def list_agents(self) -> list[AgentInfo]:
        """Return all agents, in the order they were declared."""

    async def get_agent(self, agent_id: str) -> AgentInfo | None:
        """Return one agent, None when there is none of this id."""

    async def kill(self, agent_id: str) -> None:
        """Kill the whole family at once and wait until it is proven empty."""

    async def signal(self, agent_id: str, signal: AgentSignal) -> None:
        """Send a signal to the whole family; PAUSE and RESUME are `pause` and `resume`."""

    async def pause(self, agent_id: str, *, force: bool = True) -> None:
        """Stop the family; with `force=False`, ask by a JSON line on stdin instead."""

    async def resume(self, agent_id: str) -> None:
        """Undo `pause`, in the way it was done."""

    async def write_stdin(self, agent_id: str, data: bytes) -> None:
        """Queue bytes for stdin; never waits for the agent to read them."""

    async def close_stdin(self, agent_id: str) -> None:
        """Close stdin after what is queued."""

    async def read_stdout(self, agent_id: str) -> bytes | None:
        """Return what is there (at most 64 KiB), None when nothing is, b"" at the end of output."""

    async def read_stderr(self, agent_id: str) -> bytes | None:
        """Like `read_stdout`, for the other stream; each has a position of its own."""

    def subscribe(self, agent_id: str) -> AsyncIterator[Output | StatusChanged]:
        """Yield output of both streams from the start of the run and status changes, until it is over."""

    async def wait(self, agent_id: str) -> ExitStatus:
        """Return how the run ended, when its family is empty and no restart follows."""

    async def stop(self, agent_id: str, *, grace: float | None = None) -> None:
        """Climb the stop ladder, wait until the family is empty; `grace` (s) replaces the agent's own."""

    async def shutdown_all(self) -> None:
        """Stop every agent in parallel and let everything go."""

    def peek(self, agent_id: str) -> AgentInfo:
        """Return the newest picture that is known without asking; NotFound when there is none."""


class AgentHandle:
    """One spawned agent. Holds no resources: it only passes its id to the runner that made it."""

    def __init__(self, runner: AgentRunner, agent_id: str) -> None:
        self._runner = runner
        self.id = agent_id

    def __repr__(self) -> str:
        return f"AgentHandle(name={self.name!r}, id={self.id!r}, status={self.status.value})"

    @property
    def info(self) -> AgentInfo:
        """The newest picture of the agent."""
        return self._runner.peek(self.id)

    @property
    def name(self) -> str:
        """The agent's name."""
        return self.info.name

    @property
    def pid(self) -> int | None:
        """The leader's pid; None when nothing runs."""
        return self.info.pid

    @property
    def status(self) -> AgentStatus:
        """The agent's status."""
        return self.info.status

    @property
    def exit_code(self) -> int | None:
        """Exit code of the last run; None while it runs, or when a signal ended it."""
        return self.info.exit_code

    @property
    def exit_signal(self) -> int | None:
        """Number of the signal that ended the last run, None when it exited by itself."""
        return self.info.exit_signal

    async def write_stdin(self, data: bytes) -> None:
        """Queue bytes for stdin; CommunicationError when it is closed, absent or its queue is full."""
        await self._runner.write_stdin(self.id, data)

    async def close_stdin(self) -> None:
        """Close stdin after what is queued."""
        await self._runner.close_stdin(self.id)

    async def read_stdout(self) -> bytes | None:
        """Return what is there (at most 64 KiB), None when nothing is, b"" at the end of output."""
        return await self._runner.read_stdout(self.id)

    async def read_stderr(self) -> bytes | None:
        """Like `read_stdout`, for the other stream."""
        return await self._runner.read_stderr(self.id)

    def subscribe(self) -> AsyncIterator[Output | StatusChanged]:
        """Yield output and status changes until the run is over."""
        return self._runner.subscribe(self.id)

    async def wait(self) -> ExitStatus:
        """Return how the run ended."""
        return await self._runner.wait(self.id)

    async def stop(self, *, grace: float | None = None) -> None:
        """Climb the stop ladder; returns when the family is empty."""
        await self._runner.stop(self.id, grace=grace)

    async def kill(self) -> None:
        """Kill the whole family; returns when it is empty."""
        await self._runner.kill(self.id)
