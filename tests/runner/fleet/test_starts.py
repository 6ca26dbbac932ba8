"""Who may start: dependencies, places, and what is left alone."""

import pytest

from descartes_tui.runner.model.config import (
    AgentConfig,
    Dependency,
    DependencyNeed,
    FleetConfig,
    HealthCheck,
    StopPolicy,
)
from descartes_tui.runner.model.errors import ExecutionError, InvalidConfig, NotFound, SpawnFailed
from descartes_tui.runner.model.status import Verdict
from tests.runner.fleet.conftest import World
from tests.runner.fleet.fakes import settle

HEALTHY, COMPLETED, LOG = DependencyNeed.HEALTHY, DependencyNeed.COMPLETED, DependencyNeed.LOG
DB = AgentConfig("db", health=HealthCheck(log="accepting", interval=1.0))


def web(
    need: DependencyNeed = DependencyNeed.STARTED, pattern: str = "", timeout: float = 300.0
) -> AgentConfig:
    return AgentConfig("web", depends_on=(Dependency("db", need, pattern, timeout),))


async def test_a_dependent_starts_after_what_it_depends_on(world: World) -> None:
    await world.up(web(), DB)
    assert [run.spec.env["DESCARTES_AGENT"] for run in world.launcher.runs] == ["db", "web"]


async def test_a_dependent_waits_for_health_and_says_so(world: World) -> None:
    await world.up(web(HEALTHY), DB)
    assert (world.status("web"), world.info("web").reason) == (
        "idle",
        "waiting for db to be healthy (bound 5m)",
    )
    world.launcher.last("db").print("accepting connections\n")
    await world.clock.advance(1)
    assert world.info("db").health.value == "healthy"
    assert world.status("web") == "running"


async def test_a_dependent_waits_for_completion(world: World) -> None:
    await world.up(web(COMPLETED), AgentConfig("db"))
    assert world.status("web") == "idle"
    world.launcher.last("db").end(0)
    await settle()
    assert world.status("web") == "running"


async def test_a_dependent_waits_for_a_line(world: World) -> None:
    await world.up(web(LOG, "ready on [0-9]+"), AgentConfig("db"))
    await world.clock.advance(1)
    assert world.info("web").reason == "waiting for db to print 'ready on [0-9]+' (bound 5m)"
    world.launcher.last("db").print("ready on 8080\n")
    await world.clock.advance(0.2)
    assert world.status("web") == "running"


async def test_failure_travels_along_the_whole_chain(world: World) -> None:
    last = AgentConfig("last", depends_on=(Dependency("web", COMPLETED),))
    await world.up(last, web(COMPLETED), AgentConfig("db"))
    world.launcher.last("db").end(1)
    await settle()
    assert [world.info(name).reason for name in ("web", "last")] == [
        "dependency db failed: exit code 1",
        "dependency web failed: dependency db failed: exit code 1",
    ]
    assert world.info("last").verdict is Verdict.DEPENDENCY_FAILED
    assert world.history("last") == ["failed"]


async def test_waiting_has_a_bound(world: World) -> None:
    await world.up(web(COMPLETED, timeout=60.0), AgentConfig("db"))
    await world.clock.advance(59)
    assert world.status("web") == "idle"
    await world.clock.advance(1.1)
    assert (world.status("web"), world.info("web").reason) == (
        "failed",
        "waited 1m in vain for db to complete",
    )


async def test_a_place_in_line_is_visible_and_moves(world: World) -> None:
    names = [f"a{n}" for n in range(5)]
    await world.up(*(AgentConfig(name) for name in names), max_concurrent=2)
    assert [world.status(name) for name in names] == ["running", "running", "idle", "idle", "idle"]
    assert [world.info(name).reason for name in names[2:]] == [
        f"{place} in line (max_concurrent 2)" for place in ("1st", "2nd", "3rd")
    ]
    world.launcher.last("a0").end(0)
    await settle()
    assert [world.status(name) for name in names] == ["completed", "running", "running", "idle", "idle"]
    assert world.info("a4").reason == "2nd in line (max_concurrent 2)"


async def test_who_waits_in_line_can_be_stopped(world: World) -> None:
    await world.up(AgentConfig("a"), AgentConfig("b"), max_concurrent=1)
    info = await world.fleet.stop(world.info("b").id)
    assert (info.status.value, info.reason) == ("idle", "stopped")
    world.launcher.last("a").end(0)
    await settle()
    assert world.status("b") == "idle"


async def test_starts_keep_their_distance(world: World) -> None:
    fleet = FleetConfig("t", tuple(AgentConfig(f"a{n}") for n in range(3)), start_interval=0.2)
    report = await world.fleet.up(fleet, {}, [])
    assert (report.started, report.waiting) == (("a0",), ("a1", "a2"))
    await world.clock.advance(0.2)
    assert [world.status(f"a{n}") for n in range(3)] == ["running", "running", "idle"]
    await world.clock.advance(0.2)
    assert world.status("a2") == "running"


