"""Lines, dependencies, restarts, checks and stops, end to end: with real processes, judged by what was recorded."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest

from descartes_tui.runner.fleet.brake import Brake
from descartes_tui.runner.model.config import (
    AgentConfig,
    Dependency,
    DependencyNeed,
    HealthCheck,
    RestartPolicy,
    RestartWhen,
    StopPolicy,
)
from descartes_tui.runner.model.event import Event
from descartes_tui.runner.model.status import AgentStatus, Verdict
from descartes_tui.runner.process.link import KeeperLink
from tests.runner.fleet.real import Real, python, real_fleet
from tests.waiting import wait_for

SLEEP = ["sleep", "600"]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    yield


@pytest.fixture
async def real(tmp_path: Path) -> AsyncIterator[Real]:
    async with real_fleet(tmp_path / "session", guard_interval=0.1) as real:
        yield real


def statuses(real: Real, name: str) -> list[tuple[float, str]]:
    return [(event.at, str(event.facts["new"])) for event in real.events("status", name)]


def at(real: Real, name: str, status: str) -> float:
    return next(when for when, new in statuses(real, name) if new == status)


# -- starting ------------------------------------------------------------------------------------------


async def test_never_more_run_than_may_and_the_line_moves(real: Real) -> None:
    agents = [AgentConfig(f"a{n}", command="sleep 0.05") for n in range(6)]
    await real.up(*agents, max_concurrent=2)
    assert real.info("a5").reason == "4th in line (max_concurrent 2)"
    for agent in agents:
        await real.becomes(agent.name, "completed")
    steps = [event for event in real.events("status") if event.facts["new"] in ("starting", "completed")]
    running, most = 0, 0
    for event in steps:
        running += 1 if event.facts["new"] == "starting" else -1
        most = max(most, running)
    assert most == 2
    order = [event.agent for event in steps if event.facts["new"] == "starting"]
    assert order == [agent.name for agent in agents]


async def test_a_start_waits_for_health_completion_and_a_line(real: Real) -> None:
    probe = HealthCheck(exec=("test", "-e", "up"), interval=0.05, start_period=5.0)
    folder = real.folder
    needs = (
        Dependency("db", DependencyNeed.HEALTHY),
        Dependency("migrate", DependencyNeed.COMPLETED),
        Dependency("log", DependencyNeed.LOG, r"port \d+"),
    )
    await real.up(
        AgentConfig("web", command=SLEEP, depends_on=needs),
        AgentConfig(
            "db", command="sleep 0.1; touch up; exec sleep 600", health=probe, working_dir=str(folder)
        ),
        AgentConfig("migrate", command="sleep 0.1"),
        AgentConfig("log", command="sleep 0.1; echo listening on port 80; exec sleep 600"),
    )
    assert real.info("web").reason == "waiting for db to be healthy (bound 5m) and 2 more"
    await real.becomes("web", "running")
    healthy = real.events("health", "db")[0]
    assert healthy.facts["new"] == "healthy"
    assert at(real, "web", "starting") >= max(healthy.at, at(real, "migrate", "completed"))
    assert b"port 80" in Path(real.info("log").log_path or "").read_bytes()


async def test_a_wait_has_a_bound_and_a_reason(real: Real) -> None:
    need = Dependency("b", DependencyNeed.LOG, "never", timeout=0.2)
    await real.up(AgentConfig("a", command=SLEEP, depends_on=(need,)), AgentConfig("b", command=SLEEP))
    info = await real.becomes("a", "failed")
    assert (info.verdict, info.reason) == (
        Verdict.DEPENDENCY_FAILED,
        "waited 0.2s in vain for b to print 'never'",
    )
    assert real.fleet.why(info.id)["who"] == "the dependency on b"
    assert real.info("b").status.has_process


async def test_who_needs_somebody_that_failed_is_skipped_with_the_cause(real: Real) -> None:
    completed = DependencyNeed.COMPLETED
    await real.up(
        AgentConfig("c", command=SLEEP, depends_on=(Dependency("b", completed),)),
        AgentConfig("b", command=SLEEP, depends_on=(Dependency("a", completed),)),
        AgentConfig("a", command="exit 3"),
    )
    info = await real.becomes("c", "failed")
    assert info.reason == "dependency b failed: dependency a failed: exit code 3"
    assert info.run == 0


# -- restarting ----------------------------------------------------------------------------------------


async def test_a_crash_loop_is_broken_with_its_last_lines(real: Real) -> None:
    policy = RestartPolicy(RestartWhen.ON_FAILURE, max=3, within=60.0, backoff_min=0.02, backoff_max=0.08)
    await real.up(AgentConfig("a", command="echo one; echo two; echo no such key; exit 1", restart=policy))
    info = await real.becomes("a", "failed")
    assert (info.verdict, info.run, info.restarts) == (Verdict.GAVE_UP, 4, 3)
    assert info.reason == "gave up: 3 restarts within 1m; last: no such key"
    (gave_up,) = real.events("gave_up", "a")
    assert gave_up.facts == {"restarts": 3, "lines": ["one", "two", "no such key"]}
    waits = [
        (event.at, str(event.facts["reason"]))
        for event in real.events("status", "a")
        if event.facts["new"] == "backoff"
    ]
    starts = [when for when, new in statuses(real, "a") if new == "starting"][1:]
    delays = [start - begun for (begun, _), start in zip(waits, starts, strict=True)]
    assert [delay >= least for delay, least in zip(delays, (0.02, 0.036, 0.072), strict=True)] == [True] * 3
    assert waits[0][1] == "restart 1 of 3 in 0s after exit code 1"


async def test_a_run_that_lasted_begins_the_back_off_anew(
    real: Real, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("descartes_tui.runner.fleet.restart.LASTED_WELL", 0.3)
    policy = RestartPolicy(RestartWhen.ALWAYS, max=0, backoff_min=0.01, backoff_max=0.2)
    code = "test -e $DESCARTES_AGENT || { touch $DESCARTES_AGENT; exit 1; }; sleep 0.4"
    await real.up(AgentConfig("a", command=code, restart=policy, working_dir=str(real.folder)))
    await wait_for("the third run", lambda: real.info("a").run >= 3)
    record = real.fleet._register.get(real.info("a").id)
    assert record.history._in_a_row == 1


async def test_agents_that_fall_together_rise_after_each_other(real: Real) -> None:
    real.fleet._starts._brake = Brake(pace=0.5)
    policy = RestartPolicy(RestartWhen.ALWAYS, max=1, backoff_min=0.05, backoff_max=0.05)
    names = [f"a{n:02}" for n in range(12)]
    await real.up(*(AgentConfig(name, command="exit 1", restart=policy) for name in names))
    for name in names:
        await real.becomes(name, "failed")
    again = sorted([when for when, new in statuses(real, name) if new == "starting"][1] for name in names)
    assert again[11] - again[9] > 0.9
    causes = [str(event.facts["cause"]) for event in real.events("held_back")]
    assert causes[0] == "restart held back: 10 agents restarted in the last 10s"
    assert 1 <= len(causes) <= 2


# -- checking ------------------------------------------------------------------------------------------


async def test_an_ending_that_nobody_told_is_found_out_by_the_check(
    real: Real, monkeypatch: pytest.MonkeyPatch
) -> None:
    await real.up(AgentConfig("a", command=SLEEP))
    info = await real.becomes("a", "running")
    run = real.fleet._register.get(info.id).run
    assert run is not None
    link = run.living_link()
    assert isinstance(link, KeeperLink)
    assert link._task is not None
    link._task.cancel()  # from now on nobody listens to the keeper
    os.kill(info.pid or 0, signal.SIGKILL)
    ended = await real.becomes("a", "failed")
    assert (ended.exit_signal, ended.reason) == (9, "killed by SIGKILL")
    assert [event.facts["cause"] for event in real.events("repaired")] == [
        "its ending had not been announced"
    ]


async def test_who_is_continued_by_somebody_else_is_not_called_paused(real: Real) -> None:
    await real.up(AgentConfig("a", command="sleep 600 & sleep 600 & wait"))
    info = await real.becomes("a", "running")
    await wait_for("the children", lambda: len(psutil.Process(info.pid or 0).children()) == 2)
    await real.fleet.pause(info.id)
    os.kill(info.pid or 0, signal.SIGCONT)
    running = await real.becomes("a", "running")
    assert running.reason == "it was continued by somebody else while paused"
    assert [member.status for member in await real.fleet.family(info.id)] == ["sleeping"] * 3
    assert len(real.events("repaired", "a")) == 1


# -- stopping ------------------------------------------------------------------------------------------

STUBBORN = (
    "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nprint('deaf')\nwhile True: time.sleep(600)"
)
FAMILY = "trap '' TERM; setsid sleep 600 & sleep 600 & echo up; while :; do sleep 600; done"


async def test_the_history_of_a_stop_names_everybody(real: Real) -> None:
    await real.up(AgentConfig("a", command=FAMILY, stop=StopPolicy(grace=0.3)))
    await real.prints("a", "up")
    info = real.info("a")
    await wait_for("the family", lambda: len(psutil.Process(info.pid or 0).children(recursive=True)) == 3)
    members = [member.pid for member in await real.fleet.family(info.id)]
    await real.fleet.stop(info.id, by="Ada")
    term, kill = real.events("signal", "a")
    assert (term.facts["signal"], term.facts["by"], term.facts["pids"]) == (15, "Ada", members)
    assert (kill.facts["signal"], kill.facts["by"]) == (9, "Ada")
    assert info.pid in kill.facts["pids"]  # type: ignore[operator]
    assert kill.at - at(real, "a", "stopping") >= 0.3
    (ended,) = real.events("exit", "a")
    assert dict(ended.facts) == {"code": None, "signal": 9, "pid": info.pid, "by": "Ada"}
    assert [(str(event.facts["verb"]), event.facts["by"]) for event in real.events("action", "a")] == [
        ("stop", "Ada")
    ]
    last = real.events("status", "a")[-1]
    assert (last.facts["new"], last.facts["by"]) == ("terminated", "Ada")


async def test_what_is_left_behind_is_named_when_it_is_swept(real: Real) -> None:
    await real.up(AgentConfig("a", command="setsid sleep 601 & sleep 0.1"))
    info = await real.becomes("a", "completed")
    (swept,) = real.events("swept", "a")
    assert [(one["name"], one["how"]) for one in swept.facts["processes"]] == [("sleep", "term")]  # type: ignore[attr-defined]
    assert info.reason == "exit code 0; 1 leftover killed: sleep"


async def test_a_hundred_of_whom_ten_are_deaf_take_one_grace(real: Real) -> None:
    polite = [AgentConfig(f"p{n:02}", command=SLEEP) for n in range(90)]
    deaf = [python(f"d{n}", STUBBORN) for n in range(10)]
    await real.up(*polite, *deaf)
    for agent in deaf:
        await real.prints(agent.name, "deaf")
    await wait_for("all", lambda: all(i.status is AgentStatus.RUNNING for i in real.fleet.snapshot()))
    report = await real.fleet.shutdown(1.0)
    assert sorted(report.killed) == [agent.name for agent in deaf]
    assert len(report.stopped) == 100
    first = min(event.at for event in real.events("status") if event.facts["new"] == "stopping")
    ends = {event.agent: event.at for event in real.events("exit")}
    assert len(ends) == 100
    kills = [event for event in real.events("signal") if event.facts["signal"] == 9]
    assert max(ends.values()) - first < 1.0 + 1.0
    assert spread(kills) < 0.9
    assert spread([event for event in real.events("exit") if event.agent in report.killed]) < 0.9


def spread(events: list[Event]) -> float:
    """Return the seconds between the first and the last."""
    times = [event.at for event in events]
    return max(times) - min(times)
