"""The event store keeps what it accepted, whatever happens to the process or to its file."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from descartes_tui.runner.model.event import Event
from descartes_tui.runner.model.info import AgentInfo, Tokens, Usage
from descartes_tui.runner.model.status import AgentStatus, Health, Verdict
from descartes_tui.runner.model.store import RunRecord, StateStore
from descartes_tui.runner.store import sqlite
from descartes_tui.runner.store.sqlite import SqliteStore
from tests.waiting import wait_until


def event(seq: int, **facts: object) -> Event:
    return Event(seq, 1000.0 + seq, "web", "id-web", 1, "status", facts)


def open_store(folder: Path) -> SqliteStore:
    return SqliteStore(folder / "events.db")


def test_events_come_back_as_they_were_saved_in_order(tmp_path: Path) -> None:
    store: StateStore = open_store(tmp_path)
    saved = [
        event(1, old="idle", new="starting"),
        Event(2, 5000.0, None, None, None, "supervisor", {"n": [1]}),
    ]
    store.append(saved)
    store.close()
    again = open_store(tmp_path)
    assert list(again.events()) == saved
    assert again.last_seq() == 2


def test_events_are_chosen_by_number_time_agent_and_count(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.append([event(n) for n in range(1, 2501)])
    store.append([Event(2501, 9000.0, "db", "id-db", 1, "exit", {})])
    assert [e.seq for e in store.events(since=2499)] == [2500, 2501]
    assert [e.seq for e in store.events(since_time=3499.0)] == [2499, 2500, 2501]
    assert [e.seq for e in store.events(agent="db")] == [e.seq for e in store.events(agent="id-db")] == [2501]
    assert [e.seq for e in store.events(limit=1001)] == list(range(1, 1002))


def test_numbers_that_do_not_follow_are_refused_and_nothing_of_the_batch_is_saved(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.append([event(1)])
    with pytest.raises(ValueError, match="after number 1"):
        store.append([event(2), event(2)])
    assert [e.seq for e in store.events()] == [1]


def test_search_finds_text_literally_newest_first(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.append([event(1, reason="100% done"), event(2, reason="1000 done"), event(3, reason='a "quote" é')])
    assert [e.seq for e in store.search("100%")] == [1]
    assert [e.seq for e in store.search("DONE")] == [2, 1]
    assert [e.seq for e in store.search('"quote" é')] == [3]
    assert [e.seq for e in store.search("web", limit=2)] == [3, 2]


def test_text_that_is_not_unicode_is_stored_and_read(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.append([event(1, cmdline="\udcff\x00", path=Path("/x"), verdict=Verdict.DONE)])
    (got,) = store.events()
    assert got.facts == {"cmdline": "\udcff\x00", "path": "/x", "verdict": "done"}


def test_runs_are_replaced_by_number(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    begun = RunRecord("a", "web", 1, 10.0, None, None, None, None, "/log")
    ended = RunRecord("a", "web", 1, 10.0, 12.0, None, 9, "failed", "/log")
    other = RunRecord("b", "db", 1, 5.0, None, None, None, None, "/log2")
    for record in (begun, ended, other):
        store.save_run(record)
    assert store.runs() == [other, ended]
    assert store.runs("a") == [ended]


def test_pictures_of_agents_keep_their_first_order(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    full = AgentInfo(
        "1", "web", AgentStatus.FAILED, tags=("t",), verdict=Verdict.CUT_OFF, health=Health.HEALTHY,
        usage=Usage(1.5, 2, 3), tokens=Tokens(4, None), started_at=12.25,
    )  # fmt: skip
    store.save_agents([full, AgentInfo("2", "db", AgentStatus.IDLE)])
    store.save_agents([AgentInfo("2", "db", AgentStatus.RUNNING, pid=5), full])
    assert store.agents() == [full, AgentInfo("2", "db", AgentStatus.RUNNING, pid=5)]
    store.forget_agent("1")
    store.close()
    assert [info.id for info in open_store(tmp_path).agents()] == ["2"]


def test_only_the_newest_events_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "KEEP", 50)
    monkeypatch.setattr(sqlite, "PRUNE_EVERY", 100)
    store = open_store(tmp_path)
    for n in range(1, 302):
        store.append([event(n)])
    kept = [e.seq for e in store.events()]
    assert kept == list(range(251, 302))
    assert store.last_seq() == 301


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_files_are_private_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        store = open_store(tmp_path)
        store.append([event(1)])
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes) == {"events.db", "events.db-wal", "events.db-shm"}
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("damage", ["garbage", "cut", "folder", "later version"])
def test_a_file_that_cannot_be_used_is_moved_aside(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "events.db"
    spoil(path, damage)
    store = open_store(tmp_path)
    assert store.quarantined is not None
    assert store.quarantined.exists()
    assert store.quarantined.name.startswith("events.db.corrupt-")
    store.append([event(1)])
    assert [e.seq for e in store.events()] == [1]


def spoil(path: Path, damage: str) -> None:
    if damage == "folder":
        path.mkdir()
        return
    if damage == "garbage":
        path.write_bytes(b"\x00garbage" * 1000)
        return
    store = SqliteStore(path)
    store.append([event(n, text="x" * 200) for n in range(1, 2000)])
    store.close()
    if damage == "cut":
        os.truncate(path, 20_000)
    else:
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA user_version = 99")


def test_damage_found_while_running_is_moved_aside_and_numbers_go_on(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.append([event(n, text="x" * 200) for n in range(1, 2000)])
    store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (tmp_path / "events.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 400_000)
    store._db.execute("PRAGMA shrink_memory")
    list(store.events())
    assert store.quarantined is not None
    store.append([event(2000)])
    assert [e.seq for e in store.events()] == [2000]


def test_a_locked_file_is_an_error_and_the_batch_can_be_saved_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "WRITING_MS", 10)
    store = open_store(tmp_path)
    other = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        store.append([event(1)])
    other.execute("ROLLBACK")
    store.append([event(1)])
    assert [e.seq for e in store.events()] == [1]


WRITER = """
import sys
from pathlib import Path
from descartes_tui.runner.model.event import Event
from descartes_tui.runner.store.sqlite import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
for n in range(store.last_seq() + 1, 10**9):
    store.append([Event(n, 0.0, None, None, None, "k", {"text": "x" * 100})])
    print(n, flush=True)
"""


def test_no_acknowledged_event_is_lost_when_the_writer_is_killed(tmp_path: Path) -> None:
    path, output = tmp_path / "events.db", tmp_path / "acknowledged"
    for _ in range(5):
        with output.open("wb") as sink:
            writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=sink)
        wait_until("300 acknowledged events", lambda: output.read_bytes().count(b"\n") > 300)
        writer.kill()
        writer.wait()
        acknowledged = int(output.read_bytes().rpartition(b"\n")[0].split()[-1])
        store = SqliteStore(path)
        assert store.quarantined is None
        assert store.last_seq() >= acknowledged
        assert [e.seq for e in store.events()] == list(range(1, store.last_seq() + 1))
        store.close()
