"""Our own programs are killed, frozen and lied to: agents go on, and nothing is begun twice."""

import asyncio
import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from descartes_tui.runner.model.layout import CONTROL, ENDING, LEDGER, LOCK, RUN_FACTS
from descartes_tui.runner.model.run import Lost
from descartes_tui.runner.process.launcher import is_held
from tests.faults.shop import Shop, gone, holds_for
from tests.runner.process.harness import Run, alive, bench
from tests.torture.looking import below, everybody, look
from tests.waiting import wait_for


def folder_of(agent: dict[str, object]) -> Path:
    return Path(str(agent["log_path"])).parent


def test_a_silent_agent_is_taken_up_and_not_started_twice(shop: Shop) -> None:
    before = shop.spawn("web", "sleep", "1000")
    for _ in range(3):
        shop.kill_supervisor()
        after = shop.agent("web")
        assert (after["pid"], after["run"], after["started_at"]) == (before["pid"], 1, before["started_at"])
    sleepers = [pid for pid in below([os.getpid()], everybody()) if (s := look(pid)) and s.name == "sleep"]
    assert sleepers == [before["pid"]]


def test_what_ended_meanwhile_is_known_and_restarted_once(shop: Shop, tmp_path: Path) -> None:
    policy = {"when": "on-failure", "max": 5, "backoff_min": 0.05}
    there = f"while [ ! -e {tmp_path}/die ]; do sleep 0.05; done"
    script = f"echo run; [ -e {tmp_path}/go ] && exec sleep 1000; {there}; exit 9"
    agent = shop.shell("web", script, restart=policy)
    shop.kill_supervisor()
    (tmp_path / "go").touch()
    (tmp_path / "die").touch()
    shop.wait("the end", lambda: not is_held(folder_of(agent)))
    shop.wait(
        "the second run", lambda: shop.agent("web")["run"] == 2 and shop.agent("web")["status"] == "running"
    )
    first = next(run for run in shop.call("show", agent="web")["runs"] if run["run"] == 1)
    assert (first["exit_code"], shop.agent("web")["restarts"]) == (9, 1)


def test_a_killed_warm_process_is_replaced_for_the_next_start(shop: Shop) -> None:
    first = shop.spawn("one", "sleep", "1000")
    warm = shop.warm
    os.kill(warm, signal.SIGKILL)
    shop.spawn("two", "sleep", "1000")
    assert shop.warm != warm
    assert shop.agent("one")["pid"] == first["pid"] and not gone(first["pid"])


def test_a_killed_keeper_is_reported_and_its_whole_family_swept(shop: Shop) -> None:
    other = shop.spawn("other", "sleep", "1000")
    agent = shop.nasty("web", "zoo")
    family = shop.grown(agent, 8)
    os.kill(shop.keeper(agent), signal.SIGKILL)
    after = shop.ended("web")
    assert after["status"] == "failed" and after["ended_at"]
    assert all(gone(seen.pid) for seen in family), [str(s) for s in family if not gone(s.pid)]
    assert not gone(other["pid"]) and shop.agent("other")["status"] == "running"


def test_the_death_of_all_our_programs_leaves_no_agent_behind(shop: Shop) -> None:
    agent = shop.nasty("web", "tools")
    family = [seen.pid for seen in shop.grown(agent, 4)]
    ledger = folder_of(agent) / LEDGER
    shop.wait("the ledger", lambda: len(ledger.read_text().splitlines()) >= 4)
    programs = [shop.supervisor, shop.warm, shop.keeper(agent)]
    for pid in programs:
        os.kill(pid, signal.SIGKILL)
    shop.wait("their deaths", lambda: all(gone(pid) for pid in programs))
    shop.call("list")
    after = shop.ended("web")
    assert (after["exit_code"], after["status"]) == (None, "failed")
    assert all(gone(pid) for pid in family)


async def test_a_keeper_that_is_forked_too_late_begins_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        spec = made.spec("/bin/sh", "-c", f"touch {tmp_path}/ran; sleep 1000")
        given_up = Run(spec)
        assert await made.launcher.adopt(spec.folder, spec.run_id, given_up.events.append) is None
        assert given_up.heard(Lost)
        late = Run(spec)
        await made.launcher.launch(spec, late.events.append)
        await wait_for("the answer", lambda: late.events)
        assert late.heard(Lost) and not (tmp_path / "ran").exists()


