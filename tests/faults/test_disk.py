"""Disks that are full, gone, read-only or someone else's: agents go on, nothing written is lost."""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from descartes_tui.runner.model.layout import LOCK, LOG
from descartes_tui.runner.model.run import Ended
from descartes_tui.runner.process.launcher import is_held
from descartes_tui.runner.wire.client import Client
from descartes_tui.runner.wire.errors import WireError
from tests.faults.shop import Shop, gone
from tests.runner.process.harness import bench
from tests.waiting import wait_for

mounts = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mount") is None, reason="needs to mount a disk"
)


@contextmanager
def small_disk(where: Path, options: str) -> Iterator[None]:
    where.mkdir(parents=True, exist_ok=True)
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", str(where)], capture_output=True
    ).returncode:
        pytest.skip("no right to mount")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(where)], check=False)


def fill(folder: Path) -> Path:
    ballast = folder / "ballast"
    for size in (1 << 16, 1 << 12):
        with ballast.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * size)
    return ballast


@mounts
def test_with_a_full_state_disk_agents_run_and_endings_are_known_later(shop: Shop, tmp_path: Path) -> None:
    with small_disk(tmp_path / "state" / "descartes-tui", "size=8m,mode=0700"):
        script = f"trap 'exit 5' TERM; seq 1000; while [ ! -e {tmp_path}/die ]; do sleep 0.05; done; exit 6"
        agent = shop.shell("web", script)
        shop.wrote(agent, "1000\n")
        ballast = fill(tmp_path / "state" / "descartes-tui")
        (tmp_path / "die").touch()
        shop.wait("the code, from the reserve", lambda: shop.agent("web")["exit_code"] == 6)
        failed = shop.call("spawn", config={"name": "late", "command": ["true"]}, env=shop.env)
        assert failed["name"] == "late"  # answered, whatever becomes of it
        ballast.unlink()
        shop.call("wait", agents=["late"], condition="exit", timeout=20.0)
        after = shop.spawn("next", "sleep", "1000")
        shop.wait("events again", lambda: any(e["agent"] == "next" for e in shop.events("status")))
        shop.kill_supervisor()
        assert shop.agent("next")["pid"] == after["pid"]
        assert shop.agent("web")["exit_code"] == 6
        shop.call("down", timeout=5.0)


@mounts
def test_while_the_state_is_read_only_agents_write_on_and_afterwards_all_works(shop: Shop) -> None:
    agent = shop.shell("web", "i=0; while :; do i=$((i+1)); echo $i; sleep 0.005; done")
    where = str(shop.state.parent)
    if subprocess.run(["mount", "--bind", where, where], capture_output=True).returncode:
        pytest.skip("no right to mount")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", where], check=True)
        size = Path(agent["log_path"]).stat().st_size
        shop.wait("more output", lambda: Path(agent["log_path"]).stat().st_size > size + 100)
        with pytest.raises(WireError, match="Read-only"):
            shop.call("spawn", config={"name": "more", "command": ["true"]}, env=shop.env)
    finally:
        subprocess.run(["umount", "-l", where], check=True)
    shop.spawn("later", "sleep", "1000")
    assert shop.agent("web")["pid"] == agent["pid"]


