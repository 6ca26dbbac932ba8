"""One client of the supervisor: reads its requests, answers each in its own task, outlasts nonsense."""

import asyncio
import logging
from contextlib import aclosing, suppress
from typing import Any, Final

from descartes_tui.runner.fleet.tasks import Tasks
from descartes_tui.runner.model.errors import CommunicationError
from descartes_tui.runner.supervisor.desk import REFUSALS, Desk
from descartes_tui.runner.supervisor.requests import Cancel, parse
from descartes_tui.runner.supervisor.verbs import VERBS, Answer, Stream
from descartes_tui.runner.wire.faults import BadRequest, error_to_json
from descartes_tui.runner.wire.framing import ANSWER_LIMIT, REQUEST_LIMIT, LineBuffer, decode_object, encode

log = logging.getLogger(__name__)

AT_ONCE: Final = 64  # requests of one connection that may be under way
HURRY: Final = 10.0  # seconds for the rest of a line that has begun, and for a first line
FAREWELL: Final = 2.0  # seconds to take the last answers, at the end of the supervisor
_CHUNK: Final = 1 << 16

Json = dict[str, Any]


class Connection:
    """Serves one client until it leaves. What it asked to be done goes on without it."""

    def __init__(
        self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, desk: Desk
    ) -> None:
        self._name, self._reader, self._writer, self._desk = name, reader, writer, desk
        self._lines = LineBuffer(REQUEST_LIMIT)
        self._tasks = Tasks()
        self._under_way: dict[int | str, asyncio.Task[None]] = {}
        self._droppable: set[int | str] = set()
        self._writing = asyncio.Lock()
        self._leaving = False
        self._deadline: float | None = asyncio.get_running_loop().time() + HURRY

    async def serve(self) -> None:
        """Answer requests until the client leaves or sends what is no request."""
        try:
            await self._read()
        except BadRequest as error:
            await self._say({"id": None, "error": error_to_json(error)})
        except ConnectionError:
            pass
        finally:
            await self._finish()

    async def close(self) -> None:
        """End it from our side, with the answers that are ready written."""
        self._leaving = True
        await self._tasks.close()
        self._writer.close()

    async def _finish(self) -> None:
        """Drop waits and streams, for nobody listens; answer the rest, for the client may only have closed
        its sending half."""
        for number in tuple(self._droppable):
            self._under_way[number].cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        self._writer.close()
        with suppress(OSError, TimeoutError):
            await asyncio.wait_for(self._writer.wait_closed(), FAREWELL)
        self._writer.transport.abort()

    async def _read(self) -> None:
        while data := await self._receive():
            had_part = self._lines.partial
            lines = self._lines.feed(data)
            if lines or not had_part:  # a line that has begun must be whole in time, however it trickles
                begun = asyncio.get_running_loop().time() + HURRY
                self._deadline = begun if self._lines.partial else None
            for line in lines:
                await self._accept(line)

    async def _receive(self) -> bytes:
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._reader.read(_CHUNK)
        except TimeoutError:
            raise BadRequest(f"no complete request line within {HURRY:g} s") from None

    async def _accept(self, line: bytes) -> None:
        request = decode_object(line)
        number, verb, args = request.get("id"), request.get("verb"), request.get("args", {})
        try:
            self._check(number, verb)
        except BadRequest as error:
            shown = number if isinstance(number, int | str) else None
            await self._say({"id": shown, "error": error_to_json(error)})
            return
        assert isinstance(number, int | str)
        work = self._answer(number, str(verb), args)
        self._under_way[number] = self._tasks.start(work, f"{verb} {number} of {self._name}")

    def _check(self, number: object, verb: object) -> None:
        if not isinstance(number, int | str) or isinstance(number, bool):
            raise BadRequest("id: expected a number or a text that names this request")
        if not isinstance(verb, str):
            raise BadRequest("verb: expected a text")
        if number in self._under_way:
            raise BadRequest(f"id: request {number!r} is still under way; use another id")
        if len(self._under_way) >= AT_ONCE:
            raise BadRequest(f"more than {AT_ONCE} requests are under way on this connection")

    async def _answer(self, number: int | str, verb: str, args: object) -> None:
        try:
            await self._say({"id": number, "ok": await self._act(number, verb, args)})
        except asyncio.CancelledError:
            await self._say({"id": number, **self._early_end(verb)})
        except REFUSALS as error:
            await self._say({"id": number, "error": error_to_json(error)})
        except Exception as error:
            log.exception("%s failed", verb)
            told = f"{verb}: the supervisor made a mistake ({type(error).__name__}); supervisor.log has it"
            await self._say({"id": number, "error": {"code": "failed", "message": told}})
        finally:
            self._under_way.pop(number, None)
            self._droppable.discard(number)

    async def _act(self, number: int | str, verb: str, args: object) -> Any:
        if verb == "cancel":
            return self._cancel(args)
        match VERBS.get(verb):
            case Answer(kind, run, drops):
                if drops:
                    self._droppable.add(number)
                return await run(self._desk, parse(verb, args, kind))
            case Stream(kind, stream):
                self._droppable.add(number)
                async with aclosing(stream(self._desk, parse(verb, args, kind))) as events:
                    async for event in events:
                        await self._say({"id": number, "event": event})
                        if self._writer.is_closing():
                            break
                return None
            case _:
                known = ", ".join([*VERBS, "cancel"])
                raise BadRequest(f"unknown verb {verb!r:.80}; expected one of {known}")

    def _early_end(self, verb: str) -> Json:
        if self._leaving and not isinstance(VERBS.get(verb), Stream):
            return {"error": error_to_json(CommunicationError(f"{verb}: the supervisor is ending"))}
        return {"ok": None}

    def _cancel(self, args: object) -> None:
        number = parse("cancel", args, Cancel).id
        if number in self._droppable:
            self._under_way[number].cancel()

    async def _say(self, message: Json) -> None:
        """Write one line when the client has taken those before; a client that has left is no error."""
        async with self._writing:
            line = encode(message)
            if len(line) > ANSWER_LIMIT:
                too_long = {"code": "failed", "message": f"the answer is longer than {ANSWER_LIMIT} bytes"}
                line = encode({"id": message["id"], "error": too_long})
            with suppress(ConnectionError):
                self._writer.write(line)
                await self._writer.drain()
