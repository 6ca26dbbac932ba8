"""The book of all agents, with one door: every change of a status is checked, numbered, told and stored here."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from descartes_tui.runner.fleet.changes import AgentChanged, AgentRemoved, Change, EventHappened
from descartes_tui.runner.fleet.clock import Clock
from descartes_tui.runner.fleet.record import Record
from descartes_tui.runner.model.errors import NotFound
from descartes_tui.runner.model.event import Event
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus, step
from descartes_tui.runner.model.store import RunRecord, StateStore

log = logging.getLogger(__name__)
MOST_PENDING: Final = 50_000  # events kept while the store cannot take them; then the oldest are dropped


class Register:
    """Owns the records. Events and pictures go to the store in one batch per turn of the loop, or at `flush`."""

    def __init__(self, store: StateStore, clock: Clock) -> None:
        self.records: dict[str, Record] = {}
        self.seq = store.last_seq()
        self._store = store
        self._clock = clock
        self._observers: list[Callable[[Change], None]] = []
        self._events: deque[Event] = deque(maxlen=MOST_PENDING)
        self._dirty: dict[str, None] = {}
        self._runs: dict[tuple[str, int], RunRecord] = {}
        self._flush_planned = False

    def add(self, record: Record) -> None:
        """Take up an agent that is new here."""
        self.records[record.id] = record
        self._changed(record, keep=True)

    def get(self, agent_id: str) -> Record:
        """Return the record of `agent_id`; NotFound when there is none."""
        try:
            return self.records[agent_id]
        except KeyError:
            raise NotFound(agent_id) from None

    def by_name(self, name: str) -> Record | None:
        """Return the record of the agent called `name`."""
        return next((record for record in self.records.values() if record.name == name), None)

    def step(self, record: Record, new: AgentStatus, reason: str, *, by: str, **facts: Any) -> None:
        """Change the status: the one place where it happens. IllegalStep when the table does not list it.

        `next_at` is None unless given among `facts`.
        """
        old = record.info.status
        facts = {"next_at": None, "reason": reason, "status_since": self._clock.now(), "who": by, **facts}
        record.info = replace(record.info, status=step(old, new), **facts)
        record.epoch += 1
        record.who = by
        self.emit(record, "status", old=old.value, new=new.value, reason=reason, by=by)
        self._changed(record, keep=True)

    def note(self, record: Record, *, keep: bool = True, **facts: Any) -> None:
        """Change facts of the picture other than the status; `keep`: worth storing."""
        info = replace(record.info, **facts)
        if info != record.info:
            record.info = info
            self._changed(record, keep=keep)

    def touch(self, record: Record) -> None:
        """Tell observers about a record whose picture is the same, but not what stands behind it."""
        self._changed(record, keep=False)

    def remove(self, record: Record) -> None:
        """Forget an agent."""
        self.flush()
        del self.records[record.id]
        self._dirty.pop(record.id, None)
        try:
            self._store.forget_agent(record.id)
        except Exception:  # forgotten at the next start at the latest: it is not declared any more
            log.exception("the picture of %s stays in the store", record.name)
        for _, future in record.waiters:
            if not future.done():
                future.set_exception(NotFound(record.name))
        self._tell(AgentRemoved(record.id))

    def emit(self, record: Record | None, kind: str, **facts: object) -> None:
        """Number an event, announce it, and plan to store it."""
        self.seq += 1
        event = Event(
            seq=self.seq,
            at=self._clock.now(),
            agent=record.name if record else None,
            agent_id=record.id if record else None,
            run=record.info.run or None if record else None,
            kind=kind,
            facts=facts,
        )
        self._events.append(event)
        self._plan_flush()
        self._tell(EventHappened(event))

    def save_run(self, run: RunRecord) -> None:
        """Plan to store what is known of a run."""
        self._runs[run.agent_id, run.run] = run
        self._plan_flush()

    def observe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call `callback` at each change, at once; returns how to end that."""
        self._observers.append(callback)
        return lambda: self._observers.remove(callback) if callback in self._observers else None

    async def until(self, record: Record, condition: Callable[[AgentInfo], bool]) -> AgentInfo:
        """Return the first picture for which `condition` holds; NotFound when the agent is removed before."""
        if condition(record.info):
            return record.info
        future: asyncio.Future[AgentInfo] = asyncio.get_running_loop().create_future()
        waiter = (condition, future)
        record.waiters.append(waiter)
        try:
            return await future
        finally:
            if waiter in record.waiters:
                record.waiters.remove(waiter)

    def flush(self) -> None:
        """Bring everything that happened into the store, now. What it cannot take is tried again later."""
        self._flush_planned = False
        try:
            self._write()
        except Exception:  # whatever a store does, agents go on
            log.exception("the event store takes nothing; trying again")
            self._clock.call_later(1.0, self._plan_flush)

    def _write(self) -> None:
        if self._events:
            self._store.append(tuple(self._events))
            self._events.clear()
        while self._runs:
            key = next(iter(self._runs))
            self._store.save_run(self._runs[key])
            del self._runs[key]
        if self._dirty:
            self._store.save_agents([self.records[i].info for i in self._dirty if i in self.records])
            self._dirty.clear()

    def _changed(self, record: Record, *, keep: bool) -> None:
        if keep:
            self._dirty[record.id] = None
            self._plan_flush()
        for condition, future in tuple(record.waiters):
            if not future.done() and condition(record.info):
                future.set_result(record.info)
        self._tell(AgentChanged(record.info))

    def _plan_flush(self) -> None:
        if not self._flush_planned:
            self._flush_planned = True
            asyncio.get_running_loop().call_soon(self.flush)

    def _tell(self, change: Change) -> None:
        for callback in tuple(self._observers):
            try:
                callback(change)
            except Exception:  # one bad observer must not stop an agent
                log.exception("an observer failed at %r", change)
