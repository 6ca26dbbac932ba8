"""`up` without a screen: prefixed lines, a verdict for each, the worst exit code, and nothing left behind."""

import json
import os
import re
import signal
import subprocess
import textwrap

from tests.app.cli.conftest import World, command
from tests.waiting import wait_until

FLEET = """
version: 1
session: shop
agents:
  job:
    command: "echo working; echo oops >&2; exit ${CODE:-0}"
  server:
    command: "echo serving; exec sleep 1000"
    tags: [service]
  asker:
    command: "printf 'name? '; read x; echo bye"
    stdin: pipe
  flaky:
    command: "echo boom; exit 4"
    restart: {policy: on-failure, max: 1, backoff: 50ms..50ms}
    autostart: false
"""


def write(world: World, text: str = FLEET) -> None:
    (world.folder / "agents.yaml").write_text(textwrap.dedent(text))


def test_without_a_terminal_it_streams_and_ends_with_the_verdicts(world: World) -> None:
    write(world)
    done = world.run("up")
    assert done.returncode == 0, done.stderr
    assert {"job    | working", "job    ! oops", "server | serving"} <= set(done.stdout.splitlines())
    assert re.search(r"^asker  \| .*bye$", done.stdout, re.MULTILINE), "nobody answers: its input is closed"
    table = {line.split()[0]: line for line in done.stderr.splitlines() if "  " in line}
    assert "✓ completed" in table["job"]
    assert "stopped at the end" in table["server"]
    assert "✓ completed" in table["asker"]
    wait_until("the supervisor it brought has gone", lambda: world.run("ps").returncode == 3)


def test_no_verb_without_a_terminal_is_the_same(world: World) -> None:
    write(world)
    assert "job    | working" in world.run().stdout
    assert "job    | working" in world.run("agents.yaml").stdout


def test_the_worst_exit_code_is_passed_on(world: World) -> None:
    write(world)
    assert world.run("up", "--var", "CODE=3", "job").returncode == 3
    done = world.run("up", "flaky", "job")
    assert done.returncode == 4
    assert done.stdout.count("flaky | boom") == 2
    assert "✗ failed" in done.stderr


def test_detach_leaves_it_running_and_wait_waits(world: World) -> None:
    write(world)
    answer = world.json("up", "--detach")
    assert sorted(answer["started"]) == ["asker", "job", "server"]
    assert world.agent("server")["status"] in ("starting", "running")
    assert world.run("up", "--detach", "--wait", "--var", "CODE=3", "job").returncode == 3
    assert world.run("up", "--detach").stderr.count("kept: ") == 1


def test_interrupted_it_stops_the_fleet(world: World) -> None:
    write(world)
    with world.popen("up", "--plain", "server") as plain:
        wait_until("the server runs", lambda: _status(world, "server") == "running")
        pid = world.agent("server")["pid"]
        plain.send_signal(signal.SIGINT)
        _, err = plain.communicate(timeout=30)
    assert plain.returncode == 130
    assert "stopping the fleet" in err
    assert not _alive(pid)


def test_a_stubborn_fleet_is_killed_by_the_second_interrupt(world: World) -> None:
    write(
        world,
        """
        version: 1
        agents:
          mule:
            command: "trap '' TERM; echo here; while :; do sleep 0.05; done"
            stop: {grace: 1h}
        """,
    )
    with world.popen("up", "--plain") as plain:
        assert plain.stdout is not None and plain.stderr is not None
        assert plain.stdout.readline() == "mule | here\n"
        plain.send_signal(signal.SIGINT)
        assert "stopping" in plain.stderr.readline()
        plain.send_signal(signal.SIGINT)
        plain.communicate(timeout=30)
    assert plain.returncode == 130


def test_a_reader_that_leaves_ends_the_fleet_quietly(world: World) -> None:
    write(
        world,
        """
        version: 1
        agents:
          talker: {command: "while :; do echo talk; sleep 0.01; done"}
        """,
    )
    done = subprocess.run(
        ["bash", "-c", '"$@" | head -n 2', "bash", *command("up")],
        cwd=world.folder, env=world.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == "talker | talk\ntalker | talk\n"
    assert "Traceback" not in done.stderr
    wait_until("nothing is left", lambda: world.run("ps").returncode == 3)


def test_timeout_ends_it_and_the_fleet(world: World) -> None:
    write(world)
    done = world.run("up", "server", "--timeout", "1")
    assert done.returncode == 6
    wait_until("nothing is left", lambda: world.run("ps").returncode == 3)


def test_a_file_with_mistakes_starts_nothing(world: World) -> None:
    write(
        world, "version: 1\nagents:\n  web: {comand: [x]}\n  job: {command: [true], restart: {policy: oft}}\n"
    )
    done = world.run("up")
    assert done.returncode == 2
    assert "agents.yaml:3:" in done.stderr and "agents.yaml:4:" in done.stderr
    assert "nothing was started" in done.stderr
    assert world.run("ps").returncode == 3


def test_dependencies_are_waited_for(world: World) -> None:
    write(
        world,
        """
        version: 1
        agents:
          second: {command: [echo, two], depends_on: {first: completed}}
          first: {command: "sleep 0.3; echo one"}
        """,
    )
    done = world.run("up")
    assert done.returncode == 0
    assert done.stdout == "first  | one\nsecond | two\n"


def test_lines_can_be_had_as_json(world: World) -> None:
    write(world)
    done = world.run("up", "job", "--json", "-q")
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["working", "oops"]
    assert done.stderr == ""


def _status(world: World, name: str) -> str | None:
    done = world.run("ps", "--json", "--all")
    agents = json.loads(done.stdout) if done.returncode == 0 else []
    return next((agent["status"] for agent in agents if agent["name"] == name), None)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
