"""A process that owns a fleet is killed with SIGKILL while agents write; another one goes on with them."""

import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from descartes_tui.runner.backends.registry import backends
from descartes_tui.runner.fleet.fleet import Fleet
from descartes_tui.runner.fleet.guard import is_alive
from descartes_tui.runner.model.config import AgentConfig, RestartPolicy, RestartWhen
from descartes_tui.runner.model.folders import session_folder
from descartes_tui.runner.process.launcher import KeeperLauncher
from descartes_tui.runner.store.sqlite import SqliteStore
from tests.waiting import wait_for

OWNER = """
import asyncio, os, sys
from tests.runner.fleet.test_adoption_for_real import WRITERS, new_fleet

async def main():
    fleet = new_fleet()
    await fleet.open()
    for config in WRITERS:
        await fleet.spawn(config, dict(os.environ))
    print("up", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
COUNT = 3000
COUNTER = f"import time\nfor n in range({COUNT}):\n  print(n, flush=True)\n  n % 10 or time.sleep(0.005)"
WRITERS = [AgentConfig(f"writer-{n}", command=[sys.executable, "-c", COUNTER]) for n in range(5)] + [
    AgentConfig("silent", command=["sleep", "600"]),
    AgentConfig(
        "crashing",
        command="sleep 0.3; echo crashed; exit 9",
        restart=RestartPolicy(RestartWhen.ON_FAILURE, max=1, backoff_min=0.1),
    ),
]


def new_fleet() -> Fleet:
    folder = session_folder("real")
    folder.mkdir(parents=True, exist_ok=True)
    store = SqliteStore(folder / "events.db")
    return Fleet(folder, session="real", launcher=KeeperLauncher(), backends=backends(), store=store)


@pytest.fixture
def owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "subprocess.Popen[str]":
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    root = Path(__file__).parents[3]
    return subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True, cwd=root)


@pytest.fixture
async def fleet(owner: "subprocess.Popen[str]") -> AsyncIterator[Fleet]:
    assert owner.stdout is not None
    assert owner.stdout.readline() == "up\n"
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    fleet = new_fleet()
    await fleet.open()
    yield fleet
    await fleet.shutdown(1.0)
    await fleet.close()
    await fleet._parts.launcher.close()


async def test_no_agent_no_line_and_no_exit_code_is_lost(fleet: Fleet) -> None:
    report = await fleet.adopt()
    assert {*report.living, *report.ended} >= {f"writer-{n}" for n in range(5)} | {"silent"}
    (silent,) = fleet.resolve(["silent"])
    assert is_alive(fleet.info(silent).pid)
    assert fleet.info(silent).run == 1
    writers = fleet.resolve(["writer-*"])
    infos = await fleet.wait_for(writers, "exit")
    assert [(info.status.value, info.exit_code, info.run) for info in infos] == [("completed", 0, 1)] * 5
    for info in infos:
        lines = Path(info.log_path or "").read_bytes().split()
        assert lines == [b"%d" % n for n in range(COUNT)]


async def test_a_crash_that_nobody_saw_is_followed_by_one_restart(fleet: Fleet) -> None:
    await wait_for("the crash", logs_of_crashes)
    await fleet.adopt()
    (info,) = await fleet.wait_for(fleet.resolve(["crashing"]), "exit")
    assert (info.run, info.restarts, info.exit_code) == (2, 1, 9)
    assert info.reason == "gave up: 1 restart within 10m; last: crashed"
    assert [run.exit_code for run in fleet.runs(info.id)] == [9, 9]


def logs_of_crashes() -> list[Path]:
    return [log for log in session_folder("real").glob("runs/*/1/log") if log.read_bytes() == b"crashed\n"]


async def test_after_a_stop_by_the_new_owner_nothing_lives(fleet: Fleet) -> None:
    await fleet.adopt()
    (silent,) = fleet.resolve(["silent"])
    pid = fleet.info(silent).pid
    report = await fleet.shutdown()
    assert "silent" in report.stopped
    assert not is_alive(pid)
