"""Whole lives of one agent as data: what happens to it, and the statuses that it goes through."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from descartes_tui.runner.model.config import AgentConfig, RestartPolicy, RestartWhen, StdinMode, StopPolicy
from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.run import LeaderExited, StartFailed, Swept
from descartes_tui.runner.model.status import Verdict
from tests.runner.fleet.conftest import World
from tests.runner.fleet.fakes import settle

Step = Callable[[World], Awaitable[object] | None]
A = AgentConfig("a", stop=StopPolicy(grace=5.0))
ALWAYS = replace(A, restart=RestartPolicy(RestartWhen.ALWAYS, max=2, backoff_min=1.0, backoff_max=1.0))
ON_FAILURE = replace(ALWAYS, restart=replace(ALWAYS.restart, when=RestartWhen.ON_FAILURE))
UP = ["starting", "running"]


def exits(code: int | None = None, signal: int | None = None, **facts: object) -> Step:
    return lambda world: world.launcher.last("a").end(code, signal, **facts)  # type: ignore[arg-type]


def passes(seconds: float) -> Step:
    return lambda world: world.clock.advance(seconds)


def asks(verb: str, *args: object) -> Step:
    """Ask without waiting for the outcome."""

    def ask(world: World) -> None:
        deed = getattr(world.fleet, verb)(world.info("a").id, *args)
        world.fleet._parts.tasks.start(deed, verb)

    return ask


def ignores(*numbers: int) -> Step:
    return lambda world: world.launcher.last("a").obeys.difference_update(numbers)


def loses() -> Step:
    return lambda world: world.launcher.last("a").lose()


def prints(text: str) -> Step:
    return lambda world: world.launcher.last("a").print(text)


SWEPT = (Swept(7, "npm exec", "kill"),)

HISTORIES: dict[str, tuple[AgentConfig, list[Step], list[str], Verdict | None, str]] = {
    "it does its work": (A, [exits(0)], [*UP, "completed"], Verdict.DONE, "exit code 0"),
    "it fails": (A, [exits(3)], [*UP, "failed"], Verdict.FAILED, "exit code 3"),
    "it crashes": (A, [exits(signal=11)], [*UP, "failed"], Verdict.FAILED, "killed by SIGSEGV"),
    "its keeper is killed": (
        A, [loses()], [*UP, "failed"], Verdict.UNKNOWN, "its keeper was killed: how it ended, nobody saw",
    ),
    "it runs out of memory": (
        A, [exits(signal=9, oom=True)], [*UP, "failed"], Verdict.OUT_OF_MEMORY,
        "killed by the out-of-memory killer",
    ),
    "it leaves somebody behind": (
        A, [exits(0, swept=SWEPT)], [*UP, "completed"], Verdict.DONE,
        "exit code 0; 1 leftover killed: npm exec",
    ),
    "it is stopped": (
        A, [asks("stop")], [*UP, "stopping", "terminated"], Verdict.INTERRUPTED,
        "stopped by person: killed by SIGTERM",
    ),
    "it is stopped and would be restarted otherwise": (
        ALWAYS, [asks("stop"), passes(60)], [*UP, "stopping", "terminated"], Verdict.INTERRUPTED,
        "stopped by person: killed by SIGTERM",
    ),
    "it ignores TERM": (
        A, [ignores(15), asks("stop"), passes(5)], [*UP, "stopping", "terminated"], Verdict.KILLED_AFTER_GRACE,
        "stopped by person: killed after 5s of grace",
    ),
    "it ignores TERM and the grace is not over": (
        A, [ignores(15), asks("stop"), passes(4.9)], [*UP, "stopping"], None,
        "TERM sent to 1 process, KILL in 5s",
    ),
    "it ignores TERM and a second stop has less patience": (
        A, [ignores(15), asks("stop"), passes(1), asks("stop", 0.5), passes(0.5)],
        [*UP, "stopping", "terminated"], Verdict.KILLED_AFTER_GRACE, "stopped by person: killed after 0.5s of grace",
    ),
    "it is killed": (
        A, [asks("kill")], [*UP, "stopping", "terminated"], Verdict.INTERRUPTED,
        "stopped by person: killed by SIGKILL",
    ),
    "it is killed while it is being stopped": (
        A, [ignores(15), asks("stop"), passes(1), asks("kill")], [*UP, "stopping", "terminated"],
        Verdict.INTERRUPTED, "stopped by person: killed by SIGKILL",
    ),
    "a person sends TERM by hand": (
        ALWAYS, [asks("signal", 15)], [*UP, "terminated"], Verdict.INTERRUPTED,
        "stopped by person: killed by SIGTERM",
    ),
    "it is interrupted and tells so by its code": (
        ON_FAILURE, [ignores(2), asks("signal", 2), exits(130)], [*UP, "terminated"], Verdict.INTERRUPTED,
        "stopped by person: exit code 130",
    ),
    "somebody else kills it": (
        ON_FAILURE, [exits(signal=15)], [*UP, "backoff"], Verdict.FAILED,
        "restart 1 of 2 in 1s after killed by SIGTERM",
    ),
    "it fails once and is restarted": (
        ON_FAILURE, [exits(1), passes(1)], [*UP, "backoff", *UP], None, "",
    ),
    "it fails again and again": (
        ON_FAILURE,
        [exits(1), passes(1), exits(1), passes(1), prints("no\nno such key: x\n"), exits(1), passes(99)],
        [*UP, "backoff", *UP, "backoff", *UP, "failed"], Verdict.GAVE_UP,
        "gave up: 2 restarts within 10m; last: no such key: x",
    ),
    "it fails and then succeeds": (
        ON_FAILURE, [exits(1), passes(1), exits(0), passes(99)], [*UP, "backoff", *UP, "completed"],
        Verdict.DONE, "exit code 0",
    ),
    "it is restarted although it succeeds": (
        ALWAYS, [exits(0), passes(1)], [*UP, "backoff", *UP], None, "",
    ),
    "it is stopped before it ran again": (
        ALWAYS, [exits(0), asks("stop"), passes(60)], [*UP, "backoff", "terminated"], Verdict.DONE,
        "stopped before it ran again",
    ),
    "it is started before its time": (
        ALWAYS, [exits(0), asks("start"), passes(60)], [*UP, "backoff", *UP], None, "",
    ),
    "it is restarted by hand": (
        A, [asks("restart"), passes(0)], [*UP, "stopping", "idle", *UP], None, "",
    ),
    "it is restarted by hand and ignores TERM": (
        A, [ignores(15), asks("restart"), passes(5)], [*UP, "stopping", "idle", *UP], None, "",
    ),
    "it is started again after its end": (
        A, [exits(1), asks("start"), passes(0)], [*UP, "failed", *UP], None, "",
    ),
    "its leader is gone and its family lives on": (
        A, [lambda w: w.launcher.last("a").hear(LeaderExited(ExitStatus(0), w.clock.now())), passes(0)], UP, None,
        "leader has exited, sweeping 1 process",
    ),
    "it is paused and resumed": (
        A, [asks("pause"), passes(0), asks("resume"), passes(0)], [*UP, "paused", "running"], None, "",
    ),
    "it ends while it is paused": (
        A, [asks("pause"), passes(0), exits(signal=9)], [*UP, "paused", "failed"], Verdict.FAILED,
        "killed by SIGKILL",
    ),
    "it is stopped while it is paused": (
        A, [asks("pause"), passes(0), asks("stop"), passes(0)], [*UP, "paused", "stopping", "terminated"],
        Verdict.INTERRUPTED, "stopped by person: killed by SIGTERM",
    ),
    "it is paused twice and resumed twice": (
        A, [asks("pause"), asks("pause"), passes(0), asks("resume"), passes(0), asks("resume"), passes(0)],
        [*UP, "paused", "running"], None, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HISTORIES)
async def test_history(world: World, name: str) -> None:
    config, steps, statuses, verdict, reason = HISTORIES[name]
    await world.up(config)
    for step in steps:
        if (coming := step(world)) is not None:
            await coming
        await settle()
    assert world.history("a") == statuses
    info = world.info("a")
    assert (info.verdict, info.reason) == (verdict, reason)
    assert (info.pid is None) == (not info.status.has_process)


async def test_a_program_that_does_not_start_says_why_and_is_not_tried_again(world: World) -> None:
    world.launcher.refuse["a"] = StartFailed("a: not found; install it", 2)
    await world.up(ALWAYS)
    await world.clock.advance(100)
    info = world.info("a")
    assert (info.status.value, info.verdict, info.reason) == (
        "failed",
        Verdict.FAILED_TO_START,
        "a: not found; install it",
    )
    assert len(world.launcher.runs) == 1
    assert "spawn_failed" in world.kinds("a")


async def test_a_system_short_of_processes_is_tried_again(world: World) -> None:
    world.launcher.refuse["a"] = StartFailed("cannot fork", 11)
    await world.up(ALWAYS)
    assert world.status("a") == "backoff"
    world.launcher.refuse.clear()
    await world.clock.advance(2)
    assert world.status("a") == "running"


async def test_back_off_tells_when_it_is_over(world: World) -> None:
    await world.up(ALWAYS)
    world.launcher.last("a").end(0)
    info = world.info("a")
    assert info.next_at == world.clock.now() + 1.0
    assert info.restarts == 1
    assert world.fleet.why(info.id)["next"] == "starts again"


async def test_words_on_stdin_come_before_signals(world: World) -> None:
    await world.up(replace(A, stdin=StdinMode.PIPE, stop=StopPolicy("exit\n", grace=5.0)))
    run = world.launcher.last("a")
    run.obeys_text = b"exit\n"
    info = await world.fleet.stop(world.info("a").id)
    assert run.calls == [("stdin", b"exit\n")]
    assert (info.status.value, info.reason) == ("terminated", "stopped by person: exit code 0")


async def test_who_does_not_hear_the_words_climbs_the_whole_ladder(world: World) -> None:
    await world.up(replace(A, stdin=StdinMode.PIPE, stop=StopPolicy("exit\n", grace=5.0)))
    run = world.launcher.last("a")
    run.obeys.clear()
    asks("stop")(world)
    await settle()
    assert world.info("a").reason == "'exit' written to stdin, TERM in 5s"
    await world.clock.advance(5)
    assert world.info("a").reason == "TERM sent to 1 process, KILL in 5s"
    await world.clock.advance(5)
    assert run.calls == [("stdin", b"exit\n"), ("signal", 15), "kill"]
    assert world.info("a").verdict is Verdict.KILLED_AFTER_GRACE


async def test_a_family_that_survives_kill_is_named(world: World) -> None:
    await world.up(A)
    world.launcher.last("a").immortal = True
    asks("kill")(world)
    await world.clock.advance(6)
    assert world.info("a").reason == "KILL sent, 1 still there: stubborn (pid 100, disk-sleep)"
    world.launcher.last("a").end(signal=9)
    assert world.status("a") == "terminated"


async def test_news_of_an_older_run_change_nothing(world: World) -> None:
    await world.up(A)
    first = world.launcher.last("a")
    await world.fleet.restart(world.info("a").id)
    first.over = False
    first.end(5)
    assert world.status("a") == "running"
    assert world.info("a").run == 2


async def test_a_stop_while_starting_waits_for_the_start(world: World) -> None:
    await world.up(A)
    await world.fleet.stop(world.info("a").id)
    world.launcher.prepare = lambda run: setattr(run, "start", lambda: None)
    starting = world.fleet._parts.tasks.start(world.fleet.start(world.info("a").id), "start")
    await settle()
    assert world.status("a") == "starting"
    info = await world.fleet.stop(world.info("a").id)
    await starting
    assert info.status.value == "terminated"


async def test_a_cooperative_pause_is_a_line_each_way(world: World) -> None:
    await world.up(replace(A, stdin=StdinMode.PIPE))
    agent = world.info("a").id
    info = await world.fleet.pause(agent, cooperative=True)
    assert (info.status.value, info.reason) == ("paused", "asked by a line on stdin")
    assert (await world.fleet.resume(agent)).status.value == "running"
    assert world.launcher.last("a").calls == [
        ("stdin", b'{"type":"pause","action":"pause"}\n'),
        ("stdin", b'{"type":"resume","action":"resume"}\n'),
    ]
