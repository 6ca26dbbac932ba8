"""A clock whose hands the test turns, and runs that do what the test says: for whole histories as data."""

import asyncio
import heapq
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path

from descartes_tui.runner.model.backend import Invocation
from descartes_tui.runner.model.config import AgentConfig, StopPolicy
from descartes_tui.runner.model.errors import CommunicationError
from descartes_tui.runner.model.info import ExitStatus, FamilyMember
from descartes_tui.runner.model.run import (
    Ended,
    LeaderExited,
    Lost,
    RunEvent,
    RunLink,
    RunSpec,
    SignalReport,
    Started,
    StartFailed,
    Swept,
)
from descartes_tui.runner.model.status import Verdict


class FakeTimer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeClock:
    """Stands still until `advance`."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self._timers: list[tuple[float, int, FakeTimer]] = []
        self._order = count()

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def call_later(self, delay: float, callback: Callable[[], None]) -> FakeTimer:
        timer = FakeTimer(callback)
        heapq.heappush(self._timers, (self.time + delay, next(self._order), timer))
        return timer

    def awaited(self) -> list[float]:
        """In how many seconds each timer falls due that still counts."""
        return [due - self.time for due, _, timer in self._timers if not timer.cancelled]

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass; everything that falls due happens at its own time."""
        await settle()
        end = self.time + seconds
        while self._timers and self._timers[0][0] <= end:
            due, _, timer = heapq.heappop(self._timers)
            self.time = max(due, self.time)
            if not timer.cancelled:
                timer.callback()
            await settle()
        self.time = end
        await settle()


async def settle() -> None:
    """Let everything happen that waits for nothing but its turn."""
    for _ in range(30):
        await asyncio.sleep(0)


class FakeRun:
    """A run, its link and its process in one; `calls` is what was asked of it."""

    def __init__(self, spec: RunSpec, hear: Callable[[RunEvent], None], clock: FakeClock, pid: int) -> None:
        self.spec, self.hear, self.clock = spec, hear, clock
        self.pid: int | None = pid
        self.number = int(spec.run_id.split(".")[-1]) if spec.run_id.split(".")[-1].isdigit() else 0
        self.calls: list[object] = []
        self.obeys: set[int] = {1, 2, 3, 15}
        self.obeys_text = b""
        self.immortal = False
        self.paused = False
        self.members = 1
        self.over = False
        self.started_at: float | None = None

    def start(self) -> None:
        """Announce the start; again with the facts of then, when somebody else takes the run up."""
        self.started_at = self.started_at or self.clock.now()
        self.hear(Started(self.pid or 0, 1, self.started_at))

    def end(
        self,
        code: int | None = None,
        signal: int | None = None,
        *,
        swept: Iterable[Swept] = (),
        oom: bool = False,
    ) -> None:
        """Exit, with the family gone at the same moment."""
        if self.over:
            return
        self.over, self.pid = True, None
        exit_status = ExitStatus(code, signal)
        self.hear(LeaderExited(exit_status, self.clock.now()))
        self.hear(Ended(exit_status, self.clock.now(), tuple(swept), oom=oom))

    def lose(self) -> None:
        self.over, self.pid = True, None
        self.hear(Lost(self.clock.now()))

    def print(self, text: str) -> None:
        with (self.spec.folder / "log").open("a") as log:
            log.write(text)

    # what the fleet asks for

    async def signal(self, number: int, *, leader_only: bool = False, to_end: bool = False) -> SignalReport:
        self.calls.append(("signal", number))
        if number in self.obeys and not self.paused:
            asyncio.get_running_loop().call_soon(lambda: self.end(signal=number))
        elif number in self.obeys:
            self.obeys_text = b"resume"
        return SignalReport(tuple(range(self.members)))

    async def pause(self) -> SignalReport:
        self.calls.append("pause")
        self.paused = True
        return SignalReport(tuple(range(self.members)))

    async def resume(self) -> SignalReport:
        self.calls.append("resume")
        self.paused = False
        if self.obeys_text == b"resume":
            asyncio.get_running_loop().call_soon(lambda: self.end(signal=15))
        return SignalReport(tuple(range(self.members)))

    async def kill(self) -> None:
        self.calls.append("kill")
        if not self.immortal:
            asyncio.get_running_loop().call_soon(lambda: self.end(signal=9))

    async def write_stdin(self, data: bytes) -> None:
        if self.over:
            raise CommunicationError("the run is over")
        self.calls.append(("stdin", data))
        if data == self.obeys_text:
            asyncio.get_running_loop().call_soon(lambda: self.end(code=0))

    async def close_stdin(self) -> None:
        self.calls.append("close_stdin")

    async def resize(self, rows: int, columns: int) -> None:
        self.calls.append(("resize", rows, columns))

    async def family(self) -> tuple[FamilyMember, ...]:
        return tuple(
            FamilyMember(100 + n, 1, "stubborn", "stubborn", "disk-sleep") for n in range(self.members)
        )

    def is_paused(self) -> bool:
        return self.paused


class FakeLauncher:
    """Starts FakeRuns. `refuse` maps program names to the cause why they do not start."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.runs: list[FakeRun] = []
        self.refuse: dict[str, StartFailed] = {}
        self.prepare: Callable[[FakeRun], None] = lambda run: None
        self.closed = False

    def of(self, name: str) -> list[FakeRun]:
        """All runs of an agent, probes left out."""
        return [run for run in self.runs if run.spec.env["DESCARTES_AGENT"] == name and run.number]

    def last(self, name: str) -> FakeRun:
        return self.of(name)[-1]

    async def launch(self, spec: RunSpec, on_event: Callable[[RunEvent], None]) -> RunLink:
        run = FakeRun(spec, on_event, self.clock, pid=1000 + len(self.runs))
        self.runs.append(run)
        self.prepare(run)
        if (failure := self.refuse.get(spec.argv[0])) is not None:
            run.over = True
            asyncio.get_running_loop().call_soon(on_event, failure)
        else:
            asyncio.get_running_loop().call_soon(run.start)
        return run

    async def adopt(self, folder: Path, run_id: str, on_event: Callable[[RunEvent], None]) -> RunLink | None:
        run = next((run for run in self.runs if run.spec.run_id == run_id), None)
        if run is None or run.over:
            on_event(self.endings.get(run_id, Lost(self.clock.now())))
            return None
        run.hear = on_event
        run.start()
        return run

    endings: dict[str, RunEvent] = {}  # noqa: RUF012

    async def close(self) -> None:
        self.closed = True


class FakeBackend:
    """Runs `command`, or a program named like the agent."""

    name = "command"
    program = ""
    install_hint = ""
    default_stop = StopPolicy()

    def invocation(self, config: AgentConfig) -> Invocation:
        command = config.command
        return Invocation((command,) if isinstance(command, str) else tuple(command) or (config.name,))

    def verdict(self, config: AgentConfig, exit_status: ExitStatus, tail: bytes) -> Verdict:
        return Verdict.DONE if exit_status.success else Verdict.FAILED
