"""Starts runs and hears what becomes of them."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any, Final

from descartes_tui.runner.fleet.aftermath import Aftermath
from descartes_tui.runner.fleet.ending import count_processes
from descartes_tui.runner.fleet.parts import Parts
from descartes_tui.runner.fleet.preparing import run_spec
from descartes_tui.runner.fleet.probing import probe_for_ever
from descartes_tui.runner.fleet.record import Record, Run, takes_input
from descartes_tui.runner.fleet.run_files import forget_old_runs, newest_run
from descartes_tui.runner.fleet.who import THE_FLEET
from descartes_tui.runner.model.errors import AgentError, SpawnFailed
from descartes_tui.runner.model.folders import LOG, private_folder, run_folder
from descartes_tui.runner.model.info import Usage
from descartes_tui.runner.model.run import Ended, LeaderExited, Lost, Note, RunEvent, Started, StartFailed
from descartes_tui.runner.model.status import AgentStatus, Health

log = logging.getLogger(__name__)
AT_ONCE: Final = 16  # launches under way: a thousand at once would only wait for each other


class Conductor:
    """Leads runs from their start to their ending. All methods return at once; work goes on in tasks."""

    def __init__(
        self,
        parts: Parts,
        aftermath: Aftermath,
        *,
        on_started: Callable[[Record, Run, bool], None],
        on_unhealthy: Callable[[Record, Run, str], None],
        health_checks: bool = True,
    ) -> None:
        """`on_started` is also told whether the run had been started by an earlier supervisor."""
        self._parts = parts
        self._register = parts.register
        self._aftermath = aftermath
        self._on_started = on_started
        self._on_unhealthy = on_unhealthy
        self._health_checks = health_checks
        self._doors = asyncio.Semaphore(AT_ONCE)

    def launch(self, record: Record) -> None:
        """Begin a new run: the agent becomes STARTING, and RUNNING or FAILED soon after."""
        number = max(record.info.run, newest_run(self._parts.folder, record.id)) + 1
        run = self.begin(record, number)
        self._parts.tasks.start(self._launch(record, run), f"launch {record.name}")

    def begin(self, record: Record, number: int) -> Run:
        """Make run `number` the present one; an agent that is not known to have it becomes STARTING."""
        folder = run_folder(self._parts.folder, record.id, number)
        record.run = run = Run(record.id, number, folder)
        if record.timer is not None:
            record.timer.cancel()
            record.timer = None
        if not record.info.status.has_process:
            record.wanted = False
            facts = self._facts(record, run)
            self._register.step(record, AgentStatus.STARTING, "", by=record.who or THE_FLEET, **facts)
        elif record.info.run != number:  # the picture is older than the run: what it says is of another one
            self._register.note(record, **self._facts(record, run))
        return run

    def _facts(self, record: Record, run: Run) -> dict[str, Any]:
        """Return the facts of a run that is about to begin."""
        return {
            "pid": None,
            "started_at": None,
            "ended_at": None,
            "exit_code": None,
            "exit_signal": None,
            "run": run.number,
            "log_path": str(run.folder / LOG),
            "takes_input": takes_input(record.config),
            "tty": record.config.tty,
            "verdict": None,
            "health": Health.UNKNOWN,
            "activity": None,
            "usage": Usage(),
            "last_output_at": None,
            "log_bytes": 0,
        }

    async def _launch(self, record: Record, run: Run) -> None:
        try:
            private_folder(run.folder)
            spec = run_spec(record, run, self._parts)
            self._register.note(record, command_line=" ".join(spec.argv), keep=False)
            async with self._doors:
                link = await self._parts.launcher.launch(spec, lambda event: self.hear(record, run, event))
        except SpawnFailed as error:
            self.hear(record, run, StartFailed(error.cause))
        except (AgentError, OSError, ValueError) as error:
            self.hear(record, run, StartFailed(str(error), getattr(error, "errno", None) or 0))
        except Exception as error:  # whatever it is, the agent must not stay "starting" for ever
            log.exception("%s cannot be launched", record.name)
            self.hear(record, run, StartFailed(f"internal error: {error!r}"))
        else:
            if not run.link.done():
                run.link.set_result(link)
        if run.number > 1:
            await asyncio.to_thread(forget_old_runs, run.folder.parent, run.number)

    def hear(self, record: Record, run: Run, event: RunEvent) -> None:
        """Take note of what a launcher announces; what comes from an older run is void."""
        if record.run is not run or run.over:
            return
        try:
            self._hear(record, run, event)
        except Exception:  # the launcher that tells must go on telling
            log.exception("%s: %r could not be noted", record.name, event)

    def _hear(self, record: Record, run: Run, event: RunEvent) -> None:
        match event:
            case Started():
                self._started(record, run, event)
            case StartFailed():
                self._aftermath.start_failed(record, run, event)
            case LeaderExited():
                self._leader_exited(record, run, event)
            case Ended() | Lost():
                self._aftermath.ended(record, run, event)
            case Note():
                self._noted(record, run, event)

    def _started(self, record: Record, run: Run, event: Started) -> None:
        adopted = record.info.status is not AgentStatus.STARTING
        self._register.note(record, pid=event.pid, started_at=event.at)
        if record.info.status is AgentStatus.STARTING:
            self._register.step(record, AgentStatus.RUNNING, "", by=record.who)
        self._aftermath.save_run(record)
        self._on_started(record, run, adopted)
        if self._health_checks and record.config.health is not None and run.prober is None:
            probing = probe_for_ever(record, run, self._parts, self._heard_health)
            run.prober = self._parts.tasks.start(probing, f"probe {record.name}")

    def _leader_exited(self, record: Record, run: Run, event: LeaderExited) -> None:
        run.exit = event.exit
        self._register.note(record, exit_code=event.exit.code, exit_signal=event.exit.signal)
        self._parts.tasks.start(self._count_family(record, run), f"count what {record.name} left")

    async def _count_family(self, record: Record, run: Run) -> None:
        """Say how many processes are being swept, where that takes long enough to be seen."""
        link = await run.held()
        if link is None or run.over:
            return
        with contextlib.suppress(AgentError, OSError):
            left = await link.family()
            if left and not run.over and run.stop is None:
                reason = f"leader has exited, sweeping {count_processes(len(left))}"
                self._register.note(record, reason=reason, keep=False)

    def _noted(self, record: Record, run: Run, event: Note) -> None:
        if event.kind == "self_stopped":
            run.self_stopped = bool(event.text)
        if record.info.status is AgentStatus.RUNNING:
            self._register.note(record, reason=event.text)

    def _heard_health(self, record: Record, run: Run, health: Health, evidence: str) -> None:
        """Note what a probe proved, and act on it as configured."""
        old = record.info.health
        if record.run is not run or run.over or health is old:
            return
        self._register.emit(record, "health", old=old.value, new=health.value, evidence=evidence)
        self._register.note(record, health=health)
        if health is Health.UNHEALTHY:
            self._on_unhealthy(record, run, evidence)
