"""Whatever comes in through the socket, from however many at once: each is answered, and the fleet stays whole."""

import base64
import json
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from descartes_tui.runner.wire.address import dial
from descartes_tui.runner.wire.client import Client
from descartes_tui.runner.wire.errors import WireError
from tests.faults.shop import Shop, gone
from tests.torture.looking import open_files

REFUSALS = {"refused", "not_found", "timeout"}


def test_verbs_that_do_not_fit_the_state_are_answered_and_change_nothing(shop: Shop) -> None:
    agent = shop.spawn("web", "sleep", "1000")
    (again,) = shop.call("start", agents=["web"])
    (removed,) = shop.call("rm", agents=["web"])
    assert not removed["ok"] and removed["code"] == "refused"
    assert again["ok"] or again["code"] == "refused"
    assert shop.agent("web")["pid"] == agent["pid"]
    shop.call("stop", agents=["web"], timeout=20.0)
    (stopped,) = shop.call("stop", agents=["web"], timeout=20.0)
    assert stopped["ok"] or stopped["code"] == "refused"
    assert shop.agent("web")["status"] == "terminated"


def test_twenty_clients_at_random_are_all_answered_and_the_end_is_consistent(shop: Shop) -> None:
    for n in range(4):
        shop.nasty(f"a{n}", "tools", stop={"grace": 0.1})
    wrong: list[str] = []

    def client(seed: int) -> None:
        chance = random.Random(seed)
        with Client.connect(shop.session, timeout=15.0) as line:
            for _ in range(15):
                verb = chance.choice(["stop", "start", "restart", "kill", "pause", "resume", "list", "rm"])
                args: dict[str, Any] = (
                    {} if verb == "list" else {"agents": [f"a{chance.randrange(4)}"], "timeout": 20.0}
                )
                try:
                    line.call(verb, **args)
                except WireError as error:
                    if error.code not in REFUSALS:
                        wrong.append(f"{verb}: {error.code} {error}")

    clients = [threading.Thread(target=client, args=(seed,)) for seed in range(20)]
    for one in clients:
        one.start()
    for one in clients:
        one.join(90)
    assert not wrong and not any(one.is_alive() for one in clients)
    for agent in shop.call("list"):
        assert (agent["status"] in ("running", "paused")) == (
            agent["pid"] is not None and not gone(agent["pid"])
        )


def test_a_stop_of_all_during_a_start_of_all_ends_stopped(shop: Shop) -> None:
    agents = [{"name": f"a{n}", "command": ["sleep", "1000"], "autostart": False} for n in range(12)]
    shop.call("up", fleet={"session": shop.session, "agents": agents}, env=shop.env)
    for _ in range(3):
        with Client.connect(shop.session) as starter:
            starter._send("start", {"all": True})
            shop.call("stop", all=True, timeout=20.0)
            shop.call("stop", all=True, timeout=20.0)
            starter.call("list")
        shop.wait("rest", lambda: all(a["status"] not in ("starting", "stopping") for a in shop.call("list")))
        assert all(agent["status"] in ("terminated", "idle") for agent in shop.call("list"))
        assert all(agent["pid"] is None for agent in shop.call("list"))


NAMES = (
    "../x",
    "..",
    ".",
    "",
    "a/b",
    "a\0b",
    "a\nb",
    "-rf",
    ".hidden",
    "x" * 64,
    "ä",
    "\x1b[31m",
    "$(id)",
    "*",
)


def test_a_name_that_could_lead_elsewhere_is_refused(shop: Shop) -> None:
    for name in NAMES:
        with pytest.raises(WireError) as caught:
            shop.call("spawn", config={"name": name, "command": ["true"]}, env=shop.env)
        assert caught.value.code == "invalid_config", name
        assert not any(ord(char) < 32 for char in str(caught.value))
        with pytest.raises(WireError) as caught:
            shop.call("show", agent=name)
        assert caught.value.code in ("not_found", "bad_request", "invalid_config")
    assert shop.call("list") == []


