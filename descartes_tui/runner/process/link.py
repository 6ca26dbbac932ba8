"""One run as the supervisor holds it: a socket to its keeper."""

import asyncio
import base64
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from descartes_tui.runner.model.errors import CommunicationError
from descartes_tui.runner.model.info import ExitStatus, FamilyMember
from descartes_tui.runner.model.run import (
    Ended,
    LeaderExited,
    Lost,
    Note,
    RunEvent,
    SignalReport,
    Started,
    StartFailed,
    Swept,
)
from descartes_tui.runner.process.members import describe

_ANSWER_SECONDS: Final = 10.0
_LINE_LIMIT: Final = 1 << 22


class KeeperLink:
    """Orders to a keeper and news from it. Owns the socket; `on_event` hears what happens, in order."""

    def __init__(
        self,
        connection: socket.socket,
        folder: Path,
        run_id: str,
        on_event: Callable[[RunEvent], None],
        on_lost: Callable[["KeeperLink"], Awaitable[None]],
    ) -> None:
        self.folder, self.run_id = folder, run_id
        self._connection = connection
        self._on_event, self._on_lost = on_event, on_lost
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._next = 0
        self._paused = False
        self._over = False
        self._facts: dict[str, Any] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._unsent: list[bytes] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The leader's pid, None before it runs and after the end."""
        return None if self._over else self._facts.get("pid")

    @property
    def keeper_pid(self) -> int | None:
        """The keeper's pid: everything below it is family."""
        return None if self._over else self._facts.get("keeper")

    def is_paused(self) -> bool:
        """True while the family is held still."""
        return self._paused

    def listen(self) -> None:
        """Begin to hear the keeper."""
        self._task = asyncio.create_task(self._hear(), name=f"keeper of {self.run_id}")

    async def greet(self) -> bool:
        """Ask an adopted keeper for its facts and announce them; False when it is just ending."""
        try:
            facts = await self._ask("hello")
        except CommunicationError:
            return False
        self._facts, self._paused = facts, bool(facts["paused"])
        self._on_event(Started(facts["pid"], facts["start_ticks"], facts["started_at"]))
        for kind, text in facts.get("notes", {}).items():
            self._on_event(Note(kind, text))
        if facts.get("exit"):
            self._on_event(LeaderExited(ExitStatus(*facts["exit"]), facts["started_at"]))
        return True

    async def signal(self, number: int, *, leader_only: bool = False, to_end: bool = False) -> SignalReport:
        """See model.run.RunLink."""
        facts = {"number": int(number), "leader_only": leader_only, "to_end": to_end}
        return _report(await self._ask("signal", **facts))

    async def pause(self) -> SignalReport:
        """See model.run.RunLink."""
        report = _report(await self._ask("pause"))
        self._paused = True
        return report

    async def resume(self) -> SignalReport:
        """See model.run.RunLink."""
        report = _report(await self._ask("resume"))
        self._paused = False
        return report

    async def kill(self) -> None:
        """See model.run.RunLink."""
        await self._ask("kill")

    async def write_stdin(self, data: bytes) -> None:
        """See model.run.RunLink."""
        answer = await self._ask("stdin", data=base64.b64encode(data).decode())
        if "refusal" in answer:
            raise CommunicationError(answer["refusal"])

    async def close_stdin(self) -> None:
        """See model.run.RunLink."""
        await self._ask("close_stdin")

    async def resize(self, rows: int, columns: int) -> None:
        """See model.run.RunLink."""
        await self._ask("resize", rows=rows, columns=columns)

    async def family(self) -> tuple[FamilyMember, ...]:
        """See model.run.RunLink."""
        answer = await self._ask("family")
        return describe([(pid, ticks) for pid, ticks in answer["pids"]])

    def conclude(self, event: Ended | Lost | StartFailed) -> None:
        """Announce the end, once."""
        if not self._over:
            self._over = True
            self._on_event(event)

    def close(self) -> None:
        """Let go of the keeper without disturbing it."""
        self._over = True
        if self._task is not None:
            self._task.cancel()

    # -- wire ---------------------------------------------------------------------------------------------

    async def _ask(self, operation: str, **facts: object) -> dict[str, Any]:
        """Send one order and return its answer; CommunicationError when the keeper is gone."""
        if self._over:
            raise CommunicationError("the run is over")
        self._next += 1
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[self._next] = answer
        line = json.dumps({"op": operation, "id": self._next, **facts}).encode() + b"\n"
        if self._writer is None:
            self._unsent.append(line)
        else:
            self._writer.write(line)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                reply = await answer
        except TimeoutError:
            raise CommunicationError(f"the keeper did not answer {operation} in time") from None
        if "error" in reply:
            raise CommunicationError(f"the keeper refused {operation}: {reply['error']}")
        return reply

    async def _hear(self) -> None:
        """Read the keeper's lines until it is gone."""
        reader, self._writer = await asyncio.open_connection(sock=self._connection, limit=_LINE_LIMIT)
        for line in self._unsent:
            self._writer.write(line)
        self._unsent.clear()
        try:
            while line := await reader.readline():
                self._take(json.loads(line))
        except (OSError, ValueError):
            pass  # cut off in the middle of a line: the same as gone
        finally:
            self._writer.close()
            self._break_off()
        if not self._over:
            await self._on_lost(self)

    def _break_off(self) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(CommunicationError("the run is over"))
        self._answers.clear()

    def _take(self, message: dict[str, Any]) -> None:
        """Deal with one line: an answer, or news."""
        kind = message.get("event")
        if kind is None:
            answer = self._answers.pop(message.get("id", 0), None)
            if answer is not None and not answer.done():
                answer.set_result(message)
        elif kind == "started":
            self._facts = message
            self._on_event(Started(message["pid"], message["start_ticks"], message["started_at"]))
        elif kind == "start_failed":
            self.conclude(StartFailed(message["cause"], message["errno"]))
        elif kind == "leader_exited":
            self._on_event(LeaderExited(ExitStatus(*message["exit"]), message["at"]))
        elif kind == "note":
            self._on_event(Note(message["kind"], message["text"]))
        elif kind == "ended":
            swept = tuple(Swept(*entry) for entry in message["swept"])
            self.conclude(
                Ended(ExitStatus(*message["exit"]), message["at"], swept, int(message["log_bytes"]))
            )


def _report(answer: dict[str, Any]) -> SignalReport:
    return SignalReport(tuple(answer["reached"]), tuple(answer["refused"]))
