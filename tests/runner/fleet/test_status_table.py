"""The one door for statuses lets through exactly what the table lists; verbs are refused by their own table."""

from pathlib import Path

import pytest

from descartes_tui.runner.fleet.changes import AgentChanged, EventHappened
from descartes_tui.runner.fleet.memory_store import MemoryStore
from descartes_tui.runner.fleet.record import Record
from descartes_tui.runner.fleet.refusal import REMEDIES, require
from descartes_tui.runner.fleet.register import Register
from descartes_tui.runner.model.config import AgentConfig
from descartes_tui.runner.model.errors import ExecutionError
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import ALLOWED, NEXT, AgentStatus, IllegalStep, Verb
from tests.runner.fleet.fakes import FakeClock


def registered(status: AgentStatus) -> tuple[Register, Record, list[object]]:
    register, changes = Register(MemoryStore(), FakeClock()), list[object]()
    record = Record(AgentConfig("a"), {}, AgentInfo("id", "a", status, "before"))
    register.add(record)
    register.observe(changes.append)
    return register, record, changes


@pytest.mark.parametrize("new", AgentStatus)
@pytest.mark.parametrize("old", AgentStatus)
async def test_every_pair_of_statuses(old: AgentStatus, new: AgentStatus) -> None:
    register, record, changes = registered(old)
    if new in NEXT[old]:
        register.step(record, new, "because", by="test")
        event, changed = changes
        assert isinstance(event, EventHappened)
        assert isinstance(changed, AgentChanged)
        assert changed.info.status is new
        assert dict(event.event.facts) == {
            "old": old.value,
            "new": new.value,
            "reason": "because",
            "by": "test",
        }
        assert record.epoch == 1
    else:
        with pytest.raises(IllegalStep):
            register.step(record, new, "because", by="test")
        assert (changes, record.info.status, record.epoch) == ([], old, 0)


@pytest.mark.parametrize("status", AgentStatus)
@pytest.mark.parametrize("verb", Verb)
def test_every_verb_in_every_status(verb: Verb, status: AgentStatus) -> None:
    info = AgentInfo("id", "a", status)
    if status in ALLOWED[verb]:
        require(verb, info)
    else:
        with pytest.raises(ExecutionError) as caught:
            require(verb, info)
        assert status.value in str(caught.value)
        assert REMEDIES[verb] in str(caught.value)


async def test_a_store_that_takes_nothing_loses_nothing(tmp_path: Path) -> None:
    class Stubborn(MemoryStore):
        full = True

        def append(self, events: object) -> None:
            if self.full:
                raise OSError("no space left on device")
            super().append(events)  # type: ignore[arg-type]

    store = Stubborn()
    register = Register(store, FakeClock())
    register.emit(None, "supervisor", text="one")
    register.flush()
    store.full = False
    register.emit(None, "supervisor", text="two")
    register.flush()
    assert [event.facts["text"] for event in store.events()] == ["one", "two"]


async def test_an_observer_that_fails_disturbs_nobody() -> None:
    register, record, changes = registered(AgentStatus.IDLE)

    def fail(change: object) -> None:
        raise RuntimeError(change)

    unobserve = register.observe(fail)
    register.note(record, reason="new")
    assert len(changes) == 1
    unobserve()
    unobserve()
