"""One life of an agent's process: what the fleet orders from whoever holds it, and what it hears back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from descartes_tui.runner.model.info import ExitStatus, FamilyMember


@dataclass(frozen=True, slots=True)
class RunSpec:
    """Everything needed to start one run. `env` is complete: nothing is inherited beside it.

    `folder` exists, is private (0700) and empty. The run's mark is `DESCARTES_RUN_ID` in `env`, equal to
    `run_id`. `sweep_grace`: seconds between TERM and KILL for what the leader left behind.
    `on_loss`: seconds that the run may go on without any supervisor; None = for ever.
    """

    run_id: str
    folder: Path
    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: str
    stdin: str = "null"  # null | pipe
    tty: bool = False
    rows: int = 40
    columns: int = 120
    sweep_grace: float = 1.0
    keep_leftovers: bool = False
    on_loss: float | None = None


@dataclass(frozen=True, slots=True)
class Swept:
    """A process that had to be ended after its leader was gone, or was left alive on purpose."""

    pid: int
    name: str
    how: str  # "term" | "kill" | "kept"


@dataclass(frozen=True, slots=True)
class Started:
    """The program runs (exec has succeeded)."""

    pid: int
    start_ticks: int
    at: float


@dataclass(frozen=True, slots=True)
class StartFailed:
    """The program could not be started; nothing is left of it. `cause` is one line for a person."""

    cause: str
    errno: int = 0


@dataclass(frozen=True, slots=True)
class LeaderExited:
    """The leader is gone; its family may live on until Ended."""

    exit: ExitStatus
    at: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The family is proven empty and all output is in the log."""

    exit: ExitStatus
    at: float
    swept: tuple[Swept, ...] = ()
    log_bytes: int = 0
    oom: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The run's keeper died: what it held was swept, its exit was seen by nobody unless `exit` says so."""

    at: float
    swept: tuple[Swept, ...] = ()
    exit: ExitStatus = ExitStatus()


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth showing while the run goes on, like a full disk or stopped by itself ('' = over)."""

    kind: str  # "disk_full" | "self_stopped" | "output_held"
    text: str


RunEvent = Started | StartFailed | LeaderExited | Ended | Lost | Note


@dataclass(frozen=True, slots=True)
class SignalReport:
    """Which processes a signal reached, and which refused it (EPERM)."""

    reached: tuple[int, ...]
    refused: tuple[int, ...] = ()


class RunLink(Protocol):
    """A living run in the hands of the fleet. No method waits for the agent's co-operation."""

    @property
    def pid(self) -> int | None:
        """The leader's pid, None before Started and after Ended."""

    async def signal(self, number: int, *, leader_only: bool = False, to_end: bool = False) -> SignalReport:
        """Send a signal to the whole family, continuing stopped processes where the signal may be handled.

        `to_end`: the sender keeps the time until the family is killed, so that what a leader leaves behind
        is not swept after the run's own `sweep_grace`.
        """

    async def pause(self) -> SignalReport:
        """Stop the whole family and prove it; those who were stopped before stay marked as such."""

    async def resume(self) -> SignalReport:
        """Continue what `pause` stopped."""

    async def kill(self) -> None:
        """Begin to kill the family until none is left; Ended tells when it is done."""

    async def write_stdin(self, data: bytes) -> None:
        """Queue bytes for the agent's stdin; CommunicationError if it is closed or the queue (1 MiB) is full."""

    async def close_stdin(self) -> None:
        """Close stdin after what is queued has been written."""

    async def resize(self, rows: int, columns: int) -> None:
        """Set the size of the agent's terminal; without one, nothing happens."""

    async def family(self) -> tuple[FamilyMember, ...]:
        """Return the living processes of the run, leader first."""

    def is_paused(self) -> bool:
        """True while `pause` holds; known again after adoption."""


class Launcher(Protocol):
    """Starts runs and finds those that still live. `on_event` is called in the event loop, in order."""

    async def launch(self, spec: RunSpec, on_event: Callable[[RunEvent], None]) -> RunLink:
        """Start a run; Started or StartFailed follows as an event."""

    async def adopt(self, folder: Path, run_id: str, on_event: Callable[[RunEvent], None]) -> RunLink | None:
        """Take up a run that somebody else launched.

        A living one is returned, and Started is announced again with the facts of then. None means that it
        is over: Ended or Lost (its family swept) has been announced.
        """

    async def close(self) -> None:
        """Let go: running agents are left alone where they are held by keepers of their own."""
