"""For every status and cause: since when, who asked, why, what happens next, and when."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest

from descartes_tui.runner.model.config import (
    AgentConfig,
    AgentLimits,
    Dependency,
    DependencyNeed,
    FleetConfig,
    HealthCheck,
    OnLimit,
    RestartPolicy,
    RestartWhen,
    StopPolicy,
)
from descartes_tui.runner.model.run import StartFailed
from descartes_tui.runner.model.status import AgentStatus
from tests.runner.fleet.conftest import World
from tests.runner.fleet.fakes import settle
from tests.runner.fleet.test_histories import asks, exits, ignores, loses, passes, prints

Step = Callable[[World], Awaitable[object] | None]
A = AgentConfig("a", stop=StopPolicy(grace=5.0))
B = AgentConfig("b")
POLICY = RestartPolicy(RestartWhen.ON_FAILURE, max=2, backoff_min=4.0, backoff_max=4.0)
CRASHING = replace(A, restart=POLICY)
PROBED = replace(
    A, health=HealthCheck(log="ready", interval=10.0, retries=1, start_period=0.0, on_failure="stop")
)
UNTIL_HEALTHY = Dependency("b", DependencyNeed.HEALTHY, timeout=60.0)
PERSON = "person"


def limited(on_limit: OnLimit) -> AgentConfig:
    return replace(A, limits=AgentLimits(runtime=60.0, on_limit=on_limit))


def other_exits(code: int) -> Step:
    return lambda world: world.launcher.last("b").end(code)


def stubborn() -> Step:
    def prepare(world: World) -> None:
        world.launcher.prepare = lambda run: run.obeys.clear()

    return prepare


def refuses() -> Step:
    def refuse(world: World) -> None:
        world.launcher.refuse["a"] = StartFailed("a: no such program", 2)

    return refuse


@dataclass(frozen=True)
class Case:
    """What happens to agent `a`, and what is answered then; `since` and `at` in seconds before and after now."""

    config: AgentConfig
    steps: tuple[Step, ...]
    status: AgentStatus
    since: float
    who: str
    cause: str
    next: str
    at: float | None = None
    others: tuple[AgentConfig, ...] = ()
    most: int | None = None
    before: tuple[Step, ...] = ()


S = AgentStatus
CASES = {
    "not asked for": Case(
        replace(A, autostart=False), (passes(3),), S.IDLE, 3, "", "not started", "starts when asked to",
    ),
    "waits for another": Case(
        replace(A, depends_on=(UNTIL_HEALTHY,)), (passes(20),), S.IDLE, 20, PERSON,
        "waiting for b to be healthy (bound 1m)",
        "starts when that is so, and is given up when the bound is over", 40, (B,),
    ),
    "waits for a place": Case(
        A, (passes(7),), S.IDLE, 7, PERSON, "1st in line (max_concurrent 1)",
        "starts when it is first in line and another one has ended", None, (B,), 1,
    ),
    "stopped while it waits": Case(
        replace(A, depends_on=(UNTIL_HEALTHY,)), (asks("stop"),), S.IDLE, 0, PERSON, "stopped",
        "starts when asked to", None, (B,),
    ),
    "runs": Case(A, (passes(9),), S.RUNNING, 9, PERSON, "", "rests when it ends"),
    "runs and is restarted when it fails": Case(
        CRASHING, (), S.RUNNING, 0, PERSON, "", "is restarted if it fails",
    ),
    "runs and has a limit": Case(
        limited(OnLimit.STOP), (passes(10),), S.RUNNING, 10, PERSON, "",
        "rests when it ends; is stopped at its runtime limit of 1m00s", 50,
    ),
    "runs over its limit": Case(
        limited(OnLimit.WARN), (passes(61),), S.RUNNING, 61, PERSON, "runtime over its limit of 1m",
        "rests when it ends",
    ),
    "was restarted": Case(
        CRASHING, (exits(1), passes(4)), S.RUNNING, 0, "the restart policy", "", "is restarted if it fails",
    ),
    "paused by a person": Case(
        A, (asks("pause"), passes(2)), S.PAUSED, 2, PERSON, "1 process stopped by person", "goes on when resumed",
    ),
    "paused by a limit": Case(
        limited(OnLimit.PAUSE), (passes(65),), S.PAUSED, 5, "the runtime limit",
        "runtime over its limit of 1m: paused", "goes on when resumed",
    ),
    "is being stopped": Case(
        A, (ignores(15), asks("stop"), passes(2)), S.STOPPING, 2, PERSON, "TERM sent to 1 process, KILL in 5s",
        "is killed if it has not ended by then", 3,
    ),
    "is being stopped to be started again": Case(
        A, (ignores(15), asks("restart"), passes(2)), S.STOPPING, 2, PERSON, "TERM sent to 1 process, KILL in 5s",
        "starts again when it has ended, is killed if it has not ended by then", 3,
    ),
    "is being stopped by its probe": Case(
        PROBED, (passes(1),), S.STOPPING, 1, "the health probe", "TERM sent to 1 process, KILL in 5s",
        "is killed if it has not ended by then", 4, before=(stubborn(),),
    ),
    "is being stopped by a limit": Case(
        limited(OnLimit.STOP), (ignores(15), passes(61)), S.STOPPING, 1, "the runtime limit",
        "TERM sent to 1 process, KILL in 5s", "is killed if it has not ended by then", 4,
    ),
    "will be restarted": Case(
        CRASHING, (exits(1), passes(1)), S.BACKOFF, 1, "the restart policy", "restart 1 of 2 in 4s after exit code 1",
        "starts again", 3,
    ),
    "has done its work": Case(
        A, (exits(0),), S.COMPLETED, 0, "the agent itself", "exit code 0", "starts when asked to",
    ),
    "has failed": Case(
        A, (exits(3),), S.FAILED, 0, "the agent itself", "exit code 3", "starts when asked to",
    ),
    "was given up": Case(
        CRASHING, (exits(1), passes(4), exits(1), passes(4), prints("no key\n"), exits(1)), S.FAILED, 0,
        "the restart policy", "gave up: 2 restarts within 10m; last: no key", "starts when asked to",
    ),
    "lost its keeper": Case(
        A, (loses(),), S.FAILED, 0, "the fleet", "its keeper was killed: how it ended, nobody saw",
        "starts when asked to",
    ),
    "ran out of memory": Case(
        A, (exits(signal=9, oom=True),), S.FAILED, 0, "the system", "killed by the out-of-memory killer",
        "starts when asked to",
    ),
    "could not be started": Case(
        A, (), S.FAILED, 0, "the fleet", "a: no such program", "starts when asked to", before=(refuses(),),
    ),
    "needs somebody who failed": Case(
        replace(A, depends_on=(UNTIL_HEALTHY,)), (other_exits(5),), S.FAILED, 0, "the dependency on b",
        "dependency b failed: exit code 5", "starts when asked to", None, (B,),
    ),
    "waited in vain": Case(
        replace(A, depends_on=(UNTIL_HEALTHY,)), (passes(60),), S.FAILED, 0, "the dependency on b",
        "waited 1m in vain for b to be healthy", "starts when asked to", None, (B,),
    ),
    "went over its limit": Case(
        limited(OnLimit.STOP), (passes(60),), S.FAILED, 0, "the runtime limit",
        "runtime over its limit of 1m: stopped", "starts when asked to",
    ),
    "was stopped by its probe": Case(
        PROBED, (passes(1),), S.TERMINATED, 1, "the health probe", "stopped by the health probe: killed by SIGTERM",
        "starts when asked to",
    ),
    "was stopped by a person": Case(
        A, (asks("stop"),), S.TERMINATED, 0, PERSON, "stopped by person: killed by SIGTERM", "starts when asked to",
    ),
    "was sent a signal by a person": Case(
        CRASHING, (asks("signal", 15),), S.TERMINATED, 0, PERSON, "stopped by person: killed by SIGTERM",
        "starts when asked to",
    ),
    "was stopped in its back-off": Case(
        CRASHING, (exits(1), asks("stop")), S.TERMINATED, 0, PERSON, "stopped before it ran again",
        "starts when asked to",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_why(world: World, name: str) -> None:
    case = CASES[name]
    for step in case.before:
        step(world)
    await world.fleet.up(FleetConfig("t", (*case.others, case.config), max_concurrent=case.most), {})
    await settle()
    for step in case.steps:
        outcome = step(world)
        if outcome is not None:
            await outcome
        await settle()
    assert world.info("a").status is case.status
    assert told(world) == (case.since, case.who, case.cause, case.next, case.at)


@pytest.mark.parametrize("name", CASES)
async def test_another_supervisor_knows_as_much(world: World, name: str) -> None:
    case = CASES[name]
    if case.status is S.STOPPING:
        pytest.skip("the stop goes on with another signal: see the tests of adoption")
    await test_why(world, name)
    await world.fleet.close()
    await world.new_fleet().adopt()
    await settle()
    assert told(world) == (case.since, case.who, case.cause, case.next, case.at)


def told(world: World) -> tuple[object, ...]:
    """Return what is answered, times in whole seconds before and after now."""
    why = world.fleet.why(world.info("a").id)
    since, at, now = why["since"], why["next_at"], world.clock.now()
    assert isinstance(since, float)
    assert at is None or isinstance(at, float)
    return (
        round(now - since),
        why["who"],
        why["cause"],
        why["next"],
        None if at is None else round(at - now),
    )


def test_every_status_has_a_case() -> None:
    assert {case.status for case in CASES.values()} == set(AgentStatus) - {AgentStatus.STARTING}
