"""The fleet of one session: every agent with its state, and the verbs that act on them."""

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from descartes_tui.runner.fleet.adoption import Adoption, AdoptReport
from descartes_tui.runner.fleet.aftermath import Aftermath
from descartes_tui.runner.fleet.changes import Change
from descartes_tui.runner.fleet.clock import Clock, LoopClock
from descartes_tui.runner.fleet.conductor import Conductor
from descartes_tui.runner.fleet.declared import Declared, Limits
from descartes_tui.runner.fleet.explaining import why
from descartes_tui.runner.fleet.guard import Guard
from descartes_tui.runner.fleet.launching import Entrance, UpReport
from descartes_tui.runner.fleet.limiting import Limiter
from descartes_tui.runner.fleet.memory_store import MemoryStore
from descartes_tui.runner.fleet.parts import Parts
from descartes_tui.runner.fleet.pausing import living, pause, resume
from descartes_tui.runner.fleet.record import Record, Run
from descartes_tui.runner.fleet.refusal import require
from descartes_tui.runner.fleet.register import Register
from descartes_tui.runner.fleet.run_files import agent_folder, forget_old_agents
from descartes_tui.runner.fleet.sampling import Sampling, UsageSampler
from descartes_tui.runner.fleet.selecting import resolve
from descartes_tui.runner.fleet.shutting_down import ShutdownReport, shut_down
from descartes_tui.runner.fleet.signalling import emit_signal
from descartes_tui.runner.fleet.starts import Starts
from descartes_tui.runner.fleet.stopping import Stopper
from descartes_tui.runner.fleet.tasks import Tasks
from descartes_tui.runner.fleet.waits import all_of, is_over
from descartes_tui.runner.fleet.who import HEALTH_PROBE, PERSON
from descartes_tui.runner.model.backend import ModelBackend
from descartes_tui.runner.model.config import AgentConfig, FleetConfig
from descartes_tui.runner.model.errors import CommunicationError, SpawnFailed
from descartes_tui.runner.model.folders import private_folder, volatile_folder
from descartes_tui.runner.model.info import AgentInfo, FamilyMember
from descartes_tui.runner.model.run import Launcher, RunLink, SignalReport
from descartes_tui.runner.model.status import AgentStatus, Verb, Verdict
from descartes_tui.runner.model.store import RunRecord, StateStore
from descartes_tui.runner.process.sampler import Sampler

SIGKILL: Final = 9


