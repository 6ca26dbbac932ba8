"""Each verb does what it says to real agents, and ends with the exit code that was promised."""

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from descartes_tui import __version__
from tests.app.cli.conftest import World, command
from tests.waiting import wait_until

SLEEP = ("--", "sleep", "1000")


def alive(pid: int) -> bool:
    """True while a process lives."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def has_status(world: World, name: str, status: str) -> bool:
    """True when an agent is in this status."""
    return bool(world.agent(name)["status"] == status)


def test_older_forms_work_as_they_are(world: World) -> None:
    bin_folder = world.folder / "bin"
    bin_folder.mkdir()
    claude = bin_folder / "claude"
    claude.write_text("#!/bin/sh\nexec sleep 1000\n")
    claude.chmod(0o755)
    world.env["PATH"] = f"{bin_folder}:{world.env['PATH']}"
    agent_id = world.ok("spawn", "my-agent", "claude", "Write a poem").strip()
    assert "my-agent" in world.ok("list")
    world.ok("kill", agent_id)
    assert world.agent("my-agent")["status"] == "terminated"


def test_a_missing_program_is_told_in_one_line(world: World) -> None:
    world.env["PATH"] = "/usr/bin:/bin"
    done = world.run("spawn", "poet", "claude", "Write a poem")
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "claude" in done.stderr
    assert "npm install" in done.stderr


def test_spawn_passes_environment_folder_and_options(world: World) -> None:
    (world.folder / "sub").mkdir()
    (world.folder / "my.env").write_text("FROM_FILE=file\nBOTH=file\n")
    world.env["OURS"] = "ours"
    show = ("--", "sh", "-c", "echo $FROM_FILE $BOTH $OURS $PWD; exit 0")
    world.ok("spawn", "a", "--cwd", "sub", "--env-file", "my.env", "-e", "BOTH=option", "--tag", "t", *show)
    world.ok("wait", "a")
    assert world.ok("logs", "a").split() == ["file", "option", "ours", str(world.folder / "sub")]
    assert world.agent("a")["tags"] == ["t"]


def test_ps_prints_a_table_and_one_array(world: World) -> None:
    world.ok("spawn", "web", *SLEEP)
    header, row = world.ok("ps").splitlines()
    assert header.split()[:3] == ["NAME", "STATUS", "PID"]
    assert row.startswith("web   ● running")
    (agent,) = world.json("ps")
    assert {
        "id", "name", "status", "reason", "backend", "tags", "pid", "run", "restarts", "started_at", "ended_at",
        "exit_code", "exit_signal", "verdict", "health", "activity", "usage", "tokens", "cost_usd", "session_id",
        "log_path",
    } <= set(agent)  # fmt: skip
    assert world.json("ps", "--tag", "other") == []


def test_a_poor_encoding_spoils_nothing(world: World) -> None:
    world.ok("spawn", "web", *SLEEP)
    done = world.run("ps", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "running" in done.stdout


def test_show_tells_processes_runs_and_masks_secrets(world: World) -> None:
    world.ok("spawn", "web", "-e", "API_TOKEN=hunter2", "--", "sh", "-c", "sleep 1000; true")
    page = world.ok("show", "web")
    assert "● running" in page
    assert "sleep 1000" in page
    assert "hunter2" not in page
    facts = world.json("show", "web")
    assert {"config", "family", "runs", "why"} <= set(facts)
    assert "hunter2" not in json.dumps(facts)


def test_pause_resume_stop_start_restart_rm(world: World) -> None:
    world.ok("spawn", "web", *SLEEP)
    for verb, status in (
        ("pause", "paused"),
        ("resume", "running"),
        ("stop", "terminated"),
        ("start", "running"),
    ):
        out = world.ok(verb, "web")
        wait_until(f"web is {status}", partial(has_status, world, "web", status))
        assert out.startswith("web: ")
    first = world.agent("web")["pid"]
    world.ok("restart", "web")
    wait_until("web runs anew", lambda: world.agent("web")["pid"] not in (None, first))
    world.ok("stop", "web")
    world.ok("rm", "web")
    assert world.json("ps", "--all") == []


def test_stop_ends_the_whole_family(world: World) -> None:
    world.ok("spawn", "web", "--", "sh", "-c", "sleep 1000 & echo $!; sleep 1000")
    wait_until("the child's pid", lambda: world.ok("logs", "web").strip())
    child = int(world.ok("logs", "web"))
    assert world.ok("stop", "web").startswith("web: terminated")
    assert not alive(child)


def test_several_are_chosen_by_tag_pattern_and_all(world: World) -> None:
    for name in ("a-1", "a-2", "b-1"):
        world.ok("spawn", name, "--tag", name[0], *SLEEP)
    assert len(world.ok("stop", "a-*").splitlines()) == 2
    assert [r["agent"] for r in world.json("stop", "--tag", "b")] == ["b-1"]
    assert len(world.ok("start", "--all").splitlines()) == 3


def test_refusals_have_their_exit_codes(world: World) -> None:
    assert world.run("ps").returncode == 3
    world.ok("spawn", "web", *SLEEP)
    world.ok("spawn", "done", "--", "true")
    world.ok("wait", "done")
    assert world.run("stop", "nobody").returncode == 4
    assert world.run("show", "nobody").returncode == 4
    assert world.run("logs", "nobody").returncode == 4
    assert world.run("pause", "done").returncode == 5
    assert world.run("pause", "done", "web").returncode == 7
    assert world.run("spawn", "web", *SLEEP).returncode == 5
    assert world.run("rm", "web").returncode == 5
    assert world.run("spawn", "no/name", *SLEEP).returncode == 2
    assert world.run("spawn", "x", "--", "/no/such/program").returncode == 1


def test_errors_are_one_line_that_begins_with_our_name(world: World) -> None:
    world.ok("spawn", "web", *SLEEP)
    for args in (("stop", "nobody"), ("rm", "web"), ("frob",), ("spawn", "x", "--", "/no/such/program")):
        done = world.run(*args)
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert done.stderr.startswith("descartes-tui: ")


def test_signal_reaches_the_agent(world: World) -> None:
    world.ok(
        "spawn",
        "web",
        "--",
        "sh",
        "-c",
        "trap 'echo got it; exit 5' USR1; echo ready; while :; do sleep 0.05; done",
    )
    world.ok("wait", "web", "--for", "log:ready", "--timeout", "20")
    world.ok("signal", "USR1", "web")
    assert world.run("wait", "web", "--timeout", "20").returncode == 5
    assert "got it" in world.ok("logs", "web")


def test_send_writes_to_stdin(world: World) -> None:
    world.ok("spawn", "asker", "--stdin", "pipe", "--", "sh", "-c", "read a; read b; echo $a-$b; cat")
    world.ok("send", "asker", "one", "--no-newline")
    world.ok("send", "asker", "more words")
    world.ok("send", "asker", "--", "--flag")
    world.ok("send", "asker", "--eof")
    world.ok("wait", "asker", "--timeout", "20")
    assert world.ok("logs", "asker") == "onemore words---flag\n"


def test_wait_passes_on_how_it_ended_and_times_out(world: World) -> None:
    world.ok("spawn", "three", "--", "sh", "-c", "exit 3")
    world.ok("spawn", "long", *SLEEP)
    assert world.run("wait", "three").returncode == 3
    assert world.ok("wait", "long", "--for", "running") == ""
    assert world.run("wait", "long", "--timeout", "0.2").returncode == 6
    world.ok("kill", "long")
    assert world.run("wait", "long").returncode == 128 + signal.SIGKILL


def test_events_replay_and_follow(world: World) -> None:
    world.ok("spawn", "web", *SLEEP)
    events = [json.loads(line) for line in world.ok("events", "--json").splitlines()]
    assert [e["seq"] for e in events] == sorted(e["seq"] for e in events)
    assert any(e["kind"] == "status" and e["new"] == "running" for e in events)
    last = events[-1]["seq"]
    with world.popen("events", "-f", "--json", "--since", str(last), "--agent", "web") as following:
        assert following.stdout is not None
        world.ok("stop", "web")
        kinds = []
        while "terminated" not in kinds:
            event = json.loads(following.stdout.readline())
            assert event["seq"] > last
            kinds.append(event.get("new"))
        following.send_signal(signal.SIGINT)
        assert following.wait(20) == 130


def test_a_supervisor_that_was_killed_is_started_again_and_knows_everything(world: World) -> None:
    world.ok("spawn", "web", *SLEEP)
    before = world.agent("web")
    with world.popen("logs", "-f", "web") as following:
        (supervisor,) = pids_of_supervisors(world)
        os.kill(supervisor, signal.SIGKILL)
        after = world.agent("web")
        assert (after["id"], after["pid"], after["status"]) == (before["id"], before["pid"], "running")
        world.ok("stop", "web")
        assert following.wait(30) == 0


def pids_of_supervisors(world: World) -> list[int]:
    """Return the pids of this world's supervisors, from their lock files."""
    locks = (world.folder.parent / "state" / "descartes-tui").glob("*/supervisor.lock")
    return [int(lock.read_text()) for lock in locks]


