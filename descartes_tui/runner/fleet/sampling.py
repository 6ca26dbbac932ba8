"""Keeps usage and output facts fresh: often while somebody watches, seldom otherwise."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from descartes_tui.runner.fleet.parts import Parts
from descartes_tui.runner.fleet.record import Record, Run
from descartes_tui.runner.fleet.run_files import output_facts
from descartes_tui.runner.model.folders import LOG
from descartes_tui.runner.model.info import Usage

log = logging.getLogger(__name__)
WATCHED: Final = 1.0  # seconds between two looks while somebody watches
UNWATCHED: Final = 10.0
YOUNG: Final = 3.0  # seconds after its start in which a run is looked at as often as if it were watched
GAP: Final = 0.2  # seconds in which several reasons to look become one look


class UsageSampler(Protocol):
    """Measures whole families."""

    def sample(self, roots: Mapping[str, int], keepers: Mapping[str, int] | None = None) -> dict[str, Usage]:
        """Return usage by run id; `roots` and `keepers` are the pids of leaders and keepers by run id."""


class Sampling:
    """Samples for ever, one look at a time, in a thread; a look that fails is logged and the next one comes."""

    def __init__(self, parts: Parts, sampler: UsageSampler | None) -> None:
        self._parts = parts
        self._sampler = sampler
        self._watchers = 0
        self._sooner = asyncio.Event()
        self._busy = asyncio.Lock()

    @property
    def watchers(self) -> int:
        """How many are watching."""
        return self._watchers

    @watchers.setter
    def watchers(self, count: int) -> None:
        if count > self._watchers:
            self._sooner.set()
        self._watchers = count

    async def go_on_for_ever(self) -> None:
        """Refresh in a rhythm that depends on whether somebody watches."""
        while True:
            await asyncio.sleep(GAP)
            self._sooner.clear()
            try:
                await self.refresh()
            except Exception:  # a system that cannot be measured must not end the measuring
                log.exception("usage could not be sampled")
            try:
                async with asyncio.timeout(WATCHED if self._watchers or self._has_young() else UNWATCHED):
                    await self._sooner.wait()
            except TimeoutError:
                continue

    def soon(self) -> None:
        """Look soon: a run has started, and its usage is the difference of two looks."""
        self._sooner.set()

    def _has_young(self) -> bool:
        now = self._parts.clock.now()
        return any(now - (record.info.started_at or 0.0) < YOUNG for record, _ in self._living())

    async def refresh(self) -> None:
        """Measure now."""
        async with self._busy:
            living = list(self._living())
            for record, run in living:
                self._look_at_log(record, run)
            if self._sampler is not None and living:
                await self._measure(self._sampler, living)

    async def _measure(self, sampler: UsageSampler, living: list[tuple[Record, Run]]) -> None:
        usages = await measure(sampler, living)
        for record, run in living:
            if run.run_id in usages and record.run is run and not run.over:
                self._parts.register.note(record, keep=False, usage=usages[run.run_id])

    def _living(self) -> list[tuple[Record, Run]]:
        records = self._parts.register.records.values()
        return [(r, r.run) for r in records if r.run is not None and r.run.living_link() is not None]

    def _look_at_log(self, record: Record, run: Run) -> None:
        facts = output_facts(run.folder / LOG)
        if facts and facts["log_bytes"] != record.info.log_bytes:
            self._parts.register.note(record, keep=False, **facts)


async def measure(sampler: UsageSampler, living: Sequence[tuple[Record, Run]]) -> dict[str, Usage]:
    """Return what these runs use, by run id, measured in a thread."""
    roots = {run.run_id: record.info.pid for record, run in living if record.info.pid is not None}
    keepers = {run.run_id: pid for _, run in living if (pid := _keeper_pid(run)) is not None}
    return await asyncio.to_thread(sampler.sample, roots, keepers)


def _keeper_pid(run: Run) -> int | None:
    """Return the pid of the process that holds the run, None where this very process does."""
    pid: int | None = getattr(run.living_link(), "keeper_pid", None)
    return pid