async def test_launches_under_way_survive_a_killed_warm_process_and_none_runs_twice(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        await (await made.shell("true")).ended()
        for _ in range(5):
            warm = made.launcher.warm_pid
            assert warm is not None
            os.kill(warm, signal.SIGSTOP)
            specs = [made.spec("/bin/sh", "-c", "echo once; exit 3") for _ in range(4)]
            runs = [Run(spec) for spec in specs]
            launches = [
                asyncio.create_task(made.launcher.launch(run.spec, run.events.append)) for run in runs
            ]
            await asyncio.sleep(0)
            os.kill(warm, signal.SIGKILL)
            await asyncio.gather(*launches)
            for run in runs:
                assert (await run.ended()).exit.code == 3
                assert run.log == b"once\n"


def test_a_supervisor_that_was_frozen_does_nothing_rash_afterwards(shop: Shop) -> None:
    policy = {"when": "always", "backoff_min": 0.05}
    health = {
        "exec": ["true"],
        "interval": 0.2,
        "timeout": 0.5,
        "retries": 1,
        "start_period": 0.0,
        "on_failure": "restart",
    }
    agent = shop.spawn("web", "sleep", "1000", restart=policy, health=health)
    shop.wait("health", lambda: shop.agent("web")["health"] == "healthy")
    pid = shop.supervisor
    os.kill(pid, signal.SIGSTOP)
    time.sleep(2.0)  # being frozen is what is tried here
    os.kill(pid, signal.SIGCONT)
    holds_for(0.5, "the same run", lambda: shop.agent("web")["pid"] == agent["pid"])
    assert (shop.agent("web")["restarts"], shop.agent("web")["health"]) == (0, "healthy")


def test_runs_of_before_a_reboot_are_over_and_nobody_is_signalled(shop: Shop) -> None:
    agent = shop.spawn("web", "sleep", "1000")
    stranger = shop.spawn("other", "sleep", "1000")
    folder = folder_of(agent)
    programs = [shop.supervisor, shop.warm, shop.keeper(agent)]
    for pid in programs:
        os.kill(pid, signal.SIGKILL)
    shop.wait("their deaths", lambda: all(gone(pid) for pid in programs))
    facts = json.loads((folder / RUN_FACTS).read_text()) | {"boot_id": "another"}
    (folder / RUN_FACTS).write_text(json.dumps(facts))
    seen = look(stranger["pid"])
    assert seen is not None
    (folder / LEDGER).write_text(f"{seen.pid} {seen.start}\n")  # the same numbers mean somebody else now
    after = shop.ended("web")
    assert (after["status"], after["exit_code"]) == ("failed", None)
    assert not gone(stranger["pid"])
    assert not gone(agent["pid"])  # in truth it lives: only the machine's restart was played
    os.kill(agent["pid"], signal.SIGKILL)


@pytest.mark.parametrize("damage", [b"", b"\xff\0" * 500, b'{"exit": 7}'])
def test_damaged_files_of_a_run_hurt_nobody_else(shop: Shop, damage: bytes) -> None:
    good = shop.spawn("good", "sleep", "1000")
    bad = shop.spawn("bad", "sleep", "1000")
    shop.shell("over", "exit 3")
    over = shop.ended("over")
    shop.kill_supervisor()
    for name in (RUN_FACTS, LEDGER):
        (folder_of(bad) / name).write_bytes(damage)
    (folder_of(over) / ENDING).write_bytes(damage)
    assert shop.agent("good")["pid"] == good["pid"]
    assert shop.agent("over")["exit_code"] == 3
    after = shop.agent("bad")
    assert (after["status"], after["pid"]) == (
        "running",
        bad["pid"],
    )  # its keeper knows better than its files
    shop.call("stop", agents=["bad"], timeout=20.0)
    assert gone(bad["pid"])


def test_a_run_without_its_folder_can_still_be_stopped(shop: Shop) -> None:
    agent = shop.shell("web", "while :; do echo x; sleep 0.01; done")
    keeper = shop.keeper(agent)
    shutil.rmtree(folder_of(agent))
    (result,) = shop.call("stop", agents=["web"], timeout=20.0)
    assert result["ok"]
    assert gone(agent["pid"])
    shop.wait("the keeper's end", lambda: gone(keeper))
    assert shop.agent("web")["status"] == "terminated"


def test_a_stale_control_socket_of_a_dead_keeper_is_no_sign_of_life(shop: Shop) -> None:
    agent = shop.spawn("web", "sleep", "1000")
    folder, keeper = folder_of(agent), shop.keeper(agent)
    shop.kill_supervisor()
    os.kill(keeper, signal.SIGKILL)
    shop.wait("its death", lambda: gone(keeper))
    assert (folder / CONTROL).exists() and (folder / LOCK).exists()
    assert shop.ended("web")["status"] == "failed"
    assert not alive(agent["pid"])
