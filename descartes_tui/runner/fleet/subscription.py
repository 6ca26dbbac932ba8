"""Follows one agent: its output from the start of its run, and every step of its status, until it is over."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from descartes_tui.runner.fleet.changes import AgentChanged, AgentRemoved, Change
from descartes_tui.runner.fleet.fleet import Fleet
from descartes_tui.runner.fleet.line_joiner import LineJoiner
from descartes_tui.runner.fleet.output import Cursor
from descartes_tui.runner.logs.follow import Watcher
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.runner import Output, StatusChanged
from descartes_tui.runner.model.status import AgentStatus

MOST_STATUSES: Final = 256  # steps that wait for a slow consumer; then the oldest are dropped
IN_ONE_GO: Final = 64  # outputs between two looks at the status
QUIET: Final = 0.2  # seconds after which an unfinished line is let go: it may be a prompt

_CLOSING: Final = frozenset(
    {AgentStatus.COMPLETED, AgentStatus.FAILED, AgentStatus.TERMINATED, AgentStatus.BACKOFF, AgentStatus.IDLE}
)


class Subscription:
    """One follower. Output waits in the log, so a consumer may be as slow as it likes."""

    def __init__(self, fleet: Fleet, agent_id: str, cursor: Cursor, *, whole_lines: bool) -> None:
        self._fleet = fleet
        self._id = agent_id
        self._cursor = cursor
        self._joiner = LineJoiner() if whole_lines else None
        self._news: deque[AgentInfo] = deque(maxlen=MOST_STATUSES)
        self._wake = asyncio.Event()
        self._last: AgentInfo | None = None
        self._removed = False
        self._watched: Path | None = None

    async def follow(self) -> AsyncIterator[Output | StatusChanged]:
        """Yield until the agent is over and everything it wrote has been yielded."""
        self._note(self._fleet.info(self._id))
        stop_observing = self._fleet.observe(self._hear)
        try:
            with Watcher() as watcher:
                async for item in self._follow(watcher):
                    yield item
        finally:
            stop_observing()

    async def _follow(self, watcher: Watcher) -> AsyncIterator[Output | StatusChanged]:
        self._watch_only(watcher)
        while True:
            over = self._removed or self._fleet.is_over(self._id)
            while self._news:
                for item in self._take(self._news.popleft()):
                    yield item
                self._watch_only(watcher)
            found = False
            for output in islice(self._read() if self._may_read() else (), IN_ONE_GO):
                found = True
                yield output
            if over and not found and not self._news:
                for output in self._let_go():
                    yield output
                return
            if not found and not await self._anything(watcher):
                for output in self._let_go():
                    yield output

    def _take(self, info: AgentInfo) -> Iterator[Output | StatusChanged]:
        """Yield a step; one that closes a run comes after all output of that run."""
        if info.run > self._cursor.run:
            yield from self._rest_of_run()
            self._cursor.to_run(info.run)
        if info.status in _CLOSING:
            yield from self._rest_of_run()
        yield StatusChanged(info)

    def _may_read(self) -> bool:
        """False while a run starts: that it runs is told before what it says."""
        return self._last is None or self._last.status is not AgentStatus.STARTING

    def _rest_of_run(self) -> Iterator[Output]:
        yield from self._read()
        yield from self._let_go()

    def _read(self) -> Iterator[Output]:
        for output in self._cursor.read():
            if self._joiner is None:
                yield output
            else:
                yield from self._joiner.add(output)

    def _let_go(self) -> list[Output]:
        return self._joiner.flush() if self._joiner is not None else []

    async def _anything(self, watcher: Watcher) -> bool:
        """Wait for a step or for output; False when an unfinished line has waited long enough."""
        held = bool(self._joiner)
        try:
            async with asyncio.timeout(QUIET if held else None):
                await self._either(watcher)
        except TimeoutError:
            return False
        return True

    async def _either(self, watcher: Watcher) -> None:
        tasks = [asyncio.ensure_future(self._wake.wait()), asyncio.ensure_future(watcher.changed())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._wake.clear()

    def _watch_only(self, watcher: Watcher) -> None:
        """Watch the log of the present run; called before reading, so that nothing falls in between."""
        path = self._cursor.path
        if path != self._watched:
            if self._watched is not None:
                watcher.remove(self._watched)
            watcher.add(path)
            self._watched = path

    def _hear(self, change: Change) -> None:
        if isinstance(change, AgentChanged) and change.info.id == self._id:
            self._note(change.info)
        elif isinstance(change, AgentRemoved) and change.id == self._id:
            self._removed = True
            self._wake.set()

    def _note(self, info: AgentInfo) -> None:
        last, self._last = self._last, info
        if last is None or (last.status, last.run) != (info.status, info.run):
            self._news.append(info)
            self._wake.set()
