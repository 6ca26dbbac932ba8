"""Reads what agents wrote, from their logs: nothing is held in memory, so nobody who is slow hurts anybody."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from descartes_tui.runner.logs.source import RunLog
from descartes_tui.runner.model.folders import LOG, run_folder
from descartes_tui.runner.model.runner import Output

AT_ONCE: Final = 64 << 10  # bytes


@dataclass(slots=True)
class Cursor:
    """A place in the output of one agent: the run, and the offset in its log. Holds no file open."""

    session: Path
    agent_id: str
    run: int = 1
    offset: int = 0

    @property
    def path(self) -> Path:
        """The log of the present run."""
        return run_folder(self.session, self.agent_id, self.run) / LOG

    def to_run(self, number: int) -> None:
        """Go to the beginning of another run."""
        self.run, self.offset = number, 0

    def read(self) -> Iterator[Output]:
        """Yield what is there of both streams, at most 64 KiB of one stream at once, and move on."""
        with RunLog(self.path) as log:
            for piece in log.index.runs(self.offset, log.size):
                for start in range(piece.start, piece.end, AT_ONCE):
                    data = log.read(start, min(start + AT_ONCE, piece.end))
                    self.offset = start + len(data)
                    if data:
                        yield Output(piece.stream, data, start, piece.at or 0.0)

    def read_stream(self, stream: str) -> bytes:
        """Return up to 64 KiB of one stream, b"" when nothing of it is there; the other one is passed over."""
        found = bytearray()
        with RunLog(self.path) as log:
            for piece in log.index.runs(self.offset, log.size):
                end = piece.end
                if piece.stream == stream:
                    end = min(end, piece.start + AT_ONCE - len(found))
                    found += log.read(piece.start, end)
                self.offset = end
                if len(found) >= AT_ONCE:
                    break
        return bytes(found)