@mounts
async def test_without_inodes_a_start_fails_in_words_and_who_runs_goes_on(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=8m,nr_inodes=64"):
        async with bench(tmp_path / "disk") as made:
            run = await made.shell("echo up; read x; seq 1000; echo end", stdin="pipe")
            await run.wrote(b"up")
            number = 0
            with suppress(OSError):
                while True:
                    (tmp_path / "disk" / f"f{number}").touch()
                    number += 1
            await run.held.write_stdin(b"go\n")
            await wait_for("the end", lambda: run.log.endswith(b"end\n"))
            for n in range(number):
                (tmp_path / "disk" / f"f{n}").unlink()
            assert (await run.ended()).exit.success


def test_a_log_that_is_deleted_moved_or_cut_does_not_stop_its_agent(shop: Shop) -> None:
    for name, harm in (("gone", "rm"), ("moved", "mv"), ("cut", "truncate")):
        agent = shop.shell(name, "i=0; while :; do i=$((i+1)); echo $i; sleep 0.005; done")
        log = Path(agent["log_path"])
        shop.wrote(agent, "\n20\n")
        match harm:
            case "rm":
                log.unlink()
            case "mv":
                log.rename(log.with_name("old"))
            case "truncate":
                os.truncate(log, 0)
        time.sleep(0.1)  # it writes on into what was harmed
        if log.exists():
            assert log.stat().st_blocks * 512 < 1 << 20  # no sparse gigabyte takes room
        assert shop.agent(name)["status"] == "running"
    results = shop.call("stop", all=True, timeout=20.0)
    assert [result["ok"] for result in results] == [True] * 3


async def test_links_in_a_run_folder_are_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    async with bench(tmp_path) as made:
        for name in (LOG, "index", LOCK):
            spec = made.spec("echo", "overwritten")
            (spec.folder / name).symlink_to(precious)
            events: list[object] = []
            link = await made.launcher.launch(spec, events.append)
            assert link is not None
            await wait_for("the refusal", lambda events=events: events)  # type: ignore[misc]
            assert not any(isinstance(event, Ended) and event.exit.success for event in events), (
                name,
                events,
            )
            assert precious.read_text() == "mine"


@pytest.mark.parametrize("damage", ["nonsense", "empty", "folder", "newer"])
def test_a_spoilt_store_is_put_aside_and_agents_never_notice(shop: Shop, damage: str) -> None:
    agent = shop.spawn("web", "sleep", "1000")
    shop.kill_supervisor()
    store = shop.state / "events.db"
    if damage == "newer":
        with sqlite3.connect(store) as connection:
            connection.execute("PRAGMA user_version = 9999")
    else:
        for path in shop.state.glob("events.db*"):
            path.unlink()
        if damage == "folder":
            store.mkdir()
        else:
            store.write_bytes(b"nonsense" * 1000 if damage == "nonsense" else b"")
    after = shop.agent("web")
    assert (after["pid"], after["status"]) == (agent["pid"], "running")
    shop.call("stop", agents=["web"], timeout=20.0)
    assert gone(agent["pid"])


def test_a_store_that_another_holds_stops_no_agent_and_is_written_afterwards(shop: Shop) -> None:
    agent = shop.shell("web", "i=0; while :; do i=$((i+1)); echo $i; sleep 0.005; done")
    with (
        sqlite3.connect(shop.state / "events.db", isolation_level=None) as other,
        Client.connect(shop.session) as client,
    ):
        other.execute("BEGIN IMMEDIATE")
        client._send("signal", {"agents": ["web"], "signal": "CONT"})
        size = Path(agent["log_path"]).stat().st_size
        shop.wait("more output", lambda: Path(agent["log_path"]).stat().st_size > size + 500)
        other.execute("ROLLBACK")
    shop.wait("answers", lambda: _answers(shop))
    assert shop.agent("web")["pid"] == agent["pid"]
    shop.wait("the event", lambda: any(event.get("verb") == "signal" for event in shop.events("action")))


def _answers(shop: Shop) -> bool:
    try:
        return bool(shop.call("list"))
    except WireError:
        return False


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_all_is_private_whatever_the_umask(shop: Shop, umask: int) -> None:
    before = os.umask(umask)
    try:
        agent = shop.shell("web", "echo x; umask; sleep 1000")
    finally:
        os.umask(before)
    shop.wrote(agent, "x")
    shop.call("list")
    files = [path for path in shop.state.rglob("*") if not path.is_dir()]
    for path in [shop.state, Path(agent["log_path"]).parent, *files]:
        mode = path.lstat().st_mode
        assert not mode & 0o077, f"{path} is {mode & 0o777:o}"


def test_thousands_of_old_runs_do_not_delay_a_start(shop: Shop) -> None:
    agent = shop.spawn("web", "sleep", "1000")
    shop.kill_supervisor()
    for number in range(300):
        for run in range(1, 11):
            folder = shop.state / "runs" / f"00000000-0000-4000-8000-{number:012}" / str(run)
            folder.mkdir(parents=True, mode=0o700)
            (folder / "ending.json").write_text('{"exit": [0, null], "at": 1}')
            (folder / LOCK).touch()
    began = time.monotonic()
    assert shop.agent("web")["pid"] == agent["pid"]
    assert time.monotonic() - began < 4.0
    assert is_held(Path(agent["log_path"]).parent)
    shop.wait("the oldest to be forgotten", lambda: len(list((shop.state / "runs").iterdir())) <= 101)
