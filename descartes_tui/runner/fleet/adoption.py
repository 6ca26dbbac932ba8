"""At the start of a supervisor: takes up everything that an earlier one left, and starts nothing twice."""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from descartes_tui.runner.fleet.aftermath import Aftermath
from descartes_tui.runner.fleet.clock import pass_time
from descartes_tui.runner.fleet.conductor import Conductor
from descartes_tui.runner.fleet.declared import Declaration
from descartes_tui.runner.fleet.limiting import Limiter
from descartes_tui.runner.fleet.parts import Parts
from descartes_tui.runner.fleet.pausing import ASKED_BY_LINE
from descartes_tui.runner.fleet.probing import PROBE, probe_id
from descartes_tui.runner.fleet.record import Record, Run
from descartes_tui.runner.fleet.restart import RestartHistory
from descartes_tui.runner.fleet.run_files import newest_run
from descartes_tui.runner.fleet.stopping import Stopper
from descartes_tui.runner.fleet.who import HEALTH_PROBE, THE_FLEET, is_limit
from descartes_tui.runner.model.config import NAME_PATTERN, AgentConfig
from descartes_tui.runner.model.errors import AgentError
from descartes_tui.runner.model.folders import RUN_FACTS, run_folder
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.run import RunEvent, RunLink
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.runner.process.launcher import is_held

log = logging.getLogger(__name__)
TRY_AGAIN: Final = 5.0  # seconds
UNREACHED: Final = "its keeper cannot be reached"


@dataclass(frozen=True, slots=True)
class AdoptReport:
    """Names of agents: still `living`, found `ended`, and those that go on `waiting` for a start."""

    living: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