def test_history_knows_runs_without_a_supervisor(world: World) -> None:
    world.ok("spawn", "three", "--", "sh", "-c", "echo hello; exit 3")
    world.run("wait", "three")
    world.ok("down")
    (run,) = world.json("history")
    assert (run["agent"], run["run"], run["exit_code"]) == ("three", 1, 3)
    assert "three" in world.ok("history", "--all")
    assert world.ok("logs", "three") == "hello\n"


def test_down_stops_everything(world: World) -> None:
    world.ok("spawn", "web", *SLEEP)
    pid = world.agent("web")["pid"]
    assert world.ok("down") == "web: terminated\n"
    assert not alive(pid)
    wait_until("no supervisor is left", lambda: world.run("ps").returncode == 3)


def test_a_closed_pipe_ends_it_quietly(world: World) -> None:
    world.ok("spawn", "talker", "--", "sh", "-c", "seq 1 100000")
    world.ok("wait", "talker")
    done = subprocess.run(
        ["bash", "-c", 'set -o pipefail; "$@" | head -n 1', "bash", *command("logs", "talker")],
        cwd=world.folder, env=world.env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_sessions_are_apart(world: World) -> None:
    world.ok("--session", "one", "spawn", "web", *SLEEP)
    world.ok("spawn", "web", *SLEEP, "--session")
    assert world.run("ps", "--session", "two").returncode == 3
    assert len(world.json("ps", "--session", "one")) == 1
    world.env["DESCARTES_SESSION"] = "one"
    assert len(world.json("ps")) == 1


def test_init_validate_version_backends(world: World) -> None:
    world.ok("init")
    assert world.run("init").returncode == 5
    assert world.ok("validate").startswith("ok: ")
    (world.folder / "bad.yaml").write_text(
        "version: 1\nagents:\n  web: {comand: [x], restart: {policy: oft}}\n"
    )
    bad = world.run("validate", "bad.yaml")
    assert bad.returncode == 2
    assert len(bad.stdout.splitlines()) >= 2
    assert all(line.startswith("bad.yaml:3:") for line in bad.stdout.splitlines())
    assert world.ok("version").strip() == f"descartes-tui {__version__}"
    assert {"claude", "codex", "command"} <= {kind["name"] for kind in world.json("backends")}


def test_nothing_an_agent_says_steers_a_terminal(world: World) -> None:
    world.ok("spawn", "evil", "--", "sh", "-c", r"printf '\033]0;title\007\033[2Jtext\n'; exit 0")
    world.ok("wait", "evil")
    assert "\x1b" not in world.ok("logs", "evil")
    raw = subprocess.run(
        command("logs", "--raw", "evil"), cwd=world.folder, env=world.env, capture_output=True, timeout=60
    )
    assert raw.stdout == b"\x1b]0;title\x07\x1b[2Jtext\n"


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full")
def test_a_full_disk_is_told_without_a_traceback(world: World) -> None:
    world.ok("spawn", "web", *SLEEP)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("ps"),
            cwd=world.folder,
            env=world.env,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
