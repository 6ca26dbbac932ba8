"""What the fleet remembers of one agent and of its present run."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from descartes_tui.runner.fleet.clock import Timer
from descartes_tui.runner.fleet.ladder import StopLadder
from descartes_tui.runner.fleet.log_search import LogSearch
from descartes_tui.runner.fleet.restart import RestartHistory
from descartes_tui.runner.model.config import AgentConfig, StdinMode
from descartes_tui.runner.model.folders import LOG
from descartes_tui.runner.model.info import AgentInfo, ExitStatus
from descartes_tui.runner.model.run import RunLink


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop under way: who asked for it, and the ladder that it climbs.

    `forced`: asked to kill, there was no grace that could be over. `unhealthy`: the evidence, when this is how
    a run ends whose probe failed, to be followed by a restart. `over_limit`: the limit that was passed, when this
    is how such a run ends, followed by none.
    """

    by: str
    ladder: StopLadder
    forced: bool = False
    unhealthy: str = ""
    over_limit: str = ""


class Run:
    """One life of an agent's process, from the order to start it to the proof that its family is gone."""

    def __init__(self, agent_id: str, number: int, folder: Path) -> None:
        self.number = number
        self.folder = folder
        self.run_id = f"{agent_id}.{number}"
        self.link: asyncio.Future[RunLink | None] = asyncio.get_running_loop().create_future()
        self.over = False
        self.exit: ExitStatus | None = None  # the leader's, as soon as it is known
        self.stop: Stop | None = None
        self.timer: Timer | None = None  # of the stop's present rung
        self.cooperative = False  # the pause that holds was asked for on stdin
        self.self_stopped = False
        self.pauses = 0
        self.sent: dict[int, str] = {}  # signals that somebody sent: number, by whom
        self.awake = asyncio.Event()  # cleared while paused: probes wait for it
        self.awake.set()
        self.log = LogSearch(folder / LOG)
        self.prober: asyncio.Task[None] | None = None
        self.limit_due: float | None = None  # when its limit of runtime acts, in seconds since 1970

    async def held(self) -> RunLink | None:
        """Wait for the hold on the run; None when it could not be started or is over."""
        return await asyncio.shield(self.link)

    def living_link(self) -> RunLink | None:
        """Return the hold on the living run, None before there is one and after its end."""
        if self.over or not self.link.done() or self.link.cancelled():
            return None
        return self.link.result()

    def finish(self) -> None:
        """Let go of everything that belongs to a living run."""
        self.over = True
        self.awake.set()
        if self.timer is not None:
            self.timer.cancel()
        if self.prober is not None:
            self.prober.cancel()
        if not self.link.done():
            self.link.set_result(None)


Waiter = tuple[Callable[[AgentInfo], bool], "asyncio.Future[AgentInfo]"]


@dataclass(slots=True, eq=False)
class Record:
    """One agent: configuration, picture, and what it takes to go on from there."""

    config: AgentConfig
    env: dict[str, str]  # of who declared it
    info: AgentInfo
    wanted: bool = False  # to be started as soon as nothing stands in the way
    wanted_since: float = 0.0  # monotonic
    ticket: int = 0  # place in line: smaller goes first
    epoch: int = 0  # grows at each status: timers of older ones are void
    who: str = ""  # caused the present status, or wants the next one
    outlook: str = ""  # what ends the wait of an agent that is wanted
    run: Run | None = None
    history: RestartHistory = field(default_factory=RestartHistory)
    timer: Timer | None = None  # of the back-off
    waiters: list[Waiter] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The agent's id."""
        return self.info.id

    @property
    def name(self) -> str:
        """The agent's name."""
        return self.config.name


def takes_input(config: AgentConfig) -> bool:
    """True when bytes can be sent to the agent's standard input."""
    return config.tty or config.stdin is StdinMode.PIPE
