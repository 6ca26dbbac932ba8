"""Real runs for tests: launched, listened to, looked up in /proc, and ended whatever happens."""

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from descartes_tui.runner.model.layout import MARK
from descartes_tui.runner.model.run import Ended, LeaderExited, Lost, RunEvent, RunSpec, Started, StartFailed
from descartes_tui.runner.process.launcher import KeeperLauncher
from descartes_tui.runner.process.link import KeeperLink
from tests.waiting import wait_for


@dataclass
class Run:
    """One run and everything that was announced about it."""

    spec: RunSpec
    events: list[RunEvent] = field(default_factory=list)
    link: KeeperLink | None = None

    @property
    def held(self) -> KeeperLink:
        """The link, which must be there."""
        assert self.link is not None
        return self.link

    @property
    def log(self) -> bytes:
        """What the agent wrote so far."""
        path = self.spec.folder / "log"
        return path.read_bytes() if path.exists() else b""

    def heard(self, kind: type[RunEvent]) -> Any:
        """The first event of a kind, None when there was none."""
        return next((event for event in self.events if isinstance(event, kind)), None)

    async def started(self) -> "Run":
        """Wait for the program to run."""
        await wait_for("the start", lambda: self.heard(Started))
        return self

    async def ended(self) -> Ended:
        """Wait for the end of the family."""
        await wait_for("the end", lambda: self.heard(Ended) or self.heard(Lost) or self.heard(StartFailed))
        ended = self.heard(Ended)
        assert isinstance(ended, Ended), self.events
        return ended

    async def wrote(self, text: bytes) -> "Run":
        """Wait for `text` in the log."""
        await wait_for(f"{text!r} in the log", lambda: text in self.log)
        return self


class Bench:
    """Launches runs below one folder."""

    def __init__(self, folder: Path, launcher: KeeperLauncher) -> None:
        self.folder, self.launcher = folder, launcher
        self.runs: list[Run] = []

    def spec(self, *argv: str, env: dict[str, str] | None = None, **options: Any) -> RunSpec:
        """Build the spec of a run in a folder of its own."""
        run_id = str(uuid.uuid4())
        folder = self.folder / run_id
        folder.mkdir(mode=0o700)
        environment = {**os.environ, **(env or {}), MARK: run_id}
        options.setdefault("cwd", str(self.folder))
        return RunSpec(run_id=run_id, folder=folder, argv=argv, env=environment, **options)

    async def run(self, *argv: str, **options: Any) -> Run:
        """Launch a program."""
        run = Run(self.spec(*argv, **options))
        link = await self.launcher.launch(run.spec, run.events.append)
        assert isinstance(link, KeeperLink)
        run.link = link
        self.runs.append(run)
        return run

    async def shell(self, script: str, **options: Any) -> Run:
        """Launch a shell script."""
        return await self.run("sh", "-c", script, **options)

    async def adopt(self, run: Run) -> Run:
        """Take a run up again, as a new supervisor would."""
        again = Run(run.spec)
        link = await self.launcher.adopt(run.spec.folder, run.spec.run_id, again.events.append)
        assert link is None or isinstance(link, KeeperLink)
        again.link = link
        self.runs.append(again)
        return again


@asynccontextmanager
async def bench(folder: Path, launcher: KeeperLauncher | None = None) -> AsyncIterator[Bench]:
    """Give a bench, and afterwards end all that it started."""
    made = Bench(folder, launcher or KeeperLauncher())
    try:
        yield made
    finally:
        for run in made.runs:
            if run.link is not None and run.link.pid is not None:
                await run.link.kill()
                await wait_for("the end", lambda run=run: run.heard(Ended) or run.heard(Lost))  # type: ignore[misc]
        await made.launcher.close()


def alive(pid: int) -> bool:
    """True while a process lives; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def cpu_ticks(pid: int) -> int:
    """Return the processor time that a process has used, in clock ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


__all__ = ["Bench", "LeaderExited", "Run", "alive", "bench", "cpu_ticks"]