class Fleet:
    """Lives in one event loop, from `open` to `close`; `close` leaves running agents alone.

    Verbs raise NotFound for an unknown id, ExecutionError where the agent's status does not allow them, and
    return when what they brought about is in the store. `by` names who asked, for the history.
    """

    def __init__(
        self,
        folder: Path,
        *,
        session: str,
        launcher: Launcher,
        backends: Mapping[str, ModelBackend],
        store: StateStore | None = None,
        sampler: UsageSampler | None = None,
        limit_sampler: UsageSampler | None = None,
        max_concurrent: int | None = None,
        health_checks: bool = True,
        clock: Clock | None = None,
        durable: bool = True,
        on_loss: float | None = None,
        working_dir: str = "",
        guard_interval: float = 30.0,
    ) -> None:
        """`durable`: agents are to survive this process. `on_loss`: see RunSpec. `guard_interval` in seconds.

        `limit_sampler` measures agents with limits; where there is a `sampler`, the default is one of its own kind
        for them alone, as a sampler remembers whom it measured last.
        """
        clock, store = clock or LoopClock(), store or MemoryStore()
        declared = Declared(volatile_folder(session)) if durable else None
        limits = declared.read_limits() if declared is not None and max_concurrent is None else None
        self._parts = Parts(
            folder=folder,
            session=session,
            working_dir=working_dir,
            on_loss=on_loss,
            clock=clock,
            launcher=launcher,
            backends=backends,
            store=store,
            register=Register(store, clock),
            declared=declared,
            tasks=Tasks(),
        )
        self._register = self._parts.register
        self._stopper = Stopper(self._parts)
        self._aftermath = Aftermath(self._parts)
        close_look = limit_sampler or (Sampler() if sampler is not None else None)
        self._limiter = Limiter(self._parts, self._stopper, close_look)
        self._conductor = Conductor(
            self._parts,
            self._aftermath,
            on_started=self._on_started,
            on_unhealthy=self._on_unhealthy,
            health_checks=health_checks,
        )
        self._starts = Starts(self._parts, self._conductor.launch, limits or Limits(max_concurrent))
        self._entrance = Entrance(self._parts, self._starts)
        self._sampling = Sampling(self._parts, sampler)
        self._guard = Guard(self._parts, self._conductor)
        self._guard_interval = guard_interval if health_checks else 0.0

    # -- life -----------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Make the folder and begin to measure."""
        private_folder(self._parts.folder)
        self._parts.tasks.start(self._sampling.go_on_for_ever(), "sample usage")
        if self._guard_interval > 0:
            self._parts.tasks.start(self._guard_for_ever(), "check all runs")

    async def close(self) -> None:
        """Let go of everything without disturbing any agent."""
        self._starts.close()
        self._limiter.close()
        for record in self._register.records.values():
            for timer in (record.timer, record.run.timer if record.run is not None else None):
                if timer is not None:
                    timer.cancel()
        await self._parts.tasks.close()
        self._register.flush()

    async def adopt(self) -> AdoptReport:
        """Take up what an earlier supervisor of this session left; call once, before any verb."""
        adoption = Adoption(self._parts, self._conductor, self._aftermath, self._stopper, self._limiter)
        self._starts.held = True  # until it is known who runs already
        try:
            report = await adoption.adopt()
        finally:
            self._starts.held = False
        self._starts.consider()
        self._register.flush()
        known = frozenset(self._register.records)
        forgetting = asyncio.to_thread(forget_old_agents, self._parts.folder, known)
        self._parts.tasks.start(forgetting, "forget old agents")
        return report

    async def shutdown(self, grace: float | None = None, *, by: str = PERSON) -> ShutdownReport:
        """Stop everything, dependents before what they depend on, all within one `grace` (s); forget it all.

        When the time is over the rest is killed. What is declared is forgotten: the session is over.
        """
        report = await shut_down(self._parts, self._stopper, grace, by)
        if self._parts.declared is not None:
            self._parts.declared.clear()
        self._register.flush()
        return report

    async def _guard_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._guard_interval)
            await self._guard.look()

    # -- seeing ---------------------------------------------------------------------------------------

    def snapshot(self) -> list[AgentInfo]:
        """Return all agents in the order they were declared."""
        return [record.info for record in self._register.records.values()]

    def info(self, agent_id: str) -> AgentInfo:
        """Return the picture of one agent."""
        return self._register.get(agent_id).info

    def config(self, agent_id: str) -> AgentConfig:
        """Return the configuration of one agent."""
        return self._register.get(agent_id).config

    def resolve(self, agents: Sequence[str], *, all: bool = False, tags: Sequence[str] = ()) -> list[str]:
        """Return ids for names, ids, unique beginnings of ids, globs and tags; NotFound names close ones."""
        return resolve(self.snapshot(), agents, everyone=all, tags=tags)

    def is_over(self, agent_id: str) -> bool:
        """True when nothing of the agent runs and nothing will start by itself."""
        return is_over(self._register.get(agent_id))

    def why(self, agent_id: str) -> dict[str, object]:
        """Return `since, who, cause, next, next_at` of the present status."""
        return why(self._register.get(agent_id))

    async def family(self, agent_id: str) -> tuple[FamilyMember, ...]:
        """Return the living processes of an agent, leader first; () when nothing runs."""
        run = self._register.get(agent_id).run
        link = run.living_link() if run is not None else None
        try:
            return await link.family() if link is not None else ()
        except CommunicationError:
            return ()  # it ended while we asked

    def runs(self, agent_id: str) -> list[RunRecord]:
        """Return all runs of an agent that are remembered, oldest first."""
        self._register.flush()
        return self._parts.store.runs(self._register.get(agent_id).id)

    @property
    def seq(self) -> int:
        """The number of the newest event."""
        return self._register.seq

    def observe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call `callback` at each change, at once; call what is returned to end it."""
        return self._register.observe(callback)

    def emit(self, kind: str, **facts: object) -> None:
        """Add an event that is about no agent, like `supervisor`."""
        self._register.emit(None, kind, **facts)

    def flush(self) -> None:
        """Bring all events that observers were told of into the store."""
        self._register.flush()

    @property
    def watchers(self) -> int:
        """How many look at usage: from one on it is measured every second, else every ten."""
        return self._sampling.watchers

    @watchers.setter
    def watchers(self, count: int) -> None:
        self._sampling.watchers = count

    async def refresh_usage(self) -> None:
        """Measure usage and log sizes now."""
        await self._sampling.refresh()

    async def check_runs(self) -> list[str]:
        """Check every run once, as is done periodically; return names of agents that had to be repaired."""
        return await self._guard.look()

    async def wait_for(self, ids: Sequence[str], condition: str) -> list[AgentInfo]:
        """Return the pictures when all fulfil `condition`; ExecutionError when one never can.

        Conditions: `exit`, `running`, `healthy`, `log:REGEX`, `activity:NAME`.
        """
        records = [self._register.get(agent_id) for agent_id in ids]
        return await all_of(records, condition, self._register, self._parts.clock)

    # -- starting and stopping ------------------------------------------------------------------------

    async def up(
        self, fleet: FleetConfig, env: Mapping[str, str], names: Sequence[str] = (), *, by: str = PERSON
    ) -> UpReport:
        """Launch `names` of a fleet (none: all with autostart), and what they depend on."""
        self._register.emit(None, "action", verb="up", by=by, file=fleet.file)
        report = self._entrance.up(fleet, env, names, by)
        self._register.flush()
        return report

    async def spawn(self, config: AgentConfig, env: Mapping[str, str], *, by: str = PERSON) -> AgentInfo:
        """Declare an agent and start it; returns when it runs, or waits for something.

        SpawnFailed with the cause in one line; ExecutionError when an agent of this name lives.
        """
        record = self._entrance.admit(config, env, by)
        info = await self._register.until(record, lambda info: info.status is not AgentStatus.STARTING)
        self._register.flush()
        if info.verdict in (Verdict.FAILED_TO_START, Verdict.DEPENDENCY_FAILED):
            raise SpawnFailed(config.name, info.reason)
        return info

    async def start(self, agent_id: str, *, by: str = PERSON) -> AgentInfo:
        """Start an agent, or put it in line; returns when its start has succeeded, failed or has to wait."""
        record = self._begin(agent_id, Verb.START, by)
        self._entrance.want(record, by)
        return await self._settled(record)

    async def stop(self, agent_id: str, grace: float | None = None, *, by: str = PERSON) -> AgentInfo:
        """Climb the stop ladder; returns when the family is proven empty."""
        record = self._begin(agent_id, Verb.STOP, by)
        self._unwant(record)
        self._stopper.stop(record, by=by, grace=grace)
        return await self._until_gone(record)

    async def kill(self, agent_id: str, *, by: str = PERSON) -> AgentInfo:
        """Kill the whole family; returns when it is proven empty."""
        record = self._begin(agent_id, Verb.KILL, by)
        self._unwant(record)
        self._stopper.kill(record, by=by)
        return await self._until_gone(record)

    async def restart(self, agent_id: str, *, by: str = PERSON) -> AgentInfo:
        """Stop where it runs, then start; returns when the new start has succeeded, failed or has to wait."""
        record = self._begin(agent_id, Verb.RESTART, by)
        self._entrance.want(record, by)
        run = record.run
        if run is not None and not run.over:
            self._stopper.stop(record, by=by)
            await self._register.until(record, lambda info: run.over)
        return await self._settled(record)

    async def remove(self, agent_id: str, *, by: str = PERSON) -> None:
        """Forget an agent that is not running, its logs included."""
        record = self._begin(agent_id, Verb.REMOVE, by)
        self._unwant(record)
        if self._parts.declared is not None:
            self._parts.declared.remove(agent_id)
        self._register.remove(record)
        folder = agent_folder(self._parts.folder, agent_id)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    # -- acting on what runs --------------------------------------------------------------------------

    async def pause(self, agent_id: str, cooperative: bool = False, *, by: str = PERSON) -> AgentInfo:
        """Stop the whole family until it is resumed; `cooperative`: ask the agent by a line on stdin."""
        record = self._begin(agent_id, Verb.PAUSE, by)
        await pause(record, self._register, cooperative=cooperative, by=by)
        return self._done(record)

    async def resume(self, agent_id: str, *, by: str = PERSON) -> AgentInfo:
        """Undo a pause in the way it was made."""
        record = self._begin(agent_id, Verb.RESUME, by)
        await resume(record, self._register, by=by)
        return self._done(record)

    async def signal(self, agent_id: str, number: int, *, by: str = PERSON) -> SignalReport:
        """Send a signal to the whole family; KILL begins a kill."""
        record = self._begin(agent_id, Verb.SIGNAL, by)
        if number == SIGKILL:
            self._unwant(record)
            self._stopper.kill(record, by=by)
            return SignalReport((record.info.pid,) if record.info.pid is not None else ())
        run, link = living(record)
        run.sent[number] = by
        report = await link.signal(number)
        emit_signal(self._register, record, number, report, by=by)
        self._register.flush()
        return report

    async def write_stdin(self, agent_id: str, data: bytes, *, by: str = PERSON) -> None:
        """Queue bytes for stdin; CommunicationError when it takes none, or 1 MiB is queued."""
        record = self._begin(agent_id, Verb.SEND, by)
        await self._input_of(record).write_stdin(data)
        self._done(record)

    async def close_stdin(self, agent_id: str, *, by: str = PERSON) -> None:
        """Close stdin after what is queued."""
        record = self._begin(agent_id, Verb.SEND, by)
        await self._input_of(record).close_stdin()
        self._done(record)

    async def resize(self, agent_id: str, rows: int, columns: int) -> None:
        """Set the size of the agent's terminal; without a terminal or a process nothing happens."""
        run = self._register.get(agent_id).run
        link = run.living_link() if run is not None else None
        if link is not None:
            await link.resize(rows, columns)

    # -- inside ---------------------------------------------------------------------------------------

    def _begin(self, agent_id: str, verb: Verb, by: str) -> Record:
        """Return the record after checking that `verb` is allowed, and note that it was asked for."""
        record = self._register.get(agent_id)
        require(verb, record.info)
        self._register.emit(record, "action", verb=verb.value, by=by)
        return record

    def _done(self, record: Record) -> AgentInfo:
        self._register.flush()
        return record.info

    def _unwant(self, record: Record) -> None:
        record.wanted = False
        self._entrance.keep(record)

    async def _until_gone(self, record: Record) -> AgentInfo:
        info = await self._register.until(record, lambda info: not info.status.has_process)
        self._register.flush()
        return info

    async def _settled(self, record: Record) -> AgentInfo:
        self._starts.consider()
        info = await self._register.until(record, lambda info: info.status is not AgentStatus.STARTING)
        self._register.flush()
        return info

    def _input_of(self, record: Record) -> RunLink:
        _, link = living(record)
        if not record.info.takes_input:
            raise CommunicationError(
                f"{record.name} takes no input: start it with stdin as a pipe or with a tty"
            )
        return link

    def _on_started(self, record: Record, run: Run, adopted: bool) -> None:
        self._limiter.watch(record, run, adopted=adopted)
        self._sampling.soon()

    def _on_unhealthy(self, record: Record, run: Run, evidence: str) -> None:
        health = record.config.health
        if health is not None and record.info.status is AgentStatus.RUNNING:
            if health.on_failure == "restart":
                self._stopper.stop(record, by=HEALTH_PROBE, unhealthy=evidence)
            elif health.on_failure == "stop":
                self._stopper.stop(record, by=HEALTH_PROBE)
