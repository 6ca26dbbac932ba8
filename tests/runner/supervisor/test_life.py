"""The supervisor is one per session, may be killed at any moment, and leaves without hurting its agents."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from descartes_tui.runner.model.folders import private_folder, session_folder, socket_path
from descartes_tui.runner.wire.client import Client, sendable
from descartes_tui.runner.wire.errors import NoSupervisor
from tests.runner.sessions import kill_supervisor, supervisor_pid, supervisor_process
from tests.waiting import wait_until

ENV = sendable(os.environ)
COUNTER = "i=0; while [ $i -lt {lines} ]; do i=$((i+1)); echo $i; sleep 0.002; done; exit {code}"


def counter(name: str, lines: int, code: int = 0) -> dict[str, Any]:
    return {"name": name, "command": COUNTER.format(lines=lines, code=code)}


def test_agents_count_on_while_supervisors_are_killed_and_no_line_is_lost(session: str) -> None:
    with Client.connect(session, start=True) as client:
        long = [client.call("spawn", config=counter(f"long{n}", 100_000), env=ENV) for n in range(6)]
        short = [client.call("spawn", config=counter(f"short{n}", 60, code=n), env=ENV) for n in range(4)]
    for _ in range(3):
        kill_supervisor(session)
        with Client.connect(session) as client:
            agents = {agent["id"]: agent for agent in client.call("list")}
        assert set(agents) == {agent["id"] for agent in [*long, *short]}
        for before in long:
            after = agents[before["id"]]
            assert (after["status"], after["pid"], after["run"]) == ("running", before["pid"], 1)
    kill_supervisor(session)
    for agent in short:  # ended while nobody was there
        wait_until("end of a short run", _gone(agent["pid"]))
    with Client.connect(session) as client:
        ended = client.call("wait", agents=["short*"], timeout=20.0)
        assert [agent["exit_code"] for agent in ended] == [0, 1, 2, 3]
        assert {result["ok"] for result in client.call("stop", agents=["long*"], timeout=20.0)} == {True}
    for agent in [*long, *short]:
        numbers = Path(agent["log_path"]).read_text().split()
        assert numbers == [str(n) for n in range(1, len(numbers) + 1)]
        assert len(numbers) >= 60


def test_of_two_supervisors_started_at_once_one_runs_and_the_other_says_who(session: str) -> None:
    for _ in range(5):
        both = [supervisor_process(session, "--foreground") for _ in range(2)]
        wait_until("one of them to give way", _one_ended(both))
        loser, winner = sorted(both, key=lambda one: one.poll() is None)
        output = loser.communicate()[0].decode()
        assert loser.returncode == 1
        assert winner.poll() is None
        assert f"another supervisor (pid {winner.pid}) holds" in output
        wait_until("the winner to serve", lambda: _answers(session))
        with Client.connect(session) as client:
            assert client.hello["pid"] == winner.pid
        winner.send_signal(signal.SIGTERM)
        assert winner.wait(10) == 0


def _gone(pid: int) -> Callable[[], bool]:
    return lambda: not Path(f"/proc/{pid}").exists()


def _one_ended(processes: "list[subprocess.Popen[bytes]]") -> Callable[[], bool]:
    return lambda: any(process.poll() is not None for process in processes)


def _answers(session: str) -> bool:
    try:
        Client.connect(session).close()
    except NoSupervisor:
        return False
    return True


def test_many_clients_at_once_start_one_supervisor(session: str) -> None:
    connect = f"Client.connect({session!r}, start=True).hello['pid']"
    command = [sys.executable, "-c", f"from descartes_tui.runner.wire.client import Client; print({connect})"]
    clients = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    pids = {client.communicate()[0].strip() for client in clients}
    assert pids == {str(supervisor_pid(session))}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_that_end_it_leave_the_agents_for_the_next_one(session: str, number: signal.Signals) -> None:
    with Client.connect(session, start=True) as client:
        agent = client.call("spawn", config=counter("web", 100_000), env=ENV)
        old = client.hello["pid"]
        os.kill(old, number)
    wait_until("end of the supervisor", lambda: supervisor_pid(session) is None)
    assert not socket_path(session).exists()
    with Client.connect(session) as client:
        (after,) = client.call("list")
        assert (after["pid"], after["status"]) == (agent["pid"], "running")
        assert client.hello["pid"] != old


def test_a_lost_terminal_does_not_end_it(session: str) -> None:
    with Client.connect(session, start=True) as client:
        os.kill(client.hello["pid"], signal.SIGHUP)
        assert client.call("list") == []


def test_a_stale_socket_is_replaced_and_anything_else_in_the_way_is_named(session: str) -> None:
    path = socket_path(session)
    private_folder(path.parent)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    Client.connect(session, start=True).call("down")
    wait_until("end of the supervisor", lambda: supervisor_pid(session) is None)
    path.write_text("precious")
    process = supervisor_process(session, "--foreground")
    output = process.communicate()[0].decode()
    assert process.returncode == 1
    assert "is in the way and is no socket; remove it" in output
    assert path.read_text() == "precious"
    path.unlink()


def test_files_are_private_and_nothing_secret_is_written_where_it_stays(session: str, tmp_path: Path) -> None:
    config = counter("web", 10) | {"environment": {"API_TOKEN": "hush-hush"}}
    with Client.connect(session, start=True) as client:
        client.call("spawn", config=config, env={**ENV, "OTHER_SECRET": "hush-hush"})
        client.call("wait", agents=["web"], timeout=20.0)
        assert "hush-hush" not in repr(client.call("show", agent="web"))
        assert "hush-hush" not in repr(list(client.stream("events")))
        assert socket_path(session).stat().st_mode & 0o777 == 0o600
        assert socket_path(session).parent.stat().st_mode & 0o777 == 0o700
        assert session_folder(session).stat().st_mode & 0o777 == 0o700
        for path in session_folder(session).rglob("*"):
            if path.is_file():
                assert path.stat().st_mode & 0o077 == 0, path
                assert b"hush-hush" not in path.read_bytes(), path


def test_a_supervisor_that_nobody_uses_does_not_wake_up(session: str) -> None:
    with Client.connect(session, start=True) as client:
        pid = client.hello["pid"]
    before = _switches(pid)
    wait_until("a second to pass", _passed(1.0))
    assert _switches(pid) - before <= 3


def _switches(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)


def _passed(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end