def test_an_agent_is_not_told_where_the_socket_is(shop: Shop) -> None:
    agent = shop.shell("web", "env; ls -l /proc/self/fd; sleep 1000")
    shop.wrote(agent, "fd")
    text = Path(agent["log_path"]).read_text()
    assert ".sock" not in text
    names = {line.split("=")[0] for line in text.splitlines() if line.startswith("DESCARTES")}
    assert names <= {"DESCARTES_RUN_ID", "DESCARTES_AGENT", "DESCARTES_SESSION", "DESCARTES_REPLICA"}


def test_secrets_are_in_no_answer_event_file_or_command_line(shop: Shop) -> None:
    secret = "hush-3141592"
    env = {"API_KEY": secret, "DB_PASSWORD": secret, "MY_TOKEN": secret, "A_SECRET": secret}
    shop.spawn("web", "sleep", "1000", environment=env)
    assert secret not in json.dumps(shop.call("show", agent="web"))
    assert secret not in json.dumps(shop.call("list"))
    with Client.connect(shop.session) as client:
        assert secret not in json.dumps(list(client.stream("events")))
    for path in shop.state.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path
    for path in Path("/proc").glob("[1-9]*/cmdline"):
        try:
            assert secret.encode() not in path.read_bytes(), path
        except OSError:
            continue


def test_input_is_passed_on_byte_for_byte(shop: Shop) -> None:
    data = b"\x1b[2J\x1b]52;c;aGk=\x07\n\0\xff'; rm -rf / #\n"
    agent = shop.spawn("web", "cat", stdin="pipe")
    shop.call("send", agent="web", data=base64.b64encode(data).decode(), eof=True)
    shop.ended("web")
    assert Path(agent["log_path"]).read_bytes() == data


def test_clients_that_are_killed_in_a_request_leave_nothing(shop: Shop) -> None:
    shop.spawn("web", "sleep", "1000")
    pid = shop.supervisor
    shop.call("list")
    before = len(open_files(pid))
    script = """
import sys, time
from descartes_tui.runner.wire.client import Client
client = Client.connect(sys.argv[1])
client._send("watch", {})
client._send("wait", {"agents": ["web"]})
print(1, flush=True)
time.sleep(60)"""
    for _ in range(5):
        client = subprocess.Popen([sys.executable, "-c", script, shop.session], stdout=subprocess.PIPE)
        assert client.stdout is not None and client.stdout.readline()
        client.send_signal(signal.SIGKILL)
        client.communicate()
    shop.wait("closed connections", lambda: len(open_files(pid)) <= before)
    assert shop.agent("web")["status"] == "running"


def test_a_rush_of_connections_is_survived(shop: Shop) -> None:
    shop.spawn("web", "sleep", "1000")
    pid = shop.supervisor
    shop.call("list")
    before = len(open_files(pid))
    for _ in range(500):
        with suppress(WireError):  # its queue is full: exactly what a queue is for
            line = dial(shop.session, 5.0)
            assert line is not None
            line.close()
    shop.wait("an answer", lambda: _is_running(shop))
    shop.wait("closed connections", lambda: len(open_files(pid)) <= before + 1)


def test_without_descriptors_a_start_is_refused_in_words_and_all_recovers(shop: Shop) -> None:
    agent = shop.spawn("web", "sleep", "1000")
    pid = shop.supervisor
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Client.connect(shop.session) as client:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (len(open_files(pid)), hard))
        try:
            with pytest.raises(WireError, match="open files"):
                client.call("spawn", config={"name": "more", "command": ["sleep", "1000"]}, env=shop.env)
            used = _ticks(pid)
            time.sleep(0.5)  # no busy loop meanwhile
            assert _ticks(pid) - used < 25
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    shop.spawn("later", "sleep", "1000")
    assert shop.agent("web")["pid"] == agent["pid"]


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _is_running(shop: Shop) -> bool:
    with suppress(WireError):
        return bool(shop.agent("web")["status"] == "running")
    return False
