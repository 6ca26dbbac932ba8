"""A supervisor is killed and another one starts: everything is taken up, nothing is started or judged twice."""

from dataclasses import replace

import pytest

from descartes_tui.runner.fleet.presence import is_active_session
from descartes_tui.runner.model.config import (
    AgentConfig,
    Dependency,
    DependencyNeed,
    RestartPolicy,
    RestartWhen,
    StdinMode,
    StopPolicy,
)
from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.run import Ended
from tests.runner.fleet.conftest import World
from tests.runner.fleet.fakes import settle

A = AgentConfig("a")
STUBBORN = replace(A, restart=RestartPolicy(RestartWhen.ON_FAILURE, max=3, backoff_min=10.0))


async def killed(world: World) -> None:
    """The supervisor is gone at once; what was in the store at that moment is all there is."""
    world.fleet.flush()
    old = world.fleet
    await old._parts.tasks.close()
    old._starts.close()
    for record in old._register.records.values():
        for timer in (record.timer, record.run.timer if record.run else None):
            if timer is not None:
                timer.cancel()
    for run in world.launcher.runs:
        run.hear = lambda event: None
    world.new_fleet()


def ended_meanwhile(world: World, name: str, code: int) -> None:
    run = world.launcher.last(name)
    run.over = True
    world.launcher.endings[run.spec.run_id] = Ended(ExitStatus(code), world.clock.now())


async def test_what_runs_is_taken_up_with_its_picture(world: World) -> None:
    await world.up(A, AgentConfig("b"))
    before = world.fleet.snapshot()
    await killed(world)
    report = await world.fleet.adopt()
    assert report.living == ("a", "b")
    assert world.fleet.snapshot() == before
    assert len(world.launcher.runs) == 2
    assert (await world.fleet.stop(before[0].id)).status.value == "terminated"


async def test_an_ending_nobody_heard_is_judged_once(world: World) -> None:
    await world.up(STUBBORN)
    await killed(world)
    ended_meanwhile(world, "a", 1)
    report = await world.fleet.adopt()
    assert report.ended == ("a",)
    assert (world.status("a"), world.info("a").restarts, world.info("a").exit_code) == ("backoff", 1, 1)
    await killed(world)
    await world.fleet.adopt()
    assert (world.status("a"), world.info("a").restarts) == ("backoff", 1)
    await world.clock.advance(11)
    assert world.status("a") == "running"
    assert len(world.launcher.runs) == 2
    assert world.kinds("a").count("exit") == 1


async def test_an_ending_that_was_judged_is_not_judged_again(world: World) -> None:
    await world.up(A)
    world.launcher.last("a").end(0)
    await killed(world)
    report = await world.fleet.adopt()
    assert (report.living, report.ended) == ((), ())
    assert world.status("a") == "completed"
    assert world.kinds("a").count("exit") == 1


async def test_a_back_off_goes_on_at_its_time(world: World) -> None:
    await world.up(STUBBORN)
    world.launcher.last("a").end(1)
    await world.clock.advance(4)
    await killed(world)
    await world.fleet.adopt()
    await world.clock.advance(5.9)
    assert world.status("a") == "backoff"
    await world.clock.advance(1.2)
    assert world.status("a") == "running"


async def test_the_count_of_restarts_goes_on(world: World) -> None:
    await world.up(STUBBORN)
    for _ in range(3):
        world.launcher.last("a").end(1)
        await world.clock.advance(60)
        await killed(world)
        await world.fleet.adopt()
    world.launcher.last("a").end(1)
    assert world.info("a").reason.startswith("gave up: 3 restarts")


async def test_a_run_that_began_after_the_last_picture_is_found_by_its_folder(world: World) -> None:
    await world.up(A)
    old = replace(world.info("a"), status=type(world.info("a").status).IDLE, run=0, pid=None, started_at=None)
    await killed(world)
    world.store.save_agents([old])
    await world.fleet.adopt()
    assert (world.status("a"), world.info("a").run) == ("running", 1)
    assert len(world.launcher.runs) == 1


async def test_without_any_picture_runs_are_found_by_their_folders(world: World) -> None:
    await world.up(A, AgentConfig("b"))
    await killed(world)
    for info in world.store.agents():
        world.store.forget_agent(info.id)
    ended_meanwhile(world, "b", 0)
    await world.fleet.adopt()
    await settle()
    assert (world.status("a"), world.status("b")) == ("running", "completed")
    assert len(world.launcher.runs) == 2


