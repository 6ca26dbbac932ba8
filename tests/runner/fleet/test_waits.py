"""Waiting for conditions, and being told when they can never come true."""

import asyncio

import pytest

from descartes_tui.runner.model.config import AgentConfig
from descartes_tui.runner.model.errors import ExecutionError, InvalidConfig
from descartes_tui.runner.model.info import AgentInfo
from tests.runner.fleet.conftest import World
from tests.runner.fleet.fakes import settle


def waiting(world: World, condition: str, *names: str) -> "asyncio.Task[list[AgentInfo]]":
    ids = world.fleet.resolve(names or ["a"])
    return asyncio.ensure_future(world.fleet.wait_for(ids, condition))


async def test_exit_of_all(world: World) -> None:
    await world.up(AgentConfig("a"), AgentConfig("b"))
    wait = waiting(world, "exit", "a", "b")
    world.launcher.last("a").end(0)
    await settle()
    assert not wait.done()
    world.launcher.last("b").end(4)
    assert [info.exit_code for info in await wait] == [0, 4]


async def test_running_is_fulfilled_by_what_ran(world: World) -> None:
    await world.up(AgentConfig("a"))
    world.launcher.last("a").end(0)
    assert (await waiting(world, "running"))[0].status.value == "completed"


@pytest.mark.parametrize("condition", ["healthy", "log:never", "activity:thinking"])
async def test_what_can_never_come_true_ends_the_wait(world: World, condition: str) -> None:
    await world.up(AgentConfig("a"))
    wait = waiting(world, condition)
    await settle()
    world.launcher.last("a").end(0)
    await world.clock.advance(1)
    with pytest.raises(ExecutionError, match="is completed"):
        await wait


async def test_a_line_is_waited_for(world: World) -> None:
    await world.up(AgentConfig("a"))
    wait = waiting(world, "log:ready .* now")
    await world.clock.advance(1)
    assert not wait.done()
    world.launcher.last("a").print("ready right now\n")
    await world.clock.advance(0.2)
    assert (await wait)[0].name == "a"


async def test_who_was_never_started_never_ends(world: World) -> None:
    await world.up(AgentConfig("a", autostart=False))
    with pytest.raises(ExecutionError, match="never ends"):
        await waiting(world, "exit")


@pytest.mark.parametrize("condition", ["", "exited", "log:", "log:(", "activity"])
async def test_an_unknown_condition_is_refused(world: World, condition: str) -> None:
    await world.up(AgentConfig("a"))
    with pytest.raises(InvalidConfig):
        await waiting(world, condition)
