"""Talk to the supervisor from an event loop, and go on when it is killed and comes back."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from descartes_tui.runner.wire.agents import agent_from_json
from descartes_tui.runner.wire.errors import NoSupervisor, WireError
from descartes_tui.runner.wire.link import Json, Link
from descartes_tui.runner.wire.updates import Changed, Disconnected, Snapshot, Update

REPEATABLE: Final = frozenset({"list", "show", "detach_check"})  # verbs that only look
RETRY: Final = 0.5  # seconds between two looks for a supervisor that is away


class AsyncClient:
    """Speaks with one session's supervisor. Not bound to one connection: the next call finds the next one."""

    def __init__(self, session: str, *, start: bool = False, timeout: float = 5.0) -> None:
        self.session = session
        self._start, self._timeout = start, timeout
        self._link: Link | None = None
        self._connecting = asyncio.Lock()

    @classmethod
    async def connect(
        cls,
        session: str,
        *,
        start: bool = False,
        timeout: float = 5.0,  # noqa: ASYNC109 as the other client has it
    ) -> "AsyncClient":
        """Return a client that has reached its supervisor; as `Client.connect` does."""
        client = cls(session, start=start, timeout=timeout)
        await client._connected()
        return client

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; what was asked to be done goes on, and streams of this client end."""
        if self._link is not None:
            await self._link.close()

    @property
    def hello(self) -> Json:
        """What the supervisor said of itself: protocol, version, pid, session, started_at."""
        return self._link.hello if self._link is not None else {}

    async def call(
        self,
        verb: str,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 it is the supervisor's bound too
        **args: Any,
    ) -> Any:
        """Return the supervisor's answer, as `Client.call` does; may be called many times at once.

        A supervisor that died before the call is found or started again. When it dies during the call, a verb
        that only looks is repeated; of others nobody knows whether the work was done, so the caller is told:
        WireError `communication`.
        """
        try:
            return await (await self._connected()).call(verb, within=timeout, **args)
        except WireError as error:
            if error.code != "communication" or verb not in REPEATABLE:
                raise
        return await (await self._connected()).call(verb, within=timeout, **args)

    async def stream(self, verb: str, **args: Any) -> AsyncGenerator[Json, None]:
        """Yield the events of a verb that answers with many, over a connection of their own."""
        link = await self._open(start=self._start, streams=True)
        try:
            async with aclosing(link.stream(verb, **args)) as events:
                async for event in events:
                    yield event
        finally:
            await link.close()

    async def watch(self) -> AsyncGenerator[Update, None]:
        """Yield the fleet, then its changes, for ever.

        When the supervisor goes, Disconnected; one that died is started again, one that left on purpose with
        nothing behind is waited for. Then a new Snapshot.
        """
        start, told = self._start, None
        while True:
            gone = Disconnected("the supervisor has ended", ended=True)
            try:
                async with aclosing(self._watch_once(start)) as updates:
                    async for update in updates:
                        told = None
                        yield update
                start = False
            except NoSupervisor as error:
                gone, start = Disconnected(error.message, ended=True), False
            except WireError as error:
                gone, start = Disconnected(error.message), True
            delay = 0.0 if told is None and start else RETRY
            if gone != told:
                told = gone
                yield gone
            await asyncio.sleep(delay)

    async def _watch_once(self, start: bool) -> AsyncGenerator[Update, None]:
        link = await self._open(start=start, streams=True)
        try:
            async with aclosing(link.stream("watch")) as events:
                async for event in events:
                    yield _update(event)
        finally:
            await link.close()

    async def _connected(self) -> Link:
        async with self._connecting:
            if self._link is None or not self._link.alive:
                if self._link is not None:
                    await self._link.close()
                self._link = await self._open(start=self._start)
            return self._link

    async def _open(self, *, start: bool, streams: bool = False) -> Link:
        return await Link.open(self.session, start=start, within=self._timeout, streams=streams)


def _update(event: Json) -> Update:
    seq = int(event.get("seq", 0))
    if "snapshot" in event:
        agents = tuple(agent_from_json(agent) for agent in event["snapshot"])
        return Snapshot(agents, seq, str(event.get("session", "")))
    changed = tuple(agent_from_json(agent) for agent in event.get("changed", ()))
    return Changed(changed, tuple(event.get("removed", ())), seq)
