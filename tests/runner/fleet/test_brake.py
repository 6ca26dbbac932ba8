"""An outage does not restart everybody at the same moment."""

from collections.abc import Mapping
from dataclasses import replace

from descartes_tui.runner.fleet.brake import Brake
from descartes_tui.runner.model.config import AgentConfig, FleetConfig, RestartPolicy, RestartWhen
from tests.runner.fleet.conftest import World
from tests.runner.fleet.fakes import FakeRun, settle

RESTART = RestartPolicy(RestartWhen.ALWAYS, max=0, backoff_min=1.0, backoff_max=1.0)
FIFTY = tuple(AgentConfig(f"a{n:02}", restart=RESTART) for n in range(50))


def test_after_ten_restarts_at_once_there_is_one_each_second() -> None:
    brake = Brake()
    assert (brake.free(100.0), brake.delay(100.0)) == (10, 0.0)
    for _ in range(10):
        brake.note(100.0)
    assert (brake.free(100.0), brake.delay(100.0), brake.delay(100.25)) == (0, 1.0, 0.75)
    assert brake.delay(101.0) == 0.0
    brake.note(101.0)
    assert (brake.delay(101.0), brake.recent(101.0)) == (1.0, 11)
    assert (brake.recent(110.0), brake.free(110.0)) == (1, 9)


async def outage(world: World, *agents: AgentConfig, **limits: float) -> None:
    """Let all agents run, then end at the same moment."""
    await world.fleet.up(FleetConfig("t", agents, **limits), {})  # type: ignore[arg-type]
    await world.clock.advance(60)
    for agent in agents:
        world.launcher.last(agent.name).end(1)
    await settle()


def again(world: World) -> int:
    """How many run for the second time."""
    return sum(info.run == 2 for info in world.fleet.snapshot())


def held_back(world: World) -> list[Mapping[str, object]]:
    world.fleet.flush()
    return [event.facts for event in world.store.events() if event.kind == "held_back"]


async def test_an_outage_restarts_ten_at_once_and_then_one_a_second(world: World) -> None:
    await outage(world, *FIFTY)
    await world.clock.advance(1.5)
    assert again(world) == 10
    await world.clock.advance(5)
    assert again(world) in (15, 16)
    await world.clock.advance(60)
    assert again(world) == 50


async def test_who_is_held_back_says_so_and_when_it_goes_on(world: World) -> None:
    await outage(world, *FIFTY[:13])
    now = world.clock.now()
    await world.clock.advance(1.01)
    held = [info for info in world.fleet.snapshot() if info.status.value == "backoff"]
    assert len(held) == 3
    assert {info.reason for info in held} == {"restart held back: 10 agents restarted in the last 10s"}
    assert [round((info.next_at or 0) - now) for info in held] == [2, 3, 4]
    why = world.fleet.why(held[0].id)
    assert (why["who"], why["next"]) == ("the restart policy", "starts again")
    assert len(held_back(world)) == 3
    await world.clock.advance(10)
    assert again(world) == 13
    assert len(held_back(world)) == 3


async def test_a_person_is_never_held_back(world: World) -> None:
    await outage(world, *FIFTY)
    await world.clock.advance(1.01)
    last = [info for info in world.fleet.snapshot() if info.status.value == "backoff"][-1]
    await world.fleet.start(last.id)
    assert world.info(last.name).status.value == "running"


async def test_who_is_held_back_can_be_stopped(world: World) -> None:
    await outage(world, *FIFTY[:11])
    await world.clock.advance(1.01)
    (held,) = [info for info in world.fleet.snapshot() if info.status.value == "backoff"]
    await world.fleet.stop(held.id)
    await world.clock.advance(60)
    assert (world.status(held.name), world.info(held.name).run) == ("terminated", 1)


async def test_one_that_crashes_all_the_time_does_not_keep_others_waiting(world: World) -> None:
    def crash(run: FakeRun) -> None:
        if run.spec.env["DESCARTES_AGENT"] == "a00":
            world.clock.call_later(0.01, lambda: run.end(1))

    world.launcher.prepare = crash
    quick = replace(RESTART, backoff_min=0.01, backoff_max=0.01)
    await outage(world, *(replace(agent, restart=quick) for agent in FIFTY[:20]))
    await world.clock.advance(40)
    assert sum(info.run >= 2 for info in world.fleet.snapshot()) == 20


async def test_restarts_keep_the_pace_of_starts_too(world: World) -> None:
    await outage(world, *FIFTY[:5], start_interval=0.5)
    await world.clock.advance(1.2)
    assert again(world) == 1
    waiting = [info for info in world.fleet.snapshot() if info.run == 1]
    assert {info.reason for info in waiting} == {"starts in a moment (start_interval)"}
    await world.clock.advance(2.5)
    assert again(world) == 5
