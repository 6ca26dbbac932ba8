"""Run agents as children of this very process, on any system: the way without keepers.

What it promises less than keepers do: agents end with the process that started them; there are no terminals;
a daemon that clears its environment, leaves its session and loses its parent within one look at the system
(2 s) is not found, nor is a chain of forks in a session of its own that outruns every look; output is read and
written, not spliced.
"""

import asyncio
import atexit
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from descartes_tui.runner.model.errors import CommunicationError
from descartes_tui.runner.model.folders import ENDING
from descartes_tui.runner.model.info import ExitStatus, FamilyMember
from descartes_tui.runner.model.run import (
    Ended,
    Lost,
    Note,
    RunEvent,
    RunLink,
    RunSpec,
    SignalReport,
    StartFailed,
    Swept,
)
from descartes_tui.runner.process.portable_control import PortableControl
from descartes_tui.runner.process.portable_exit import HAS_PIDFD
from descartes_tui.runner.process.portable_output import RunLog
from descartes_tui.runner.process.portable_run import PortableRun
from descartes_tui.runner.process.portable_start import start_child
from descartes_tui.runner.process.portable_table import ProcessTable
from descartes_tui.runner.process.portable_threads import tell

__all__ = ["PortableControl", "PortableLauncher"]

LOOK_SECONDS: Final = 2.0
CLOSE_SECONDS: Final = 10.0


class PortableLauncher:
    """A Launcher for one event loop. Nothing else holds these agents: `close` kills them all."""

    def __init__(self, *, use_pidfd: bool = HAS_PIDFD, look_seconds: float = LOOK_SECONDS) -> None:
        self._use_pidfd, self._look_seconds = use_pidfd, look_seconds
        self._table = ProcessTable()
        self._runs: dict[str, PortableRun] = {}
        self._watch: asyncio.Task[None] | None = None
        self._owner = os.getpid()
        atexit.register(self._kill_all_now)

    async def launch(self, spec: RunSpec, on_event: Callable[[RunEvent], None]) -> RunLink:
        """Start a run; Started or StartFailed follows as an event."""
        loop = asyncio.get_running_loop()

        def on_trouble(text: str) -> None:
            tell(loop, lambda: on_event(Note("disk_full", text)))

        try:
            log = RunLog(spec.folder, on_trouble)
        except OSError as error:
            return _failed(on_event, StartFailed(f"{spec.folder}: {error.strerror}", error.errno or 0))
        child = await asyncio.to_thread(start_child, spec)
        if isinstance(child, StartFailed):
            log.close()
            return _failed(on_event, child)
        try:
            run = PortableRun(spec, child, log, self._table, on_event, use_pidfd=self._use_pidfd)
            run.begin()
        except (OSError, RuntimeError) as error:  # no descriptors or no threads left
            child.refuse()
            return _failed(on_event, StartFailed(f"the agent cannot be looked after: {error}"))
        self._runs[spec.run_id] = run
        self._watch = self._watch or asyncio.create_task(self._look(), name="look at all families")
        return run

    async def adopt(self, folder: Path, run_id: str, on_event: Callable[[RunEvent], None]) -> RunLink | None:
        """Announce how a run of another process ended, and return None: it has ended with its owner.

        Ended where its ending was saved; else Lost, and what still carries the run's mark is killed.
        """
        ending = await asyncio.to_thread(read_ending, folder)
        if ending is not None:
            on_event(ending)
            return None
        killed = await PortableControl(self._table, run_id, None).kill(lambda text: None)
        swept = tuple(Swept(pid, name, "kill") for pid, name in killed.items())
        on_event(Lost(time.time(), swept))
        return None

    async def _look(self) -> None:
        """Look at all families now and then, so that who loses its parent later is known by then."""
        while True:
            await asyncio.sleep(self._look_seconds)
            self._runs = {key: run for key, run in self._runs.items() if not run.is_over}
            if any(run.pid for run in self._runs.values()):
                picture = await self._table.fresh()
                for run in self._runs.values():
                    run.look(picture)

    async def close(self) -> None:
        """Kill every family, and wait for them CLOSE_SECONDS at most."""
        if self._watch is not None:
            self._watch.cancel()
        await asyncio.gather(*(run.abandon(CLOSE_SECONDS) for run in self._runs.values()))
        self._runs.clear()
        self._table.close()
        atexit.unregister(self._kill_all_now)

    def _kill_all_now(self) -> None:
        """Kill what a program left running that ends without `close`; a fork of it has no say."""
        if os.getpid() != self._owner:
            return
        for run in self._runs.values():
            run.kill_now()


def read_ending(folder: Path) -> Ended | None:
    """Return what `ending.json` tells, None where there is none or it cannot be understood."""
    try:
        facts = json.loads((folder / ENDING).read_bytes())
        swept = tuple(Swept(one["pid"], one["name"], one["how"]) for one in facts["swept"])
        exit_status = ExitStatus(facts["code"], facts["signal"])
        return Ended(exit_status, facts["at"], swept, facts["log_bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _failed(on_event: Callable[[RunEvent], None], failure: StartFailed) -> RunLink:
    asyncio.get_running_loop().call_soon(on_event, failure)
    return NeverStarted()


class NeverStarted:
    """A RunLink of a run that could not be started: there is nobody to act on."""

    pid = None

    async def signal(self, number: int, *, leader_only: bool = False, to_end: bool = False) -> SignalReport:
        """Reach nobody."""
        return SignalReport(())

    async def pause(self) -> SignalReport:
        """Reach nobody."""
        return SignalReport(())

    async def resume(self) -> SignalReport:
        """Reach nobody."""
        return SignalReport(())

    async def kill(self) -> None:
        """Nothing is left to kill."""

    async def write_stdin(self, data: bytes) -> None:
        """Refuse."""
        raise CommunicationError("the agent has not started")

    async def close_stdin(self) -> None:
        """Nothing is open."""

    async def resize(self, rows: int, columns: int) -> None:
        """There is no terminal."""

    async def family(self) -> tuple[FamilyMember, ...]:
        """Nobody."""
        return ()

    def is_paused(self) -> bool:
        """False."""
        return False
