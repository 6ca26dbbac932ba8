"""The screen's client asks many things at once and goes on when the supervisor is killed."""

import asyncio
import os
from contextlib import aclosing

import pytest

from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.runner.wire.aclient import AsyncClient
from descartes_tui.runner.wire.client import sendable
from descartes_tui.runner.wire.errors import NoSupervisor, WireError
from descartes_tui.runner.wire.updates import Changed, Disconnected, Snapshot
from tests.runner.sessions import kill_supervisor

ENV = sendable(os.environ)


def sleeper(name: str) -> dict[str, object]:
    return {"name": name, "command": ["sleep", "1000"]}


async def test_without_a_supervisor_there_is_no_client(session: str) -> None:
    with pytest.raises(NoSupervisor):
        await AsyncClient.connect(session)


async def test_calls_run_side_by_side_and_each_gets_its_answer(session: str) -> None:
    async with await AsyncClient.connect(session, start=True) as client:
        names = [f"a{n}" for n in range(10)]
        agents = await asyncio.gather(*(client.call("spawn", config=sleeper(n), env=ENV) for n in names))
        assert [agent["name"] for agent in agents] == names
        waiting = asyncio.create_task(client.call("wait", agents=["a0"]))
        shown = await asyncio.gather(*(client.call("show", agent=name) for name in names))
        assert [one["id"] for one in shown] == [agent["id"] for agent in agents]
        assert not waiting.done()
        await client.call("kill", agents=["a0"])
        (ended,) = await waiting
        assert ended["status"] == "terminated"


async def test_a_refusal_and_a_late_answer_are_errors_of_their_call_only(session: str) -> None:
    async with await AsyncClient.connect(session, start=True) as client:
        await client.call("spawn", config=sleeper("web"), env=ENV)
        results = await asyncio.gather(
            client.call("show", agent="nobody"),
            client.call("wait", agents=["web"], timeout=0.05),
            client.call("list"),
            return_exceptions=True,
        )
        assert [getattr(result, "code", "fine") for result in results] == ["not_found", "timeout", "fine"]


async def test_a_watcher_sees_the_fleet_and_each_change(session: str) -> None:
    async with await AsyncClient.connect(session, start=True) as client, aclosing(client.watch()) as updates:
        assert await anext(updates) == Snapshot((), 0, session)
        spawned = await client.call("spawn", config=sleeper("web"), env=ENV)
        seen = []
        async for update in updates:
            assert isinstance(update, Changed)
            seen += [agent.status for agent in update.agents]
            if AgentStatus.RUNNING in seen:
                break
        await client.call("kill", agents=["web"])
        await client.call("rm", agents=["web"])
        async for update in updates:
            assert isinstance(update, Changed)
            if update.removed:
                assert update.removed == (spawned["id"],)
                break


async def test_a_watcher_outlives_the_supervisor(session: str) -> None:
    async with await AsyncClient.connect(session, start=True) as client, aclosing(client.watch()) as updates:
        await anext(updates)
        agent = await client.call("spawn", config=sleeper("web"), env=ENV)
        for _ in range(3):
            kill_supervisor(session)
            kinds = []
            async for update in updates:
                kinds.append(type(update))
                if isinstance(update, Snapshot):
                    (info,) = update.agents
                    assert (info.pid, info.status) == (agent["pid"], AgentStatus.RUNNING)
                    break
            assert Disconnected in kinds
            assert [one["pid"] for one in await client.call("list")] == [agent["pid"]]


async def test_a_call_that_the_supervisor_dies_in_is_an_error_and_the_next_one_works(session: str) -> None:
    async with await AsyncClient.connect(session, start=True) as client:
        await client.call("spawn", config=sleeper("web"), env=ENV)
        waiting = asyncio.create_task(client.call("wait", agents=["web"]))
        await client.call("list")
        kill_supervisor(session)
        with pytest.raises(WireError) as caught:
            await waiting
        assert caught.value.code == "communication"
        assert len(await client.call("list")) == 1


async def test_a_watcher_is_told_of_an_end_on_purpose_and_of_a_new_beginning(session: str) -> None:
    async with await AsyncClient.connect(session, start=True) as client, aclosing(client.watch()) as updates:
        await anext(updates)
        await client.call("down")
        gone = await anext(updates)
        assert isinstance(gone, Disconnected)
        assert gone.ended
        other = await AsyncClient.connect(session, start=True)
        async for update in updates:
            if isinstance(update, Snapshot):
                break
        await other.close()


async def test_events_are_replayed_and_followed(session: str) -> None:
    async with await AsyncClient.connect(session, start=True) as client:
        await client.call("spawn", config=sleeper("web"), env=ENV)
        numbers = [event["seq"] async for event in client.stream("events")]
        assert numbers == list(range(1, len(numbers) + 1))
        async with aclosing(client.stream("events", since=numbers[-1], follow=True)) as live:
            await client.call("kill", agents=["web"])
            assert (await anext(live))["seq"] == numbers[-1] + 1
