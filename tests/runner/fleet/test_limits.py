"""Agents that use more than they may are warned about, paused or stopped."""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest

from descartes_tui.runner.fleet.limits import (
    Excess,
    RuntimeMeter,
    excesses,
    past_of,
    recovered,
)
from descartes_tui.runner.model.config import (
    AgentConfig,
    AgentLimits,
    OnLimit,
    RestartPolicy,
    RestartWhen,
)
from descartes_tui.runner.model.event import Event
from descartes_tui.runner.model.info import Usage
from descartes_tui.runner.model.status import Verdict
from tests.runner.fleet.conftest import World
from tests.runner.fleet.fakes import settle
from tests.runner.fleet.real import Real, python, real_fleet
from tests.waiting import wait_for

GIB = 1 << 30
MIB = 1 << 20
LIMITS = AgentLimits(memory=4 * GIB, processes=200)
ALWAYS = RestartPolicy(RestartWhen.ALWAYS, backoff_min=1.0)


@pytest.mark.parametrize(
    ("usage", "texts"),
    [
        (Usage(1.0, 4 * GIB, 200), []),
        (Usage(1.0, int(4.1 * GIB), 7), ["memory 4.1G over its limit of 4G"]),
        (Usage(1.0, 7, 201), ["201 processes, over the limit of 200"]),
        (Usage(), []),
        (
            Usage(1.0, 5 * GIB, 999),
            ["memory 5G over its limit of 4G", "999 processes, over the limit of 200"],
        ),
    ],
)
def test_what_is_over_a_limit_is_named(usage: Usage, texts: list[str]) -> None:
    assert [str(excess) for excess in excesses(LIMITS, usage)] == texts


def test_who_sways_about_a_limit_has_not_recovered() -> None:
    assert recovered(LIMITS, Usage(1.0, int(3.9 * GIB), 199)) == []
    assert [excess.limit for excess in recovered(LIMITS, Usage(1.0, GIB, 199))] == ["memory"]


def test_a_runtime_is_told_in_words() -> None:
    assert str(Excess("runtime", 7201.0, 7200.0)) == "runtime over its limit of 2h"


def test_time_spent_paused_is_no_runtime() -> None:
    meter = RuntimeMeter(5.0, now=100.0)
    meter.hold(110.0)
    meter.hold(130.0)
    assert meter.used(200.0) == 15.0
    meter.go_on(200.0)
    meter.go_on(210.0)
    assert meter.used(220.0) == 35.0


def test_the_history_tells_what_has_acted_and_how_long_was_paused() -> None:
    facts: list[tuple[float, str, Mapping[str, object]]] = [
        (10.0, "status", {"new": "running"}),
        (20.0, "limit", {"limit": "memory", "action": "pause", "text": "too much"}),
        (20.0, "status", {"new": "paused"}),
        (50.0, "status", {"new": "running"}),
        (60.0, "limit", {"limit": "memory", "action": "back", "text": "fine"}),
        (70.0, "limit", {"limit": "processes", "action": "pause", "text": "too many"}),
        (70.0, "status", {"new": "paused"}),
    ]
    past = past_of((Event(n, at, "a", "id", 1, kind, f) for n, (at, kind, f) in enumerate(facts)), now=100.0)
    assert (past.paused, set(past.acted), past.text) == (60.0, {"processes"}, "too many")


# -- runtime, with a clock whose hands are turned --------------------------------------------------------


def limited(on_limit: OnLimit, runtime: float = 60.0, **more: object) -> AgentConfig:
    return AgentConfig("a", limits=AgentLimits(runtime=runtime, on_limit=on_limit), **more)  # type: ignore[arg-type]


def limit_events(world: World) -> list[Mapping[str, object]]:
    world.fleet.flush()
    return [event.facts for event in world.store.events(agent="a") if event.kind == "limit"]


async def test_after_its_time_an_agent_is_paused_once(world: World) -> None:
    await world.up(limited(OnLimit.PAUSE))
    why = world.fleet.why(world.info("a").id)
    assert why["next"] == "rests when it ends; is paused at its runtime limit of 1m00s"
    assert why["next_at"] == world.clock.now() + 60
    await world.clock.advance(59.9)
    assert world.status("a") == "running"
    await world.clock.advance(0.2)
    assert (world.status("a"), world.info("a").reason) == ("paused", "runtime over its limit of 1m: paused")
    assert world.fleet.why(world.info("a").id)["who"] == "the runtime limit"
    await world.fleet.resume(world.info("a").id)
    await world.clock.advance(3600)
    assert world.status("a") == "running"
    assert [facts["action"] for facts in limit_events(world)] == ["pause"]


async def test_after_its_time_an_agent_is_warned_about(world: World) -> None:
    await world.up(limited(OnLimit.WARN))
    await world.clock.advance(61)
    assert (world.status("a"), world.info("a").reason) == ("running", "runtime over its limit of 1m")
    assert limit_events(world) == [
        {"limit": "runtime", "value": 60.0, "bound": 60.0, "action": "warn", "text": "runtime over its limit of 1m"}
    ]  # fmt: skip


async def test_who_is_stopped_by_a_limit_is_not_restarted(world: World) -> None:
    await world.up(limited(OnLimit.STOP, restart=ALWAYS))
    await world.clock.advance(300)
    info = world.info("a")
    assert (info.status.value, info.verdict, info.run) == ("failed", Verdict.OVER_BUDGET, 1)
    assert info.reason == "runtime over its limit of 1m: stopped"
    assert world.history("a") == ["starting", "running", "stopping", "failed"]


