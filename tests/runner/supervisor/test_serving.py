"""The supervisor answers every request, however wrong, slow or large, and others never notice."""

import base64
import json
import os
import random
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from descartes_tui.runner.wire.address import dial
from descartes_tui.runner.wire.client import Client, sendable
from descartes_tui.runner.wire.errors import WireError
from tests.waiting import wait_until

ENV = sendable(os.environ)


@pytest.fixture
def client(session: str) -> Iterator[Client]:
    with Client.connect(session, start=True) as client:
        yield client


class Raw:
    """A connection that sends what it likes."""

    def __init__(self, session: str) -> None:
        line = dial(session, 5.0)
        assert line is not None
        self.line: socket.socket = line
        self._file = line.makefile("rb")

    def send(self, data: bytes) -> None:
        self.line.sendall(data)

    def ask(self, request: object) -> dict[str, Any]:
        self.send(json.dumps(request).encode() + b"\n")
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Return the next answer, {} at the end of the connection."""
        try:
            line = self._file.readline()
        except ConnectionResetError:
            return {}
        return json.loads(line) if line else {}


@pytest.mark.parametrize(
    "line",
    [
        b"GET / HTTP/1.1\r\n", b"[]\n", b"null\n", b"\n", b"\xff\xfe\n", b"[" * 100_000 + b"\n", b'{"id":\n',
        b'{"id":' * 50_000 + b"\n", b'{"id":1,"verb":"list","args":{"tags":["\\ud800"]}}\n',
        b'{"id":' + b"1" * 5_000 + b"}\n", b'{"id":NaN}\n', b"\xef\xbb\xbf{}\n",
    ],
)  # fmt: skip
def test_a_line_that_is_no_object_is_answered_and_the_connection_closed(
    session: str, client: Client, line: bytes
) -> None:
    raw = Raw(session)
    raw.send(line)
    answer = raw.answer()
    assert answer["id"] is None
    assert answer["error"]["code"] == "bad_request"
    assert raw.answer() == {}
    assert client.call("list") == []


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({}, "id: expected"),
        ({"id": None, "verb": "list"}, "id: expected"),
        ({"id": True, "verb": "list"}, "id: expected"),
        ({"id": [1], "verb": "list"}, "id: expected"),
        ({"id": 1}, "verb: expected a text"),
        ({"id": 1, "verb": ["list"]}, "verb: expected a text"),
        ({"id": 1, "verb": "lst"}, "unknown verb 'lst'; expected one of hello, list, show"),
        ({"id": 1, "verb": "__init__"}, "unknown verb"),
        ({"id": 1, "verb": "list", "args": []}, "args: expected `object`, got `array`"),
        ({"id": 1, "verb": "list", "args": {"al": True}}, "unknown field `al` (it takes all, tags)"),
        ({"id": 1, "verb": "list", "args": {"tags": "core"}}, "args.tags: expected `array`, got `str`"),
        ({"id": 1, "verb": "show", "args": {}}, "missing required field `agent`"),
        ({"id": 1, "verb": "stop", "args": {}}, "no agent was chosen: give agents, tags, or all"),
        ({"id": 1, "verb": "stop", "args": {"all": True, "grace": -1}}, "args.grace"),
        ({"id": 1, "verb": "stop", "args": {"all": True, "timeout": "5"}}, "args.timeout"),
        ({"id": 1, "verb": "signal", "args": {"agents": ["web"], "signal": "NOPE"}}, "unknown signal 'NOPE'"),
        ({"id": 1, "verb": "send", "args": {"agent": "web", "data": "%%%"}}, "args.data"),
        ({"id": 1, "verb": "resize", "args": {"agent": "web", "rows": 0, "columns": 5}}, "args.rows"),
        ({"id": 1, "verb": "events", "args": {"since_time": "yesterday"}}, "is no time with a zone"),
        ({"id": 1, "verb": "events", "args": {"since": -1}}, "args.since"),
        ({"id": 1, "verb": "cancel", "args": {}}, "missing required field `id`"),
    ],
)
def test_a_wrong_request_is_told_what_was_expected_and_the_connection_goes_on(
    session: str, client: Client, request_: object, said: str
) -> None:
    client.call("spawn", config={"name": "web", "command": ["sleep", "1000"]}, env=ENV)
    raw = Raw(session)
    error = raw.ask(request_)["error"]
    assert error["code"] == "bad_request"
    assert said in error["message"]
    assert len(raw.ask({"id": 2, "verb": "list"})["ok"]) == 1


@pytest.mark.parametrize(
    ("verb", "args", "key"),
    [
        ("spawn", {"config": {"name": "../x"}}, "config.name"),
        ("spawn", {"config": {"name": "web", "restart": {"max": "5"}}}, "config.restart.max"),
        ("up", {"fleet": {"session": "s", "agents": [{"name": "a", "tagz": []}]}}, "fleet.agents[0].tagz"),
    ],
)
def test_a_wrong_configuration_names_its_key_and_starts_nothing(
    client: Client, verb: str, args: dict[str, Any], key: str
) -> None:
    with pytest.raises(WireError) as caught:
        client.call(verb, **args)
    assert caught.value.code == "invalid_config"
    assert caught.value.facts["key"] == key
    assert client.call("list") == []


def test_a_line_of_more_than_a_mebibyte_ends_its_connection_only(session: str, client: Client) -> None:
    raw = Raw(session)
    raw.line.settimeout(5.0)
    try:
        for _ in range(40):
            raw.send(b"x" * 100_000)
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert raw.answer().get("error", {"code": "bad_request"})["code"] == "bad_request"
    assert client.call("list") == []


def test_requests_in_pieces_and_many_at_once_are_all_answered(session: str, client: Client) -> None:
    raw = Raw(session)
    rng = random.Random(3)
    lines = b"".join(json.dumps({"id": n, "verb": "list"}).encode() + b"\n" for n in range(60))
    while lines:
        size = rng.randint(1, 50)
        raw.send(lines[:size])
        lines = lines[size:]
    assert sorted(raw.answer()["id"] for _ in range(60)) == list(range(60))


def test_an_id_that_is_under_way_is_refused_and_too_many_requests_too(session: str, client: Client) -> None:
    raw = Raw(session)
    assert "snapshot" in raw.ask({"id": "w", "verb": "watch"})["event"]
    assert "still under way" in raw.ask({"id": "w", "verb": "list"})["error"]["message"]
    for n in range(63):
        assert "snapshot" in raw.ask({"id": n, "verb": "watch"})["event"]
    assert "more than 64 requests" in raw.ask({"id": 99, "verb": "list"})["error"]["message"]


def test_a_stream_ends_early_on_request(session: str, client: Client) -> None:
    raw = Raw(session)
    assert "snapshot" in raw.ask({"id": 2, "verb": "watch"})["event"]
    answers = [raw.ask({"id": 3, "verb": "cancel", "args": {"id": 2}}), raw.answer()]
    assert sorted(answers, key=lambda answer: int(answer["id"])) == [
        {"id": 2, "ok": None},
        {"id": 3, "ok": None},
    ]
    assert raw.ask({"id": 2, "verb": "list"}) == {"id": 2, "ok": []}


def test_half_a_connection_still_gets_its_answer(session: str, client: Client) -> None:
    raw = Raw(session)
    raw.send(b'{"id":1,"verb":"list"}\n')
    raw.line.shutdown(socket.SHUT_WR)
    assert raw.answer() == {"id": 1, "ok": []}
    assert raw.answer() == {}


def test_what_a_client_asked_for_is_done_though_it_left(session: str, client: Client) -> None:
    client.call("spawn", config={"name": "web", "command": ["sleep", "1000"]}, env=ENV)
    raw = Raw(session)
    raw.send(b'{"id":1,"verb":"kill","args":{"agents":["web"]}}\n')
    raw.line.close()
    raw._file.close()
    wait_until("the kill", lambda: client.call("list")[0]["status"] == "terminated")


def test_another_protocol_is_refused_with_the_remedy(client: Client) -> None:
    with pytest.raises(
        WireError, match="speaks protocol 1, not 2; use the descartes-tui that started it"
    ) as caught:
        client.call("hello", protocol=2)
    assert caught.value.code == "refused"


def test_random_frames_change_nothing(session: str, client: Client) -> None:
    client.call("spawn", config={"name": "web", "command": ["sleep", "1000"]}, env=ENV)
    before = client.call("list")[0]
    rng = random.Random(11)
    verbs = ["list", "show", "stop", "kill", "spawn", "send", "watch", "cancel", "down", "", "x" * 5000]
    values: list[Any] = [
        None,
        5,
        -1,
        1e300,
        "x",
        "web\0",
        "../..",
        [],
        [None],
        {},
        {"a": []},
        True,
        "*" * 300,
    ]
    for _ in range(300):
        raw = Raw(session)
        for _ in range(10):
            keys = rng.sample(["agent", "agents", "al", "tag", "config", "id", "data", "rows", "fleet"], 3)
            args = {key: rng.choice(values) for key in keys} | {"unknown key": 1}
            request = {"id": rng.choice([1, "a", None, 2**80]), "verb": rng.choice(verbs), "args": args}
            line = bytearray(json.dumps(request).encode() + b"\n")
            for _ in range(rng.choice([0, 0, 1, 5])):
                line[rng.randrange(len(line))] = rng.randrange(256)
            try:
                raw.send(bytes(line))
            except (BrokenPipeError, ConnectionResetError):
                break
        raw.line.close()
        raw._file.close()
    (after,) = client.call("list")
    assert (after["id"], after["pid"], after["status"]) == (before["id"], before["pid"], "running")


def test_input_travels_as_base64_and_says_how_much(client: Client) -> None:
    config = {"name": "cat", "command": ["cat"], "stdin": "pipe"}
    agent = client.call("spawn", config=config, env=ENV)
    data = base64.b64encode(b"\x00\xff\n").decode()
    assert client.call("send", agent="cat", data=data, eof=True) == {"bytes": 3}
    client.call("wait", agents=["cat"], timeout=10.0)
    assert Path(agent["log_path"]).read_bytes() == b"\x00\xff\n"
