"""Each verb of docs/protocol.md does what the document says, on real processes."""

import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from descartes_tui.runner.model.config import AgentConfig, Dependency, DependencyNeed, FleetConfig, StopPolicy
from descartes_tui.runner.supervisor.verbs import VERBS
from descartes_tui.runner.wire.client import Client, sendable
from descartes_tui.runner.wire.codec import config_to_json, fleet_to_json
from descartes_tui.runner.wire.errors import WireError
from tests.waiting import wait_until

ENV = sendable(os.environ)
STUBBORN = "trap '' TERM; while :; do sleep 0.05; done"


@pytest.fixture
def client(session: str) -> Iterator[Client]:
    with Client.connect(session, start=True) as client:
        yield client


def spawn(client: Client, name: str, command: object = ("sleep", "1000"), **more: Any) -> dict[str, Any]:
    config = config_to_json(AgentConfig(name, command=command, **more))  # type: ignore[arg-type]
    return client.call("spawn", config=config, env=ENV)  # type: ignore[no-any-return]


def test_the_document_names_every_verb_and_no_other() -> None:
    text = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text()
    text = text[text.index("| verb |") : text.index("*selection*")]
    table = "\n".join(line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`([a-z_]+)`", table)) == {*VERBS, "cancel"}


def test_a_fleet_is_launched_kept_and_told_apart(client: Client) -> None:
    agents = (
        AgentConfig("db", command=["sleep", "1000"]),
        AgentConfig(
            "web", command=["sleep", "1000"], depends_on=(Dependency("late", DependencyNeed.COMPLETED),)
        ),
        AgentConfig("late", command="sleep 0.1"),
        AgentConfig("manual", command=["sleep", "1000"], autostart=False),
    )
    fleet = fleet_to_json(FleetConfig("shop", agents))
    assert client.call("up", fleet=fleet, env=ENV) == {
        "started": ["db", "late"], "waiting": ["web"], "kept": [], "changed": [],
    }  # fmt: skip
    client.call("wait", agents=["web"], condition="running", timeout=20.0)
    changed = fleet_to_json(FleetConfig("shop", (AgentConfig("db", command=["sleep", "999"]), *agents[1:])))
    report = client.call("up", fleet=changed, env=ENV)
    assert report["changed"] == ["db"]
    assert report["kept"] == ["web"]
    with pytest.raises(WireError) as caught:
        client.call("up", fleet=fleet, env=ENV, agents=["wep"])
    assert caught.value.code == "not_found"


def test_agents_are_listed_by_tag_and_ended_ones_of_no_file_only_with_all(client: Client) -> None:
    spawn(client, "web", tags=("core",))
    spawn(client, "short", "exit 0")
    client.call("wait", agents=["short"], timeout=10.0)
    assert [agent["name"] for agent in client.call("list")] == ["web", "short"]
    assert [agent["name"] for agent in client.call("list", all=False)] == ["web"]
    assert [agent["name"] for agent in client.call("list", tags=["core", "x"])] == ["web"]


def test_agents_are_selected_by_name_id_prefix_glob_tag_or_all(client: Client) -> None:
    one, two = spawn(client, "web-1", tags=("core",)), spawn(client, "web-2")
    for selection, names in (
        ({"agents": ["web-1"]}, ["web-1"]),
        ({"agents": [two["id"]]}, ["web-2"]),
        ({"agents": [one["id"][:13]]}, ["web-1"]),
        ({"agents": ["web-*"]}, ["web-1", "web-2"]),
        ({"tags": ["core"]}, ["web-1"]),
        ({"all": True}, ["web-1", "web-2"]),
    ):
        results = client.call("signal", signal="CONT", **selection)
        assert [result["agent"] for result in results if result["ok"]] == names
    with pytest.raises(WireError) as caught:
        client.call("kill", agents=["web-1", "nobody"])
    assert caught.value.code == "not_found"
    assert {agent["status"] for agent in client.call("list")} == {"running"}


def test_show_tells_everything_about_one(client: Client) -> None:
    agent = spawn(client, "web", "sleep 1000 & sleep 1001; :", environment={"MY_KEY": "hush"})
    wait_until("both children", lambda: _children(client) == {"sleep 1000", "sleep 1001"})
    shown = client.call("show", agent="web")
    assert {key: shown[key] for key in ("id", "pid", "run")} == {
        key: agent[key] for key in ("id", "pid", "run")
    }
    assert shown["config"]["environment"] == {"MY_KEY": "••••••"}
    (leader,) = shown["family"]
    assert leader["pid"] == agent["pid"]
    keys = {"pid", "ppid", "name", "cmdline", "status", "cpu_seconds", "memory_bytes", "children"}
    assert all(set(child) == keys and child["memory_bytes"] > 0 for child in leader["children"])
    assert [run["run"] for run in shown["runs"]] == [1]
    assert set(shown["why"]) == {"since", "who", "cause", "next", "next_at"}
    assert shown["why"]["since"] == shown["status_since"]
    spawn(client, "web-2")
    with pytest.raises(WireError, match=r"selects several agents \(web, web-2\)") as caught:
        client.call("show", agent="we*")
    assert caught.value.code == "bad_request"


def _children(client: Client) -> set[str]:
    family = client.call("show", agent="web")["family"]
    return {child["cmdline"] for leader in family for child in leader["children"]}


def test_many_are_stopped_in_parallel_and_each_tells_how_it_went(client: Client) -> None:
    stop = StopPolicy(grace=0.5)
    for n in range(8):
        spawn(client, f"stubborn-{n}", STUBBORN, stop=stop)
    spawn(client, "ended", "exit 0")
    client.call("wait", agents=["ended"], timeout=10.0)
    begun = time.monotonic()
    results = client.call("stop", all=True, timeout=20.0)
    assert time.monotonic() - begun < 8 * 0.5
    assert [result["ok"] for result in results] == [True] * 8 + [False]
    assert {result["status"] for result in results[:8]} == {"terminated"}
    assert (results[8]["agent"], results[8]["code"]) == ("ended", "refused")


def test_a_timeout_answers_and_the_work_goes_on(client: Client) -> None:
    spawn(client, "stubborn", STUBBORN, stop=StopPolicy(grace=0.6))
    (result,) = client.call("stop", agents=["stubborn"], timeout=0.1)
    assert (result["ok"], result["code"]) == (False, "timeout")
    (agent,) = client.call("wait", agents=["stubborn"], timeout=10.0)
    assert agent["status"] == "terminated"


def test_without_wait_the_answer_comes_at_once(client: Client) -> None:
    spawn(client, "stubborn", STUBBORN, stop=StopPolicy(grace=0.6))
    (result,) = client.call("stop", agents=["stubborn"], wait=False)
    assert result["ok"]
    assert result["note"] == "goes on in the background"
    client.call("wait", agents=["stubborn"], timeout=10.0)
    (result,) = client.call("kill", agents=["stubborn"], wait=False)
    assert (result["ok"], result["code"]) == (False, "refused")


def test_pause_resume_restart_and_remove(client: Client) -> None:
    agent = spawn(client, "web")
    assert client.call("pause", agents=["web"])[0]["status"] == "paused"
    assert Path(f"/proc/{agent['pid']}/stat").read_text().split()[2] == "T"
    assert client.call("resume", agents=["web"])[0]["status"] == "running"
    assert client.call("restart", agents=["web"], timeout=20.0)[0]["status"] == "running"
    (again,) = client.call("list")
    assert (again["id"], again["run"]) == (agent["id"], 2)
    (result,) = client.call("rm", agents=["web"])
    assert (result["ok"], result["code"]) == (False, "refused")
    client.call("kill", agents=["web"])
    assert client.call("rm", agents=["web"]) == [
        {"agent": "web", "id": agent["id"], "ok": True, "status": None, "note": ""}
    ]
    assert client.call("list") == []
    assert "kill" in {event.get("verb") for event in client.stream("events", agent=agent["id"])}


def test_waiting_ends_when_all_fulfil_it_when_time_is_over_or_when_one_never_can(client: Client) -> None:
    spawn(client, "one", "sleep 0.2; exit 3")
    spawn(client, "two", "echo ready; sleep 1000")
    client.call("wait", agents=["two"], condition="log:^ready", timeout=10.0)
    assert client.call("wait", agents=["one"], timeout=10.0)[0]["exit_code"] == 3
    with pytest.raises(WireError, match=r"did not happen within 0\.1 s") as caught:
        client.call("wait", all=True, timeout=0.1)
    assert caught.value.code == "timeout"
    with pytest.raises(WireError, match="never") as caught:
        client.call("wait", agents=["one"], condition="healthy", timeout=10.0)
    assert caught.value.code == "failed"
    with pytest.raises(WireError, match="unknown condition"):
        client.call("wait", agents=["one"], condition="happy")


def test_a_name_in_use_is_refused_and_that_of_an_ended_agent_taken_over(client: Client) -> None:
    first = spawn(client, "web")
    with pytest.raises(WireError) as caught:
        spawn(client, "web")
    assert caught.value.code == "refused"
    client.call("kill", agents=["web"])
    second = spawn(client, "web")
    assert (second["id"], second["run"]) == (first["id"], 2)


def test_what_cannot_be_started_says_why(client: Client) -> None:
    with pytest.raises(WireError) as caught:
        spawn(client, "web", ("/nowhere/at/all",))
    assert caught.value.code == "spawn_failed"
    assert caught.value.facts["agent"] == "web"


def test_down_answers_after_all_is_over_even_when_many_listen(client: Client, session: str) -> None:
    spawn(client, "web")
    spawn(client, "stubborn", STUBBORN)
    others = [Client.connect(session) for _ in range(3)]
    streams = [other.stream("watch") for other in others]
    for stream in streams:
        next(stream)
    ends: list[str] = []
    threads = [threading.Thread(target=_note_the_end, args=(stream, ends)) for stream in streams]
    for thread in threads:
        thread.start()
    report = client.call("down", timeout=0.3)
    assert sorted(report["stopped"]) == ["stubborn", "web"]
    assert report["killed"] == ["stubborn"]
    for thread in threads:
        thread.join(10.0)
    assert ends == ["ended"] * 3  # told that the stream is over, not cut off
    for other in others:
        other.close()


def _note_the_end(stream: Iterator[dict[str, Any]], ends: list[str]) -> None:
    for _ in stream:
        pass
    ends.append("ended")