async def test_each_run_has_its_own_time(world: World) -> None:
    await world.up(limited(OnLimit.PAUSE, restart=ALWAYS))
    await world.clock.advance(50)
    world.launcher.last("a").end(0)
    await world.clock.advance(1.2)
    assert world.info("a").run == 2
    await world.clock.advance(58)
    assert world.status("a") == "running"
    await world.clock.advance(3)
    assert world.status("a") == "paused"


async def test_time_paused_by_a_person_does_not_count(world: World) -> None:
    await world.up(limited(OnLimit.STOP))
    await world.clock.advance(30)
    await world.fleet.pause(world.info("a").id)
    await world.clock.advance(1000)
    await world.fleet.resume(world.info("a").id)
    await world.clock.advance(29)
    assert world.status("a") == "running"
    await world.clock.advance(2)
    assert world.status("a") == "failed"


async def test_time_goes_on_with_another_supervisor(world: World) -> None:
    await world.up(limited(OnLimit.STOP))
    await world.clock.advance(20)
    await world.fleet.pause(world.info("a").id)
    await world.clock.advance(100)
    await world.fleet.close()
    await world.clock.advance(100)
    await world.new_fleet().adopt()
    assert world.status("a") == "paused"
    await world.fleet.resume(world.info("a").id)
    await world.clock.advance(39)
    assert world.status("a") == "running"
    await world.clock.advance(2)
    assert world.info("a").verdict is Verdict.OVER_BUDGET


async def test_a_limit_that_has_acted_does_not_act_again_with_another_supervisor(world: World) -> None:
    await world.up(limited(OnLimit.PAUSE))
    await world.clock.advance(61)
    await world.fleet.resume(world.info("a").id)
    await world.fleet.close()
    await world.new_fleet().adopt()
    await world.clock.advance(600)
    assert world.status("a") == "running"


@pytest.mark.parametrize("ends_meanwhile", [True, False])
async def test_a_stop_by_a_limit_goes_on_with_another_supervisor(world: World, ends_meanwhile: bool) -> None:
    await world.up(limited(OnLimit.STOP, restart=ALWAYS))
    world.launcher.last("a").obeys.clear()
    await world.clock.advance(61)
    assert world.status("a") == "stopping"
    await world.fleet.close()
    if ends_meanwhile:
        run = world.launcher.last("a")
        run.hear = lambda event: world.launcher.endings.update({run.spec.run_id: event})
        run.end(signal=15)
    await world.new_fleet().adopt()
    await world.clock.advance(60)
    info = world.info("a")
    assert (info.status.value, info.verdict, info.run) == ("failed", Verdict.OVER_BUDGET, 1)
    assert info.reason == "runtime over its limit of 1m: stopped"


async def test_without_limits_nobody_is_looked_at(world: World) -> None:
    await world.up(AgentConfig("a"))
    await settle()
    assert world.clock.awaited() == []


# -- memory and processes, with real ones ----------------------------------------------------------------

EATER = "import sys\nsys.stdin.readline()\nx = bytearray(150 << 20)\nprint('full')\nsys.stdin.readline()\ndel x\nprint('free')\nsys.stdin.readline()"  # noqa: E501
FORKER = "import subprocess\nfor n in range(6): subprocess.Popen(['sleep', '600'], start_new_session=True)\ninput()"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    yield


@pytest.fixture
async def real(tmp_path: Path) -> AsyncIterator[Real]:
    async with real_fleet(tmp_path / "session") as real:
        yield real


def eater(on_limit: OnLimit) -> AgentConfig:
    limits = AgentLimits(memory=100 * MIB, on_limit=on_limit)
    return python("eater", EATER, limits=limits, tty=True)


async def test_memory_over_its_limit_is_a_warning_until_it_is_free(real: Real) -> None:
    await real.up(eater(OnLimit.WARN))
    await real.becomes("eater", "running")
    await real.fleet.write_stdin(real.info("eater").id, b"\n")
    await wait_for("the warning", lambda: "over its limit of 100M" in real.info("eater").reason)
    await real.fleet.write_stdin(real.info("eater").id, b"\n")
    await wait_for("the end of the warning", lambda: real.info("eater").reason == "")
    assert [event.facts["action"] for event in real.events("limit", "eater")] == ["warn", "back"]


async def test_memory_over_its_limit_pauses_and_the_pause_survives(real: Real) -> None:
    await real.up(eater(OnLimit.PAUSE))
    await real.becomes("eater", "running")
    await real.fleet.write_stdin(real.info("eater").id, b"\n")
    info = await real.becomes("eater", "paused")
    assert info.reason.startswith("memory 1")
    assert info.reason.endswith("M over its limit of 100M: paused")
    await real.again()
    assert (real.info("eater").status.value, real.info("eater").reason) == ("paused", info.reason)
    assert real.fleet.why(info.id)["who"] == "the memory limit"
    await real.fleet.resume(info.id)
    await real.fleet._limiter.look()
    assert real.info("eater").status.value == "running"
    assert [event.facts["action"] for event in real.events("limit", "eater")] == ["pause"]


async def test_too_many_processes_are_stopped_to_the_last(real: Real) -> None:
    limits = AgentLimits(processes=3, on_limit=OnLimit.STOP)
    await real.up(python("forker", FORKER, limits=limits, tty=True, restart=ALWAYS))
    info = await real.becomes("forker", "failed")
    assert info.verdict is Verdict.OVER_BUDGET
    assert info.reason.startswith("7 processes, over the limit of 3: stopped")
    (signalled,) = real.events("signal", "forker")
    assert (signalled.facts["signal"], signalled.facts["processes"]) == (15, 7)
    assert signalled.facts["by"] == "the process limit"
    assert info.run == 1