class Adoption:
    """Judges each run that ended meanwhile exactly once: the saved picture tells whether it was judged before."""

    def __init__(
        self, parts: Parts, conductor: Conductor, aftermath: Aftermath, stopper: Stopper, limiter: Limiter
    ) -> None:
        self._parts = parts
        self._register = parts.register
        self._conductor = conductor
        self._aftermath = aftermath
        self._stopper = stopper
        self._limiter = limiter

    async def adopt(self) -> AdoptReport:
        """Take up all declared agents, those with runs at the same time."""
        declared = self._parts.declared.read() if self._parts.declared is not None else []
        pictures = {info.id: info for info in self._parts.store.agents()}
        declared += self._undeclared(pictures, {one.id for one in declared})
        declared += await asyncio.to_thread(self._forgotten, {one.id: one.config.name for one in declared})
        records = [self._restore(one, pictures.get(one.id)) for one in declared]
        open_runs = [record for record in records if self._has_open_run(record)]
        await asyncio.gather(*(self._take_up(record) for record in open_runs))
        for record in records:
            if record not in open_runs and record.info.status is AgentStatus.BACKOFF:
                self._aftermath.resume_backoff(record)
        return _report(records, open_runs)

    def _undeclared(self, pictures: dict[str, AgentInfo], known: set[str]) -> list[Declaration]:
        """Return what can be said of agents that ran and whose declaration is gone; forget the others.

        The memory file system may have been emptied while keepers went on: what they hold can still be seen
        and stopped, but not be started again.
        """
        found: list[Declaration] = []
        for info in pictures.values():
            if info.id not in known and info.status.has_process:
                config = AgentConfig(info.name, backend=info.backend, tags=info.tags, tty=info.tty)
                found.append(Declaration(info.id, len(known) + len(found), False, config, {}))
            elif info.id not in known:
                self._parts.store.forget_agent(info.id)
        return found

    def _forgotten(self, known: Mapping[str, str]) -> list[Declaration]:
        """Return what keepers hold that nothing else remembers: neither declaration nor picture is left.

        `known` maps ids to names. Like the undeclared, these can be seen and stopped.
        """
        found: list[Declaration] = []
        for folder in sorted((self._parts.folder / "runs").glob("*/")):
            agent_id, number = folder.name, newest_run(self._parts.folder, folder.name)
            run = run_folder(self._parts.folder, agent_id, number)
            if agent_id in known or number == 0 or not is_held(run):
                continue
            name = _name_of(run)
            if name in {*known.values(), *(one.config.name for one in found)}:
                name = f"found-{agent_id[:8]}"
            config = AgentConfig(name, autostart=False)
            found.append(Declaration(agent_id, len(known) + len(found), False, config, {}))
        return found

    def _restore(self, declaration: Declaration, picture: AgentInfo | None) -> Record:
        """Put an agent into the book as it was when it was seen last."""
        config = declaration.config
        info = picture or AgentInfo(declaration.id, config.name, AgentStatus.IDLE, "not started")
        info = replace(
            info, name=config.name, backend=config.backend, tags=config.tags, autostart=config.autostart
        )
        record = Record(config, declaration.env, info, ticket=declaration.order, who=info.who)
        waits = info.status in (AgentStatus.IDLE, AgentStatus.STOPPING)
        by_itself = info.status is AgentStatus.STOPPING and (is_limit(info.who) or info.who == HEALTH_PROBE)
        record.wanted = declaration.wanted and waits and not by_itself
        record.wanted_since = self._parts.clock.monotonic() - self._waited(info)
        record.history = RestartHistory(self._past_restarts(info))
        self._register.add(record)
        return record

    def _waited(self, info: AgentInfo) -> float:
        """Return for how many seconds an agent has been waiting for its start already."""
        if info.status is not AgentStatus.IDLE or info.status_since is None:
            return 0.0
        return max(self._parts.clock.now() - info.status_since, 0.0)

    def _past_restarts(self, info: AgentInfo) -> list[float]:
        """Return when the restarts were that are counted: the starts of that many newest runs."""
        if not info.restarts:
            return []
        starts = [run.started_at for run in self._parts.store.runs(info.id) if run.started_at is not None]
        return starts[-info.restarts :]

    def _has_open_run(self, record: Record) -> bool:
        """True when the newest run is living, or has ended and was not judged yet."""
        newest = newest_run(self._parts.folder, record.id)
        if newest > record.info.run:
            return True
        return newest == record.info.run and newest > 0 and record.info.status.has_process

    async def _take_up(self, record: Record) -> None:
        picture = record.info
        run = self._conductor.begin(record, newest_run(self._parts.folder, record.id))
        if picture.status is AgentStatus.STOPPING:
            self._remember_stop(record, run)
        await self._clear_probe(run)
        await self._reach(record, run, picture)

    def _remember_stop(self, record: Record, run: Run) -> None:
        """Know why the run was being stopped, so that its ending is judged as if nothing had come in between."""
        who, unhealthy, over_limit = record.info.who or THE_FLEET, "", ""
        health = record.config.health
        if is_limit(who):
            over_limit = self._limiter.past(record).text or who
        elif who == HEALTH_PROBE and health is not None and health.on_failure == "restart":
            unhealthy = "as probed before"
        self._stopper.remember(record, run, by=who, unhealthy=unhealthy, over_limit=over_limit)

    async def _reach(self, record: Record, run: Run, picture: AgentInfo) -> None:
        def hear(event: RunEvent) -> None:
            self._conductor.hear(record, run, event)

        try:
            link = await self._parts.launcher.adopt(run.folder, run.run_id, hear)
        except (AgentError, OSError) as error:
            log.error("%s: its run cannot be taken up: %s", record.name, error)
            self._register.note(record, reason=f"{UNREACHED}: {error}")
            self._parts.tasks.start(self._try_again(record, run, picture), f"reach {record.name}")
            return
        if not run.over and link is not None:
            self._hold(record, run, link, picture)

    async def _try_again(self, record: Record, run: Run, picture: AgentInfo) -> None:
        await pass_time(self._parts.clock, TRY_AGAIN)
        if not run.over:
            await self._reach(record, run, picture)

    def _hold(self, record: Record, run: Run, link: RunLink, picture: AgentInfo) -> None:
        """Go on where the earlier supervisor was."""
        run.link.set_result(link)
        if record.info.reason.startswith(UNREACHED):
            self._register.note(record, reason=picture.reason)
        if picture.status is AgentStatus.STOPPING:
            left = (picture.next_at or 0.0) - self._parts.clock.now()
            self._stopper.go_on(record, grace=max(left, 0.0))
        else:
            self._match_pause(record, run, paused=link.is_paused())

    def _match_pause(self, record: Record, run: Run, *, paused: bool) -> None:
        """Make the status agree with what the run's keeper knows about the pause."""
        status = record.info.status
        run.cooperative = status is AgentStatus.PAUSED and record.info.reason == ASKED_BY_LINE and not paused
        if paused or run.cooperative:
            run.awake.clear()
            run.pauses += 1
        if paused and status is AgentStatus.RUNNING:
            self._register.step(record, AgentStatus.PAUSED, "was paused before", by=THE_FLEET)
        elif status is AgentStatus.PAUSED and not paused and not run.cooperative:
            self._register.step(record, AgentStatus.RUNNING, "", by=THE_FLEET)

    async def _clear_probe(self, run: Run) -> None:
        """End a probe that was under way; it would have ended by itself, but a new one needs its folder."""
        folder = run.folder / PROBE
        if not folder.is_dir() or not any(folder.iterdir()):
            return
        try:
            link = await self._parts.launcher.adopt(folder, probe_id(run), lambda event: None)
            if link is not None:
                await link.kill()
        except (AgentError, OSError) as error:
            log.info("a probe of another supervisor could not be ended: %s", error)


def _report(records: list[Record], open_runs: list[Record]) -> AdoptReport:
    living = [r.name for r in open_runs if r.info.status.has_process]
    ended = [r.name for r in open_runs if not r.info.status.has_process]
    waiting = [r.name for r in records if r.wanted or r.info.status is AgentStatus.BACKOFF]
    return AdoptReport(tuple(living), tuple(ended), tuple(waiting))


def _name_of(run: Path) -> str:
    """Return the name that a run's keeper wrote down; one made of the agent's id when it is unreadable."""
    try:
        name = str(json.loads((run / RUN_FACTS).read_bytes())["agent"])
    except (OSError, ValueError, KeyError, TypeError):
        name = ""
    return name if NAME_PATTERN.fullmatch(name) else f"found-{run.parent.name[:8]}"
