"""Values survive the wire, and nonsense from the wire is answered with the key that is wrong."""

from typing import Any

import pytest

from descartes_tui.runner.model.config import (
    AgentConfig,
    AgentLimits,
    Dependency,
    DependencyNeed,
    FleetConfig,
    HealthCheck,
    OnLimit,
    RestartPolicy,
    RestartWhen,
    StdinMode,
    StopPolicy,
)
from descartes_tui.runner.model.errors import (
    AgentError,
    CommunicationError,
    ExecutionError,
    InvalidConfig,
    NotFound,
    SpawnFailed,
    Timeout,
    TooManyAgents,
)
from descartes_tui.runner.model.event import Event
from descartes_tui.runner.model.info import AgentInfo, Tokens, Usage
from descartes_tui.runner.model.status import AgentStatus, Health, IllegalStep, Verdict
from descartes_tui.runner.wire.codec import (
    BadRequest,
    agent_from_json,
    agent_to_json,
    config_from_json,
    config_to_json,
    decode_object,
    encode,
    error_from_json,
    error_to_json,
    event_from_json,
    event_to_json,
    fleet_from_json,
    fleet_to_json,
    shown_config,
)
from descartes_tui.runner.wire.times import format_time, parse_time

FULL_AGENT = AgentInfo(
    "id-1", "web", AgentStatus.BACKOFF, "restart 2 of 5", "claude", ("core", "x"), 12, 3, 2, 1000.25, 1001.5,
    None, 9, Verdict.CUT_OFF, Health.UNHEALTHY, "working", Usage(12.5, 1 << 30, 4), Tokens(10, None), 0.25,
    "abc", "/log", 1002.0, 1003.0, True, True, 999.0, 77, "claude -p", False,
)  # fmt: skip
FULL_CONFIG = AgentConfig(
    "web", command=["python", "x.py"], task="t", environment={"API_KEY": "hush", "A": "ü"},
    stdin=StdinMode.PIPE, tags=("core",), depends_on=(Dependency("db", DependencyNeed.LOG, "ready", 5.0),),
    restart=RestartPolicy(RestartWhen.ON_FAILURE, 3), success_exit_codes=(0, 3),
    health=HealthCheck(exec=("true",)), stop=StopPolicy(stdin="exit\n"), secret=("A",),
    limits=AgentLimits(1 << 30, 60.0, 9, OnLimit.STOP),
)  # fmt: skip


def over_the_wire(value: dict[str, Any]) -> dict[str, Any]:
    return decode_object(encode(value))


def test_an_agent_comes_back_as_it_was() -> None:
    assert agent_from_json(over_the_wire(agent_to_json(FULL_AGENT))) == FULL_AGENT
    bare = AgentInfo("id", "n", AgentStatus.IDLE)
    assert agent_from_json(over_the_wire(agent_to_json(bare))) == bare


def test_an_agent_reads_as_the_protocol_says() -> None:
    json = agent_to_json(FULL_AGENT)
    assert list(json)[:23] == [
        "id",
        "name",
        "status",
        "reason",
        "backend",
        "tags",
        "pid",
        "run",
        "restarts",
        "started_at",
        "ended_at",
        "exit_code",
        "exit_signal",
        "verdict",
        "health",
        "activity",
        "usage",
        "tokens",
        "cost_usd",
        "session_id",
        "log_path",
        "status_since",
        "next_at",
    ]
    assert json["status"] == "backoff"
    assert json["verdict"] == "cut_off"
    assert json["started_at"] == "1970-01-01T00:16:40.250000Z"
    assert json["usage"] == {"cpu_percent": 12.5, "memory_bytes": 1 << 30, "processes": 4}
    assert json["tokens"] == {"input": 10, "output": None}


def test_configurations_come_back_as_they_were() -> None:
    assert config_from_json(over_the_wire(config_to_json(FULL_CONFIG))) == FULL_CONFIG
    fleet = FleetConfig("shop", (FULL_CONFIG, AgentConfig("b", command="echo")), "/f.yaml", 4, 0.2, ("w",))
    assert fleet_from_json(over_the_wire(fleet_to_json(fleet))) == fleet


def test_defaults_do_not_travel_so_that_large_fleets_fit_into_a_line() -> None:
    assert config_to_json(AgentConfig("a", command=["x"])) == {"name": "a", "command": ["x"]}
    many = FleetConfig("s", tuple(AgentConfig(f"agent-{n}", command=["sleep", "1"]) for n in range(5000)))
    assert len(encode(fleet_to_json(many))) < 1 << 19


