"""One connection to the supervisor in an event loop: many requests at once, each answer to who asked."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

from descartes_tui.runner.wire.client import Client, opened, time_limit
from descartes_tui.runner.wire.errors import WireError
from descartes_tui.runner.wire.faults import BadRequest
from descartes_tui.runner.wire.framing import ANSWER_LIMIT, LineBuffer, decode_object, encode

_CHUNK = 1 << 18
Json = dict[str, Any]


class Link:
    """A greeted connection. Ends by `close`, or by itself when the supervisor goes: then `alive` is False."""

    def __init__(
        self, session: str, hello: Json, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.session, self.hello = session, hello
        self._reader, self._writer = reader, writer
        self._lines = LineBuffer(ANSWER_LIMIT + 1024)
        self._waiting: dict[int, tuple[str, asyncio.Future[Json]]] = {}
        self._last_id = 0
        self._hearing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, session: str, *, start: bool, within: float, streams: bool = False) -> "Link":
        """Connect and greet. A link that `streams` carries one stream; others carry any number of calls."""
        client = await asyncio.to_thread(Client.connect, session, start=start, timeout=within)
        line = client.release()
        line.setblocking(False)
        reader, writer = await asyncio.open_unix_connection(sock=line)
        link = cls(session, client.hello, reader, writer)
        if not streams:
            link._hearing = asyncio.create_task(link._hear(), name=f"answers of session {session}")
        return link

    @property
    def alive(self) -> bool:
        """True while answers can come."""
        return self._hearing is not None and not self._hearing.done()

    async def close(self) -> None:
        """Close the connection; what was asked to be done goes on."""
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def call(self, verb: str, *, within: float | None = None, **args: Any) -> Any:
        """Return the supervisor's answer; WireError carries its refusal, or that it is gone or late.

        `within` (seconds) is also sent as `timeout` to verbs that have such an argument.
        """
        limit = time_limit(verb, within, args)
        if not self.alive:
            raise self._gone(verb)
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        number = self._last_id = self._last_id + 1
        self._waiting[number] = verb, answer
        try:
            async with asyncio.timeout(limit):
                await self._send(number, verb, args)
                return opened(await answer)
        except TimeoutError:
            raise WireError("timeout", f"{verb}: no answer from the supervisor in time") from None
        finally:
            self._waiting.pop(number, None)

    async def stream(self, verb: str, **args: Any) -> AsyncGenerator[Json, None]:
        """Yield the events of a verb that answers with many. WireError when the supervisor goes meanwhile."""
        await self._send(1, verb, args)
        while True:
            for answer in await self._answers(verb):
                if "event" in answer:
                    yield answer["event"]
                else:
                    opened(answer)
                    return

    async def _send(self, number: int, verb: str, args: Json) -> None:
        try:
            self._writer.write(encode({"id": number, "verb": verb, "args": args}))
            await self._writer.drain()
        except OSError:
            raise self._gone(verb) from None

    async def _answers(self, verb: str) -> list[Json]:
        try:
            data = await self._reader.read(_CHUNK)
            if not data:
                raise self._gone(verb)
            return [decode_object(line) for line in self._lines.feed(data)]
        except (OSError, BadRequest):
            raise self._gone(verb) from None

    async def _hear(self) -> None:
        try:
            while True:
                for answer in await self._answers("answer"):
                    self._give(answer)
        except WireError:
            pass
        finally:
            for verb, waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(self._gone(verb))

    def _give(self, answer: Json) -> None:
        number = answer.get("id")
        if number is None:  # about the connection itself: everybody on it is told
            told = list(self._waiting.values())
        else:
            told = [self._waiting[number]] if number in self._waiting else []
        for _, waiting in told:
            if not waiting.done():
                waiting.set_result(answer)

    def _gone(self, verb: str) -> WireError:
        return WireError("communication", f"{verb}: the supervisor of {self.session!r} went away")
