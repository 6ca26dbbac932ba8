"""The library's runner over a running supervisor: agents live there, and go on when this process ends."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from typing import Any, Final

from descartes_tui.runner.logs.reader import StreamReader
from descartes_tui.runner.model.config import AgentConfig
from descartes_tui.runner.model.errors import AgentError, CommunicationError, NotFound
from descartes_tui.runner.model.info import AgentInfo, ExitStatus
from descartes_tui.runner.model.runner import AgentHandle, Output, StatusChanged
from descartes_tui.runner.model.signals import AgentSignal
from descartes_tui.runner.wire.aclient import AsyncClient
from descartes_tui.runner.wire.client import sendable
from descartes_tui.runner.wire.codec import agent_from_json, config_to_json, error_from_json
from descartes_tui.runner.wire.errors import WireError
from descartes_tui.runner.wire.output import Pictures, follow_output
from descartes_tui.runner.wire.updates import Changed, Disconnected, Snapshot

_NAMES: Final = {AgentSignal.INTERRUPT: "INT", AgentSignal.TERMINATE: "TERM", AgentSignal.KILL: "KILL"}


class RemoteRunner:
    """An `AgentRunner` whose agents belong to a session's supervisor. Output is read from the log files.

    `env`: what agents inherit; the default is this process's environment.
    """

    def __init__(self, client: AsyncClient, *, env: Mapping[str, str] | None = None) -> None:
        self._client = client
        self._env = sendable(os.environ if env is None else env)
        self._pictures: dict[str, AgentInfo] = {}
        self._readers: dict[str, tuple[str, StreamReader]] = {}
        self._listeners: dict[Pictures, str] = {}  # to the id of the agent that each listens to
        self._ready: asyncio.Future[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    async def connect(
        cls, session: str, *, start: bool = True, env: Mapping[str, str] | None = None
    ) -> "RemoteRunner":
        """Return a runner that knows the session's agents; CommunicationError when there is no supervisor."""
        with _agent_errors():
            runner = cls(await AsyncClient.connect(session, start=start), env=env)
        await runner._begin_watching()
        return runner

    async def __aenter__(self) -> "RemoteRunner":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connection. Agents go on."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        for _, reader in self._readers.values():
            reader.close()
        await self._client.close()

    async def spawn(self, config: AgentConfig) -> AgentHandle:
        """Start an agent; SpawnFailed (with the cause in one line) when it cannot be started."""
        picture = await self._call("spawn", config=config_to_json(config), env=self._env)
        info = agent_from_json(picture)
        self._learn(info)
        return AgentHandle(self, info.id)

    async def list_agents(self) -> list[AgentInfo]:
        """Return all agents, in the order they were declared."""
        return [agent_from_json(agent) for agent in await self._call("list", all=True)]

    async def get_agent(self, agent_id: str) -> AgentInfo | None:
        """Return one agent, None when there is none of this id."""
        return next((info for info in await self.list_agents() if info.id == agent_id), None)

    def peek(self, agent_id: str) -> AgentInfo:
        """Return the newest picture that is known without asking; NotFound when there is none."""
        try:
            return self._pictures[agent_id]
        except KeyError:
            raise NotFound(agent_id) from None

    async def kill(self, agent_id: str) -> None:
        """Kill the whole family at once and wait until it is proven empty."""
        await self._act("kill", agent_id)

    async def signal(self, agent_id: str, signal: AgentSignal) -> None:
        """Send a signal to the whole family; PAUSE and RESUME are `pause` and `resume`."""
        if signal is AgentSignal.PAUSE:
            await self.pause(agent_id)
        elif signal is AgentSignal.RESUME:
            await self.resume(agent_id)
        else:
            await self._act("signal", agent_id, signal=_NAMES[signal])

    async def pause(self, agent_id: str, *, force: bool = True) -> None:
        """Stop the family; with `force=False`, ask by a JSON line on stdin instead."""
        await self._act("pause", agent_id, cooperative=not force)

    async def resume(self, agent_id: str) -> None:
        """Undo `pause`, in the way it was done."""
        await self._act("resume", agent_id)

    async def stop(self, agent_id: str, *, grace: float | None = None) -> None:
        """Climb the stop ladder, wait until the family is empty; `grace` (s) replaces the agent's own."""
        await self._act("stop", agent_id, grace=grace)

    async def write_stdin(self, agent_id: str, data: bytes) -> None:
        """Queue bytes for stdin; never waits for the agent to read them."""
        for start in range(0, len(data), 1 << 19):  # a request line has at most 1 MiB
            part = base64.b64encode(data[start : start + (1 << 19)]).decode()
            await self._call("send", agent=agent_id, data=part)

    async def close_stdin(self, agent_id: str) -> None:
        """Close stdin after what is queued."""
        await self._call("send", agent=agent_id, eof=True)

    async def read_stdout(self, agent_id: str) -> bytes | None:
        """Return what is there (at most 64 KiB), None when nothing is, b"" at the end of output."""
        return self._read(agent_id, "stdout")

    async def read_stderr(self, agent_id: str) -> bytes | None:
        """Like `read_stdout`, for the other stream; each has a position of its own."""
        return self._read(agent_id, "stderr")

    async def wait(self, agent_id: str) -> ExitStatus:
        """Return how the run ended, when its family is empty and no restart follows."""
        while True:
            try:
                (agent,) = await self._call("wait", agents=[agent_id], condition="exit")
                break
            except CommunicationError:
                await self._call("list")  # finds the next supervisor, or says that there is none
        info = agent_from_json(agent)
        self._learn(info)
        return ExitStatus(info.exit_code, info.exit_signal)

    async def subscribe(self, agent_id: str) -> AsyncIterator[Output | StatusChanged]:
        """Yield output of both streams from the start of the run and status changes, until it is over."""
        pictures: Pictures = asyncio.Queue()
        pictures.put_nowait(self.peek(agent_id))
        self._listeners[pictures] = agent_id
        try:
            async with aclosing(follow_output(pictures)) as items:
                async for item in items:
                    yield item
        finally:
            del self._listeners[pictures]

    async def shutdown_all(self) -> None:
        """Stop every agent of the session in parallel, and let go of the connection."""
        if await self._call("list", all=True):
            await self._call("stop", all=True)
        await self.close()

    # -- what is known --------------------------------------------------------------------------------

    async def _begin_watching(self) -> None:
        self._ready = asyncio.get_running_loop().create_future()
        self._watching = asyncio.create_task(self._watch(), name=f"pictures of {self._client.session}")
        await self._ready

    async def _watch(self) -> None:
        async for update in self._client.watch():
            match update:
                case Snapshot(agents):
                    known = {info.id for info in agents}
                    self._forget(agent for agent in tuple(self._pictures) if agent not in known)
                    self._learn(*agents)
                    if self._ready is not None and not self._ready.done():
                        self._ready.set_result(None)
                case Changed(agents, removed):
                    self._learn(*agents)
                    self._forget(iter(removed))
                case Disconnected():
                    pass

    def _learn(self, *agents: AgentInfo) -> None:
        for info in agents:
            before = self._pictures.get(info.id)
            if before is not None and (before.status_since or 0) > (info.status_since or 0):
                continue  # an answer that was overtaken by what the watch told
            self._pictures[info.id] = info
            if before is not None and (before.status, before.log_path) == (info.status, info.log_path):
                continue
            for pictures, agent in self._listeners.items():
                if agent == info.id:
                    pictures.put_nowait(info)

    def _forget(self, agents: Iterator[str]) -> None:
        for agent in agents:
            self._pictures.pop(agent, None)

    def _read(self, agent_id: str, stream: str) -> bytes | None:
        info = self.peek(agent_id)
        if info.log_path is None:
            return None
        path, reader = self._readers.get(agent_id, ("", None))
        if reader is None or path != info.log_path:
            if reader is not None:
                reader.close()
            reader = StreamReader(info.log_path)
            self._readers[agent_id] = (info.log_path, reader)
        return reader.read(stream) or (b"" if info.ended_at is not None else None)

    # -- asking ---------------------------------------------------------------------------------------

    async def _call(self, verb: str, **args: Any) -> Any:
        with _agent_errors():
            return await self._client.call(verb, **args)

    async def _act(self, verb: str, agent_id: str, **args: Any) -> None:
        (result,) = await self._call(verb, agents=[agent_id], **args)
        if not result["ok"]:
            raise error_from_json(result)


@contextmanager
def _agent_errors() -> Iterator[None]:
    """Raise what the wire reports as the class that the library's user knows."""
    try:
        yield
    except WireError as error:
        raise _agent_error(error) from None


def _agent_error(error: WireError) -> AgentError:
    if error.code == "no_supervisor":
        return CommunicationError(error.message)
    return error_from_json({"code": error.code, "message": error.message, **error.facts})
