"""Logs of runs for tests, written as a keeper writes them."""

from collections.abc import Sequence
from pathlib import Path

from descartes_tui.runner.model.folders import INDEX, INDEX_RECORD, LOG, STDERR, STDOUT

STREAMS = {"stdout": STDOUT, "stderr": STDERR}


def record(offset: int, stream: str, at: float) -> bytes:
    """Return one record of the index."""
    return INDEX_RECORD.pack(offset, int(at * 1e9) << 2 | STREAMS[stream])


def make_log(folder: Path, pieces: Sequence[tuple[str, bytes]], *, start: float = 1000.0) -> Path:
    """Write a run's log and index: piece number k arrived k seconds after `start`."""
    folder.mkdir(exist_ok=True, parents=True)
    offset = 0
    with (folder / LOG).open("wb") as log, (folder / INDEX).open("wb") as index:
        for number, (stream, data) in enumerate(pieces):
            index.write(record(offset, stream, start + number))
            log.write(data)
            offset += len(data)
    return folder / LOG
