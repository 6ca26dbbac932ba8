"""Whoever watches sees everything from the first picture on, once, in order, with no gap."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from descartes_tui.runner.backends.registry import backends
from descartes_tui.runner.fleet.changes import AgentChanged
from descartes_tui.runner.fleet.fleet import Fleet
from descartes_tui.runner.model.config import AgentConfig
from descartes_tui.runner.model.folders import session_folder
from descartes_tui.runner.process.launcher import KeeperLauncher
from descartes_tui.runner.store.sqlite import SqliteStore
from descartes_tui.runner.supervisor import feed as feed_module
from descartes_tui.runner.supervisor.feed import Feed

ALL: dict[str, Any] = {"since": 0, "since_time": 0.0, "agent": None, "follow": True}


@pytest.fixture
async def store(session: str, tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "events.db")
    yield store
    store.close()


@pytest.fixture
async def fleet(session: str, store: SqliteStore) -> AsyncIterator[Fleet]:
    launcher = KeeperLauncher()
    fleet = Fleet(
        session_folder(session), session=session, launcher=launcher, backends=backends(), store=store
    )
    await fleet.open()
    yield fleet
    await fleet.shutdown(5.0)
    await fleet.close()
    await launcher.close()


def emit(fleet: Fleet, count: int) -> None:
    for n in range(count):
        fleet._register.emit(None, "action", n=n)


async def numbers(events: AsyncIterator[dict[str, Any]], until: int) -> list[int]:
    seen: list[int] = []
    async for event in events:
        seen.append(event["seq"])
        if event["seq"] >= until:
            break
    return seen


async def test_events_that_happen_during_the_replay_are_neither_missed_nor_doubled(
    fleet: Fleet, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "PAGE", 7)
    feed = Feed(fleet, store, "shop")
    emit(fleet, 100)
    async with aclosing(feed.events(**ALL)) as events:
        seen = []
        async for event in events:
            seen.append(event["seq"])
            if event["seq"] % 10 == 0 and event["seq"] <= 100:
                emit(fleet, 5)
            if len(seen) == 150:
                break
        assert seen == list(range(1, 151))
        waiting = asyncio.create_task(numbers(events, 152))
        await asyncio.sleep(0)
        emit(fleet, 2)
        assert await waiting == [151, 152]


async def test_several_followers_each_see_all_from_where_they_began(fleet: Fleet, store: SqliteStore) -> None:
    feed = Feed(fleet, store, "shop")
    emit(fleet, 20)
    followers = [
        asyncio.create_task(numbers(feed.events(**{**ALL, "since": since}), 60)) for since in (0, 10, 20, 30)
    ]
    for _ in range(40):
        emit(fleet, 1)
        await asyncio.sleep(0)
    assert [await one for one in followers] == [list(range(since + 1, 61)) for since in (0, 10, 20, 30)]


async def test_events_come_after_a_store_recovers(
    fleet: Fleet, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "RETRY", 0.01)
    feed = Feed(fleet, store, "shop")
    async with aclosing(feed.events(**ALL)) as events:
        waiting = asyncio.create_task(numbers(events, 3))
        with monkeypatch.context() as broken:
            broken.setattr(store, "append", lambda events: 1 / 0)
            emit(fleet, 3)
            await asyncio.sleep(0.05)
            assert not waiting.done()
        assert await waiting == [1, 2, 3]


async def test_a_watcher_gets_the_whole_picture_first_and_every_agent_after_it(
    fleet: Fleet, store: SqliteStore
) -> None:
    feed = Feed(fleet, store, "shop")
    first = await fleet.spawn(AgentConfig("first", command=["sleep", "1000"]), {})
    async with aclosing(feed.watch()) as updates:
        snapshot = await anext(updates)
        assert [agent["id"] for agent in snapshot["snapshot"]] == [first.id]
        assert snapshot["seq"] == fleet.seq
        assert fleet.watchers == 1
        second = await fleet.spawn(AgentConfig("second", command=["sleep", "1000"]), {})
        changed = await anext(updates)
        assert second.id in {agent["id"] for agent in changed["changed"]}
    assert fleet.watchers == 0


async def test_a_slow_watcher_gets_one_merged_change_however_much_happened(
    fleet: Fleet, store: SqliteStore
) -> None:
    feed = Feed(fleet, store, "shop")
    info = await fleet.spawn(AgentConfig("web", command=["sleep", "1000"]), {})
    async with aclosing(feed.watch()) as updates:
        await anext(updates)
        for n in range(10_000):
            feed._hear(AgentChanged(replace(info, log_bytes=n)))
        update = await anext(updates)
        assert [agent["log_bytes"] for agent in update["changed"]] == [9_999]


async def test_a_watcher_is_told_at_most_ten_times_a_second(fleet: Fleet, store: SqliteStore) -> None:
    feed = Feed(fleet, store, "shop")
    info = await fleet.spawn(AgentConfig("web", command=["sleep", "1000"]), {})
    loop = asyncio.get_running_loop()
    async with aclosing(feed.watch()) as updates:
        await anext(updates)
        feed._hear(AgentChanged(info))
        await anext(updates)
        begun = loop.time()
        for n in range(3):
            feed._hear(AgentChanged(replace(info, log_bytes=n)))
            await anext(updates)
        assert loop.time() - begun >= 3 * feed_module.PACE * 0.9
