"""The door lets in its own user only, a bounded number, nobody who dawdles, and stays open."""

import asyncio
import json
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from descartes_tui.runner.backends.registry import backends
from descartes_tui.runner.fleet.fleet import Fleet
from descartes_tui.runner.model.folders import session_folder
from descartes_tui.runner.process.launcher import KeeperLauncher
from descartes_tui.runner.store.sqlite import SqliteStore
from descartes_tui.runner.supervisor import connection, server
from descartes_tui.runner.supervisor.desk import Desk
from descartes_tui.runner.supervisor.feed import Feed
from descartes_tui.runner.supervisor.server import Server, listen
from tests.waiting import wait_for


@pytest.fixture
async def door(session: str, tmp_path: Path) -> AsyncIterator[Path]:
    """A real server in this process, where its limits can be changed; its socket."""
    fleet = Fleet(session_folder(session), session=session, launcher=KeeperLauncher(), backends=backends())
    await fleet.open()
    store = SqliteStore(session_folder(session) / "events.db")
    path = tmp_path / "door" / "s.sock"
    serving = Server(Desk(fleet, Feed(fleet, store, session), session), listen(path))
    task = asyncio.create_task(serving.serve())
    yield path
    task.cancel()
    await serving.close()
    await fleet.close()
    store.close()


async def ask(path: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Ask once, over a connection of its own; {} when it is closed without an answer."""
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        writer.write(json.dumps(request).encode() + b"\n")
        line = await reader.readline()
        return json.loads(line) if line else {}
    except ConnectionError:
        return {}
    finally:
        writer.close()


LIST = {"id": 1, "verb": "list"}


async def test_the_socket_is_private_however_long_its_path(tmp_path: Path) -> None:
    path = tmp_path.joinpath(*["d" * 100] * 3) / "s.sock"
    with listen(path):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
async def test_another_user_is_refused_even_where_file_modes_let_him_in(
    door: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for folder in [door, *list(door.parents)[:-1]]:
        folder.chmod(0o777)
    child = os.fork()
    if child == 0:
        os._exit(_knock_as_another(door))
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            break
        await asyncio.sleep(0.01)
    assert os.waitstatus_to_exitcode(status) == 42
    await wait_for("the log to tell", lambda: "refused a connection of user 65534" in caplog.text)
    assert await ask(door, LIST) == {"id": 1, "ok": []}


def _knock_as_another(door: Path) -> int:
    """Return 42 when the connection was closed without an answer."""
    os.setuid(65534)
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(5.0)
        line.connect(str(door))
        with suppress(BrokenPipeError):
            line.sendall(b'{"id":1,"verb":"list"}\n')
        try:
            return 42 if line.recv(1000) == b"" else 1
        except ConnectionResetError:
            return 42


@pytest.mark.parametrize("sent", [b"", b'{"id":1,'])
async def test_who_dawdles_with_a_line_is_turned_out(
    door: Path, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HURRY", 0.2)
    reader, writer = await asyncio.open_unix_connection(door)
    writer.write(sent)
    answer = json.loads(await reader.readline())
    assert "no complete request line within 0.2 s" in answer["error"]["message"]
    assert await reader.read() == b""
    writer.close()


async def test_who_sends_byte_by_byte_is_turned_out_too(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HURRY", 0.2)
    reader, writer = await asyncio.open_unix_connection(door)
    answer = asyncio.create_task(reader.readline())
    while not answer.done():
        writer.write(b" ")
        await asyncio.sleep(0.02)
    assert b"no complete request line" in await answer
    writer.close()


async def test_who_asked_once_may_stay_silent(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HURRY", 0.1)
    reader, writer = await asyncio.open_unix_connection(door)
    for _ in range(3):
        writer.write(b'{"id":1,"verb":"list"}\n')
        assert json.loads(await reader.readline()) == {"id": 1, "ok": []}
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.15)
    writer.close()


async def test_too_many_connections_are_refused_until_some_end(
    door: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "CONNECTIONS", 3)
    lines = [await asyncio.open_unix_connection(door) for _ in range(3)]
    for reader, writer in lines:
        writer.write(b'{"id":1,"verb":"list"}\n')
        await reader.readline()
    refused = await ask(door, LIST)
    assert refused["error"]["code"] == "refused"
    assert "3 clients are connected already" in refused["error"]["message"]
    for _, writer in lines:
        writer.close()
    async with asyncio.timeout(5):
        while await ask(door, LIST) != {"id": 1, "ok": []}:
            await asyncio.sleep(0.01)


async def test_a_fault_of_ours_is_logged_and_answered_and_the_door_stays_open(
    door: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by design")

    monkeypatch.setattr(Fleet, "snapshot", broken)
    answer = await ask(door, LIST)
    assert answer["error"]["code"] == "failed"
    assert "supervisor.log has it" in answer["error"]["message"]
    assert "by design" in caplog.text
    assert (await ask(door, {"id": 1, "verb": "hello"}))["ok"]["protocol"] == 1


async def test_a_system_without_descriptors_is_waited_for_not_hammered(
    door: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "PAUSE", 0.1)
    tries = 0
    accept = asyncio.get_running_loop().sock_accept

    async def refuse(listener: socket.socket) -> Any:
        nonlocal tries
        tries += 1
        if tries <= 3:
            raise OSError(24, "Too many open files")
        return await accept(listener)

    await ask(door, LIST)
    monkeypatch.setattr(asyncio.get_running_loop(), "sock_accept", refuse)
    with caplog.at_level(logging.WARNING):
        await ask(door, LIST)  # taken by the accept that was waiting already
        assert await ask(door, LIST) == {"id": 1, "ok": []}
    assert caplog.text.count("cannot accept connections") == 1
    assert tries <= 6