def test_what_is_shown_of_a_configuration_hides_its_secrets() -> None:
    shown = encode(shown_config(FULL_CONFIG)).decode()
    assert "hush" not in shown
    assert "ü" not in shown
    assert "API_KEY" in shown


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ([], "config"),
        ({}, "config"),
        ({"name": "../x"}, "config.name"),
        ({"name": "a", "nam": 1}, "config.nam"),
        ({"name": "a", "restart": {"max": "many"}}, "config.restart.max"),
        ({"name": "a", "restart": {"when": "often"}}, "config.restart.when"),
        ({"name": "a", "stop": {"gracee": 1}}, "config.stop.gracee"),
        ({"name": "a", "depends_on": [{"agnet": "b"}]}, "config.depends_on.agnet"),
        ({"name": "a", "tags": ["x", 5]}, "config.tags[1]"),
        ({"name": "a", "environment": {"A": 5}}, "config.environment[...]"),
        ({"name": "a", "environment": {"A=B": "x"}}, "config.A=B"),
        ({"name": "a", "health": []}, "config.health"),
        ({"name": "a", "limits": {"memry": 1}}, "config.limits.memry"),
        ({"name": "a", "limits": {"on_limit": "kill"}}, "config.limits.on_limit"),
    ],
)
def test_a_wrong_configuration_names_its_key(data: object, key: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        config_from_json(data)
    assert caught.value.key == key
    assert str(caught.value).startswith(f"{key}: ")


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (5, "fleet"),
        ({"session": "s"}, "fleet.agents"),
        ({"session": "s", "agents": [{"name": "a"}, {"name": "b", "tty": 5}]}, "fleet.agents[1].tty"),
        ({"session": "s", "agents": [{"name": "a"}, {"name": "a"}]}, "fleet.agents"),
        ({"session": 5, "agents": []}, "fleet.session"),
        ({"session": "s", "agents": [], "max_concurent": 1}, "fleet.max_concurent"),
    ],
)  # fmt: skip
def test_a_wrong_fleet_names_its_key(data: object, key: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        fleet_from_json(data)
    assert caught.value.key == key


@pytest.mark.parametrize(
    "line",
    [
        b"", b"null", b"5", b'"x"', b"[]", b"{", b'{"a":1}x', b"\xff", b"\xef\xbb\xbf{}", b'{"a":NaN}',
        b'{"a":1e999}', b'{"a":Infinity}', b'{"a":"\\ud800"}', b'{"a":"\xed\xa0\x80"}', b"[" * 100_000,
        b'{"a":' * 100_000, b'{"a":' + b"9" * 5_000 + b"}", b"{'a':1}", b"\x00" * 50,
    ],
)  # fmt: skip
def test_what_is_no_json_object_is_a_bad_request(line: bytes) -> None:
    with pytest.raises(BadRequest):
        decode_object(line)


@pytest.mark.parametrize("data", [None, [], {"id": 5}, {**agent_to_json(FULL_AGENT), "started_at": "soon"}])
def test_a_wrong_agent_is_a_bad_request(data: object) -> None:
    with pytest.raises(BadRequest):
        agent_from_json(data)


def test_what_cannot_be_json_is_written_as_what_comes_nearest() -> None:
    assert decode_object(encode({"a": "x\ud800y", "b": float("nan"), "c": (Verdict.DONE,)})) == {
        "a": "x\ufffdy",
        "b": None,
        "c": ["done"],
    }


def test_an_event_is_flat_and_its_own_keys_win() -> None:
    event = Event(7, 1000.5, "web", "id", 2, "status", {"old": AgentStatus.IDLE, "seq": 99, "pids": (1, 2)})
    json = over_the_wire(event_to_json(event))
    assert json == {
        "old": "idle", "seq": 7, "pids": [1, 2], "at": "1970-01-01T00:16:40.500000Z", "agent": "web",
        "agent_id": "id", "run": 2, "kind": "status",
    }  # fmt: skip
    assert event_from_json(json) == Event(
        7, 1000.5, "web", "id", 2, "status", {"old": "idle", "pids": [1, 2]}
    )
    with pytest.raises(BadRequest):
        event_from_json({"seq": 1})


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadRequest("no"), "bad_request"),
        (InvalidConfig("no", key="a.b"), "invalid_config"),
        (SpawnFailed("web", "not found"), "spawn_failed"),
        (TooManyAgents("web", 3), "spawn_failed"),
        (ExecutionError("web", "is idle"), "refused"),
        (CommunicationError("closed"), "communication"),
        (NotFound("wep", ("web",)), "not_found"),
        (Timeout("stop", 2.5), "timeout"),
        (AgentError("x"), "failed"),
    ],
)
def test_an_error_comes_back_as_its_class_with_its_facts(error: AgentError, code: str) -> None:
    json = over_the_wire(error_to_json(error))
    back = error_from_json(json)
    assert json["code"] == code
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert vars(back) == vars(error)


def test_an_illegal_step_is_a_refusal_and_an_unknown_error_a_failure() -> None:
    assert error_to_json(IllegalStep(AgentStatus.IDLE, AgentStatus.PAUSED))["code"] == "refused"
    assert error_to_json(KeyError("x"))["code"] == "failed"
    for nonsense in (None, 5, {}, {"code": 5}, {"code": "new_code", "message": "m"}):
        assert type(error_from_json(nonsense)) is AgentError


def test_times_carry_their_zone() -> None:
    assert format_time(None) is None
    assert format_time(1e300) is None
    assert format_time(0.0) == "1970-01-01T00:00:00.000000Z"
    assert parse_time("1970-01-01T01:00:00+01:00") == 0.0
    for wrong in ("1970-01-01T00:00:00", "yesterday", ""):
        with pytest.raises(ValueError, match="is no time with a zone"):
            parse_time(wrong)