async def test_up_again_keeps_what_runs_and_tells_what_differs(world: World) -> None:
    await world.up(AgentConfig("a"), AgentConfig("b"), AgentConfig("c"))
    world.launcher.last("c").end(0)
    fleet = FleetConfig("t", (AgentConfig("a"), AgentConfig("b", task="new"), AgentConfig("c", task="new")))
    report = await world.fleet.up(fleet, {}, [])
    assert (report.started, report.kept, report.changed) == (("c",), ("a",), ("b",))
    assert world.fleet.config(world.info("c").id).task == "new"
    await settle()
    assert [len(world.launcher.of(name)) for name in "abc"] == [1, 1, 2]


async def test_up_of_some_brings_what_they_need_and_nothing_else(world: World) -> None:
    await world.up(AgentConfig("db", autostart=False), web(), AgentConfig("other"), names=("web",))
    assert [world.status(name) for name in ("db", "web", "other")] == ["running", "running", "idle"]
    assert world.info("other").reason == "not started"


async def test_up_of_an_unknown_name_starts_nothing(world: World) -> None:
    with pytest.raises(NotFound) as caught:
        await world.up(AgentConfig("planner"), names=("plannr",))
    assert caught.value.close == ("planner",)
    assert world.fleet.snapshot() == []


@pytest.mark.parametrize(
    ("agents", "words"),
    [
        ((web(),), "depends on 'db', which does not exist"),
        ((web(), AgentConfig("db", depends_on=(Dependency("web"),))), "web → db → web"),
        ((web(LOG, "("), DB), "no regular expression"),
    ],
)
async def test_what_can_never_start_is_refused_whole(
    world: World, agents: tuple[AgentConfig, ...], words: str
) -> None:
    with pytest.raises(InvalidConfig, match=None) as caught:
        await world.up(*agents)
    assert words in str(caught.value)
    assert world.fleet.snapshot() == []


async def test_a_name_in_use_is_refused_and_an_ended_one_goes_on_counting(world: World) -> None:
    first = await world.fleet.spawn(AgentConfig("a"), {})
    with pytest.raises(ExecutionError, match="running"):
        await world.fleet.spawn(AgentConfig("a", task="other"), {})
    world.launcher.last("a").end(0)
    second = await world.fleet.spawn(AgentConfig("a", task="other"), {})
    assert (second.id, second.run) == (first.id, 2)
    assert world.fleet.config(first.id).task == "other"


async def test_a_spawn_that_cannot_work_says_why(world: World) -> None:
    with pytest.raises(SpawnFailed, match="unknown backend 'nobody'"):
        await world.fleet.spawn(AgentConfig("a", backend="nobody"), {})
    assert world.status("a") == "failed"


async def test_shutdown_goes_from_dependents_to_what_they_depend_on(world: World) -> None:
    await world.up(DB, web(), AgentConfig("alone"))
    order: list[str] = []
    for name in ("db", "web", "alone"):
        run = world.launcher.last(name)
        signal = run.signal

        async def noted(number: int, *, name: str = name, signal: object = signal, **how: bool) -> object:
            order.append(name)
            return await signal(number, **how)  # type: ignore[operator]

        run.signal = noted  # type: ignore[method-assign,assignment]
    report = await world.fleet.shutdown()
    assert order.index("web") < order.index("db")
    assert set(report.stopped) == {"db", "web", "alone"}
    assert report.killed == ()


async def test_shutdown_has_one_deadline_for_all_layers(world: World) -> None:
    await world.up(DB, web(), AgentConfig("late", stop=StopPolicy(grace=100.0)))
    for run in world.launcher.runs:
        run.obeys.clear()
    task = world.fleet._parts.tasks.start(world.fleet.shutdown(grace=3.0), "shutdown")
    before = world.clock.now()
    await world.clock.advance(3.5)
    assert task.done()
    report = task.result()
    assert set(report.killed) == {"db", "web", "late"}
    assert world.clock.now() - before < 4


async def test_the_environment_is_the_callers_then_the_files_then_ours(world: World) -> None:
    caller = {
        "A": "caller",
        "B": "caller",
        "DESCARTES_SOCKET": "/s",
        "DESCARTES_RUN_ID": "outer",
        "PYTHONUNBUFFERED": "",
    }
    config = AgentConfig(
        "a", environment={"B": "file", "DESCARTES_REPLICA": "2"}, context="a plan", working_dir="/tmp"
    )
    await world.fleet.spawn(config, caller)
    spec = world.launcher.last("a").spec
    assert spec.env == {
        "A": "caller",
        "B": "file",
        "PYTHONUNBUFFERED": "",
        "PWD": "/tmp",
        "DESCARTES_REPLICA": "2",
        "DESCARTES_SESSION": "test",
        "DESCARTES_AGENT": "a",
        "DESCARTES_RUN_ID": spec.run_id,
        "AGENT_CONTEXT": "a plan",
    }
    assert spec.cwd == "/tmp"


async def test_an_agent_that_is_removed_is_forgotten(world: World) -> None:
    await world.up(AgentConfig("a"))
    agent = world.info("a").id
    with pytest.raises(ExecutionError, match="stop it first"):
        await world.fleet.remove(agent)
    folder = world.launcher.last("a").spec.folder
    world.launcher.last("a").end(0)
    await world.fleet.remove(agent)
    assert world.fleet.snapshot() == []
    assert not folder.exists()
    with pytest.raises(NotFound):
        world.fleet.info(agent)
