"""Real runs for the tests of the portable launcher: start one, hear its events, read its log."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import psutil

from descartes_tui.runner.model.folders import INDEX, INDEX_RECORD, LOG, MARK
from descartes_tui.runner.model.run import Ended, RunEvent, RunLink, RunSpec, StartFailed
from descartes_tui.runner.process.portable import PortableLauncher
from tests.waiting import wait_for

E = TypeVar("E")


@dataclass(slots=True)
class Run:
    """A run, what was heard of it, and where its files are."""

    spec: RunSpec
    events: list[RunEvent] = field(default_factory=list)
    link: RunLink | None = None

    def one(self, kind: type[E]) -> E:
        """Return the only event of a kind."""
        (event,) = [event for event in self.events if isinstance(event, kind)]
        return event

    def has(self, kind: type[E], check: Callable[[E], object] = lambda event: True) -> bool:
        """True when such an event has come."""
        return any(isinstance(event, kind) and check(event) for event in self.events)

    @property
    def log(self) -> bytes:
        """What the log holds."""
        return (self.spec.folder / LOG).read_bytes()

    def stream(self, number: int) -> bytes:
        """What one stream wrote, by the index."""
        records = list(INDEX_RECORD.iter_unpack((self.spec.folder / INDEX).read_bytes()))
        ends = [offset for offset, _ in records[1:]] + [len(self.log)]
        parts = [
            self.log[offset:end]
            for (offset, word), end in zip(records, ends, strict=True)
            if word & 3 == number
        ]
        return b"".join(parts)

    @property
    def living(self) -> RunLink:
        """The link."""
        assert self.link is not None
        return self.link

    async def ended(self) -> Ended:
        """Wait for the end."""
        await wait_for("the end of the run", lambda: self.has(Ended))
        return self.one(Ended)

    async def failed(self) -> str:
        """Wait for the failure to start and return its cause."""
        await wait_for("the failure", lambda: self.has(StartFailed))
        return self.one(StartFailed).cause

    async def wrote(self, text: bytes) -> None:
        """Wait until the log holds a text."""
        await wait_for(f"{text!r} in the log", lambda: text in self.log)


async def launch(launcher: PortableLauncher, folder: Path, *argv: str, **facts: object) -> Run:
    """Start a program in a folder of its own."""
    run_id = str(uuid4())
    home = folder / run_id
    home.mkdir(mode=0o700)
    env = {"PATH": os.environ["PATH"], MARK: run_id}
    given: dict[str, object] = {"argv": argv, "env": env, "cwd": str(folder), **facts}
    run = Run(RunSpec(run_id=run_id, folder=home, **given))  # type: ignore[arg-type]
    run.link = await launcher.launch(run.spec, run.events.append)
    return run


def python(code: str, *arguments: str) -> Sequence[str]:
    """Return the command that runs a piece of Python, quick to start."""
    return (sys.executable, "-I", "-S", "-c", code, *arguments)


def numbers_in(text: bytes) -> list[int]:
    """Return the numbers in a text, one a line."""
    return [int(line) for line in text.split() if line.isdigit()]


def is_alive(pid: int) -> bool:
    """True for a process that is there and no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def cpu_of(pids: Sequence[int]) -> list[float]:
    """Return the seconds of CPU that processes have used, system time included."""
    return [sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids]


async def let_pass(seconds: float) -> None:
    """Let time pass, to see that nothing happens in it."""
    end = time.monotonic() + seconds
    await wait_for("time to pass", lambda: time.monotonic() > end)
