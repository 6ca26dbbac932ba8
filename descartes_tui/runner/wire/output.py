"""Output and status changes of one agent as one stream, from its pictures and its log files."""

import asyncio
from collections.abc import AsyncGenerator, Iterator

from descartes_tui.runner.logs.follow import Watcher
from descartes_tui.runner.logs.reader import read_chunks
from descartes_tui.runner.logs.source import RunLog
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.runner import Output, StatusChanged

Pictures = asyncio.Queue[AgentInfo]


async def follow_output(pictures: Pictures) -> AsyncGenerator[Output | StatusChanged, None]:
    """Yield output from the start of the present run, and each step of the status, until the agent rests.

    `pictures` brings those of one agent, the first at once. What was written before a step comes before it.
    """
    source, status = _Source(), None
    try:
        while True:
            info = await _next(pictures, source)
            for output in source.rest():
                yield output
            if info is None:
                continue
            if source.turn_to(info.log_path):
                for output in source.rest():
                    yield output
            if info.status is not status:
                status = info.status
                yield StatusChanged(info)
                if status.has_ended:
                    return
    finally:
        source.close()


class _Source:
    """The log of the run that is followed now, and how far it has been read."""

    def __init__(self) -> None:
        self._log: RunLog | None = None
        self._offset = 0
        self.watcher: Watcher | None = None

    def turn_to(self, path: str | None) -> bool:
        """Follow the log at `path`; False when it is followed already or there is none."""
        if not path or (self._log is not None and str(self._log.path) == path):
            return False
        self.close()
        self.watcher, self._log, self._offset = Watcher(path), RunLog(path), 0
        return True

    def rest(self) -> Iterator[Output]:
        """Yield what was written since the last time."""
        if self._log is None:
            return
        self._log.refresh()
        for chunk in read_chunks(self._log, self._offset):
            self._offset = chunk.offset + len(chunk.data)
            yield Output(chunk.stream, chunk.data, chunk.offset, chunk.at or 0.0)

    def close(self) -> None:
        if self._log is not None and self.watcher is not None:
            self._log.close()
            self.watcher.close()


async def _next(pictures: Pictures, source: _Source) -> AgentInfo | None:
    """Return the next picture, or None as soon as the log has grown."""
    if not pictures.empty() or source.watcher is None:
        return await pictures.get()
    picture = asyncio.create_task(pictures.get(), name="next picture")
    growth = asyncio.create_task(source.watcher.changed(), name="log growth")
    try:
        await asyncio.wait((picture, growth), return_when=asyncio.FIRST_COMPLETED)
        return picture.result() if picture.done() else None
    finally:
        for task in (picture, growth):
            task.cancel()
        await asyncio.gather(picture, growth, return_exceptions=True)
