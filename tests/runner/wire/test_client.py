"""The synchronous client finds, starts and asks the supervisor, and never hangs on one."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from descartes_tui.runner.model.folders import socket_path
from descartes_tui.runner.wire.client import Client, sendable
from descartes_tui.runner.wire.errors import NoSupervisor, WireError
from tests.runner.sessions import kill_supervisor, supervisor_pid
from tests.waiting import wait_until

SLEEPER = {"name": "web", "command": ["sleep", "1000"]}


def test_without_a_supervisor_the_others_are_named(session: str) -> None:
    with pytest.raises(NoSupervisor, match=r"no supervisor runs for session 'shop'$"):
        Client.connect(session)
    with (
        Client.connect("other", start=True),
        pytest.raises(NoSupervisor, match="sessions that have one: other"),
    ):
        Client.connect(session)


def test_a_supervisor_is_started_once_and_found_again(session: str) -> None:
    with Client.connect(session, start=True) as first, Client.connect(session) as second:
        assert first.hello == second.hello
        assert first.hello["session"] == session
        assert first.hello["pid"] == supervisor_pid(session)


def test_a_supervisor_of_its_own_session_outlives_who_started_it(session: str) -> None:
    code = f"from descartes_tui.runner.wire.client import Client; Client.connect({session!r}, start=True)"
    subprocess.run([sys.executable, "-c", code], check=True)
    with Client.connect(session) as client:
        assert os.getsid(client.hello["pid"]) == client.hello["pid"]
        assert Path(f"/proc/{client.hello['pid']}/cwd").resolve() == Path("/")


def test_after_a_kill_the_next_call_finds_the_agents_again(session: str) -> None:
    with Client.connect(session, start=True) as client:
        before = client.call("spawn", config=SLEEPER, env=sendable(os.environ))
    for _ in range(3):
        killed = kill_supervisor(session)
        with Client.connect(session) as client:  # at once: the old one may not be quite dead
            (after,) = client.call("list")
            assert client.hello["pid"] != killed
        assert (after["id"], after["pid"], after["status"]) == (before["id"], before["pid"], "running")
        assert after["started_at"] == before["started_at"]


def test_after_down_nothing_is_there_to_find(session: str) -> None:
    with Client.connect(session, start=True) as client:
        client.call("spawn", config=SLEEPER, env=sendable(os.environ))
        assert client.call("down") == {"stopped": ["web"], "killed": []}
    wait_until("end of the supervisor", lambda: supervisor_pid(session) is None)
    with pytest.raises(NoSupervisor):
        Client.connect(session)


def test_a_refusal_carries_its_code_and_facts(session: str) -> None:
    with Client.connect(session, start=True) as client:
        client.call("spawn", config=SLEEPER, env=sendable(os.environ))
        with pytest.raises(WireError) as caught:
            client.call("show", agent="wep")
        assert caught.value.code == "not_found"
        assert caught.value.facts == {"agent": "wep", "close": ["web"]}
        with pytest.raises(WireError, match="unknown verb 'lst'; expected one of hello, list"):
            client.call("lst")
        assert [agent["name"] for agent in client.call("list")] == ["web"]


def test_a_stream_that_is_left_early_does_not_disturb_what_follows(session: str) -> None:
    with Client.connect(session, start=True) as client:
        for _ in range(5):
            stream = client.stream("watch")
            assert next(stream)["snapshot"] == []
            stream.close()
            assert client.call("list") == []


def test_a_timeout_bounds_the_wait_and_the_connection_stays_good(session: str) -> None:
    with Client.connect(session, start=True) as client:
        client.call("spawn", config=SLEEPER, env=sendable(os.environ))
        with pytest.raises(WireError) as caught:
            client.call("wait", agents=["web"], timeout=0.05)
        assert caught.value.code == "timeout"
        assert client.call("detach_check") == {"running": 1, "agents": ["web"]}


@pytest.mark.parametrize("behaviour", ["silent", "hangs up", "talks nonsense"])
def test_a_peer_that_is_no_supervisor_cannot_hang_us(session: str, behaviour: str) -> None:
    path = socket_path(session)
    path.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        threading.Thread(target=_behave, args=(listener, behaviour), daemon=True).start()
        with pytest.raises(WireError) as caught:
            Client.connect(session, timeout=0.2)
        assert caught.value.code == ("timeout" if behaviour == "silent" else "communication")


def _behave(listener: socket.socket, behaviour: str) -> None:
    kept = []
    while True:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        if behaviour == "hangs up":
            line.close()
        elif behaviour == "talks nonsense":
            line.sendall(b"220 smtp ready\n")
        kept.append(line)


def test_an_environment_that_is_not_utf8_is_sent_without_what_cannot_be(session: str) -> None:
    env = sendable({**os.environ, "GOOD": "ü", "BAD": "\udcff"})
    assert env["GOOD"] == "ü"
    assert "BAD" not in env
    with Client.connect(session, start=True) as client, pytest.raises(WireError, match="not valid Unicode"):
        client.call("list", tags=["\udcff"])


def test_the_client_is_light() -> None:
    code = (
        "import sys; import descartes_tui.runner.wire.client;"
        "print(*sorted({'asyncio', 'msgspec', 'dataclasses', 'subprocess', 'logging', 'inspect', 'yaml', 'textual'}"
        " & sys.modules.keys()))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "\n"
    )
