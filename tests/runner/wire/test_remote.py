"""The library's protocol over a real supervisor behaves as the library promises."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from descartes_tui.runner.model.config import AgentConfig, StdinMode
from descartes_tui.runner.model.errors import CommunicationError, ExecutionError, NotFound, SpawnFailed
from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.runner import AgentRunner, Output, StatusChanged
from descartes_tui.runner.model.signals import AgentSignal
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.runner.wire.remote import RemoteRunner
from tests.runner.sessions import kill_supervisor
from tests.waiting import wait_for


@pytest.fixture
async def runner(session: str) -> AsyncIterator[RemoteRunner]:
    async with await RemoteRunner.connect(session) as runner:
        yield runner


def shell(name: str, script: str, **more: object) -> AgentConfig:
    return AgentConfig(name, command=script, **more)  # type: ignore[arg-type]


async def test_it_is_an_agent_runner_like_any_other(runner: AgentRunner) -> None:
    assert await runner.list_agents() == []
    handle = await runner.spawn(shell("web", "echo out; echo err >&2; exit 3"))
    assert (await handle.wait()) == ExitStatus(3)
    assert (handle.name, handle.exit_code, handle.exit_signal) == ("web", 3, None)
    assert await handle.read_stdout() == b"out\n"
    assert await handle.read_stderr() == b"err\n"
    assert await handle.read_stdout() == b""
    info = await runner.get_agent(handle.id)
    assert info is not None
    assert info.status is AgentStatus.FAILED
    assert await runner.get_agent("nobody") is None


async def test_input_reaches_the_agent_and_what_is_not_there_yet_is_none(runner: RemoteRunner) -> None:
    handle = await runner.spawn(shell("cat", "cat", stdin=StdinMode.PIPE))
    assert await handle.read_stdout() is None
    data = b"x" * 900_000 + b"\n"
    await handle.write_stdin(data)
    await handle.close_stdin()
    got = bytearray()
    while (part := await handle.read_stdout()) != b"":
        got += part or b""
        await asyncio.sleep(0)
    assert bytes(got) == data


async def test_a_subscriber_gets_all_output_and_each_step_in_order(runner: RemoteRunner) -> None:
    handle = await runner.spawn(
        shell("web", "for i in $(seq 2000); do echo $i; done; echo done >&2; sleep 0.2; echo last")
    )
    items = [item async for item in handle.subscribe()]
    out = b"".join(item.data for item in items if isinstance(item, Output) and item.stream == "stdout")
    assert out.split() == [*(str(n).encode() for n in range(1, 2001)), b"last"]
    assert b"".join(i.data for i in items if isinstance(i, Output) and i.stream == "stderr") == b"done\n"
    assert isinstance(items[-1], StatusChanged)
    assert items[-1].info.status is AgentStatus.COMPLETED


async def test_signals_pause_stop_and_kill_reach_the_family(runner: RemoteRunner) -> None:
    handle = await runner.spawn(shell("web", "sleep 1000 & sleep 1000"))
    await runner.signal(handle.id, AgentSignal.PAUSE)
    await wait_for("pause", lambda: handle.status is AgentStatus.PAUSED)
    await runner.signal(handle.id, AgentSignal.RESUME)
    await handle.stop(grace=5.0)
    await wait_for("the end", lambda: handle.status is AgentStatus.TERMINATED)
    with pytest.raises(ExecutionError):
        await runner.pause(handle.id)


async def test_errors_are_those_of_the_library(runner: RemoteRunner) -> None:
    with pytest.raises(SpawnFailed, match="web"):
        await runner.spawn(AgentConfig("web", command=["/nowhere/at/all"]))
    with pytest.raises(NotFound):
        await runner.kill("nobody")
    with pytest.raises(NotFound):
        runner.peek("nobody")


async def test_agents_outlive_a_supervisor_that_is_killed_and_the_runner_that_spawned_them(
    runner: RemoteRunner, session: str
) -> None:
    handle = await runner.spawn(shell("web", "sleep 1000"))
    short = await runner.spawn(shell("short", "sleep 0.5; exit 4"))
    waiting = asyncio.create_task(short.wait())
    pid = handle.pid
    await runner.list_agents()
    kill_supervisor(session)
    assert await waiting == ExitStatus(4)
    assert [info.pid for info in await runner.list_agents()] == [pid, None]
    await runner.close()
    async with await RemoteRunner.connect(session) as other:
        assert other.peek(handle.id).pid == pid
        await other.shutdown_all()
    assert not Path(f"/proc/{pid}").exists()


async def test_without_a_supervisor_that_may_be_started_there_is_a_communication_error(session: str) -> None:
    with pytest.raises(CommunicationError):
        await RemoteRunner.connect(session, start=False)