async def test_without_a_declaration_what_lives_can_still_be_seen_and_stopped(world: World) -> None:
    await world.up(A)
    assert world.fleet._parts.declared is not None
    world.fleet._parts.declared.clear()
    await killed(world)
    await world.fleet.adopt()
    assert world.status("a") == "running"
    assert (await world.fleet.stop(world.info("a").id)).status.value == "terminated"


async def test_a_stop_under_way_is_finished(world: World) -> None:
    await world.up(replace(A, stop=StopPolicy(grace=5.0)))
    world.launcher.last("a").obeys.clear()
    world.fleet._parts.tasks.start(world.fleet.stop(world.info("a").id), "stop")
    await world.clock.advance(2)
    await killed(world)
    await world.fleet.adopt()
    assert world.status("a") == "stopping"
    await world.clock.advance(3.1)
    assert world.status("a") == "terminated"
    assert world.history("a") == ["starting", "running", "stopping", "terminated"]


async def test_who_ends_after_a_stop_that_nobody_saw_through_is_not_restarted(world: World) -> None:
    await world.up(STUBBORN)
    world.launcher.last("a").obeys.clear()
    world.fleet._parts.tasks.start(world.fleet.stop(world.info("a").id, by="Ada"), "stop")
    await world.clock.advance(2)
    await killed(world)
    run = world.launcher.last("a")
    run.hear = lambda event: world.launcher.endings.update({run.spec.run_id: event})
    run.end(signal=15)
    await world.fleet.adopt()
    await world.clock.advance(60)
    info = world.info("a")
    assert (info.status.value, info.run, info.reason) == (
        "terminated",
        1,
        "stopped by Ada: killed by SIGTERM",
    )


async def test_a_restart_under_way_is_finished(world: World) -> None:
    await world.up(replace(A, stop=StopPolicy(grace=5.0)))
    world.launcher.last("a").obeys.clear()
    world.fleet._parts.tasks.start(world.fleet.restart(world.info("a").id), "restart")
    await world.clock.advance(2)
    await killed(world)
    await world.fleet.adopt()
    await world.clock.advance(4)
    assert (world.status("a"), world.info("a").run) == ("running", 2)


@pytest.mark.parametrize("cooperative", [True, False])
async def test_a_pause_survives_in_its_own_way(world: World, cooperative: bool) -> None:
    await world.up(replace(A, stdin=StdinMode.PIPE))
    await world.fleet.pause(world.info("a").id, cooperative=cooperative)
    await killed(world)
    await world.fleet.adopt()
    assert world.status("a") == "paused"
    await world.fleet.resume(world.info("a").id)
    assert world.status("a") == "running"
    last = world.launcher.last("a").calls[-1]
    assert last == (("stdin", b'{"type":"resume","action":"resume"}\n') if cooperative else "resume")


async def test_who_waited_goes_on_waiting(world: World) -> None:
    waiting = AgentConfig("web", depends_on=(Dependency("a", DependencyNeed.COMPLETED),))
    await world.up(A, waiting, AgentConfig("never", autostart=False), max_concurrent=2)
    await killed(world)
    report = await world.fleet.adopt()
    assert report.waiting == ("web",)
    assert [info.name for info in world.fleet.snapshot()] == ["a", "web", "never"]
    world.launcher.last("a").end(0)
    await settle()
    assert (world.status("web"), world.status("never")) == ("running", "idle")


async def test_the_limit_of_the_fleet_survives(world: World) -> None:
    await world.up(A, AgentConfig("b"), max_concurrent=1)
    await killed(world)
    await world.fleet.adopt()
    await settle()
    assert world.info("b").reason == "1st in line (max_concurrent 1)"


async def test_who_was_stopped_stays_stopped(world: World) -> None:
    await world.up(A, AgentConfig("b"), max_concurrent=1)
    await world.fleet.stop(world.info("b").id)
    await world.fleet.stop(world.info("a").id)
    await killed(world)
    await world.fleet.adopt()
    await settle()
    assert (world.status("a"), world.status("b")) == ("terminated", "idle")


async def test_after_a_shutdown_there_is_nothing_to_take_up(world: World) -> None:
    assert not is_active_session("test")
    await world.up(A)
    assert is_active_session("test")
    await world.fleet.shutdown()
    assert not is_active_session("test")
    await killed(world)
    await world.fleet.adopt()
    assert world.fleet.snapshot() == []
