"""What LocalProcessRunner promises, with real processes, over both ways of holding them."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from descartes_tui.runner import (
    AgentConfig,
    AgentHandle,
    AgentRunner,
    AgentSignal,
    AgentStatus,
    CommunicationError,
    ExecutionError,
    ExitStatus,
    GracefulShutdown,
    LocalProcessRunner,
    NotFound,
    Output,
    ProcessRunnerConfig,
    SpawnFailed,
    StatusChanged,
    TooManyAgents,
)
from descartes_tui.runner.fleet.guard import is_alive
from descartes_tui.runner.model.config import RestartPolicy, RestartWhen, StdinMode, StopPolicy
from descartes_tui.runner.model.status import Verdict
from descartes_tui.runner.process.link import KeeperLink
from tests.waiting import wait_for

PIPE = StdinMode.PIPE
DEAF = "import time\nwhile True: time.sleep(60)"
IGNORER = f"import signal\nsignal.signal(15, signal.SIG_IGN)\nprint('ready', flush=True)\n{DEAF}"
BURNER = "print('ready', flush=True)\nwhile True: pass"


def python(name: str, code: str, **more: object) -> AgentConfig:
    return AgentConfig(name, command=[sys.executable, "-u", "-c", code], **more)  # type: ignore[arg-type]


@pytest.fixture(params=["keeper", "portable"])
async def runner(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LocalProcessRunner]:
    portable = request.param == "portable"
    config = ProcessRunnerConfig(working_dir=str(tmp_path), portable=portable, health_check_interval_secs=0.2)
    async with LocalProcessRunner(config) as runner:
        yield runner


async def everything(handle: AgentHandle) -> tuple[bytes, bytes]:
    """Read both streams to their end, without ever blocking."""
    found = {"stdout": bytearray(), "stderr": bytearray()}
    for name, read in (("stdout", handle.read_stdout), ("stderr", handle.read_stderr)):
        while (data := await read()) != b"":
            found[name] += data or b""
            if data is None:
                await asyncio.sleep(0.005)
    return bytes(found["stdout"]), bytes(found["stderr"])


async def printed(handle: AgentHandle, text: bytes) -> None:
    found = bytearray()

    async def look() -> None:
        while text not in found:
            found.extend(await handle.read_stdout() or b"")
            await asyncio.sleep(0.005)

    await asyncio.wait_for(look(), 15)


async def test_it_is_an_agent_runner(runner: LocalProcessRunner) -> None:
    either: AgentRunner = runner
    assert await either.list_agents() == []
    assert await either.get_agent("nobody") is None
    with pytest.raises(NotFound):
        either.peek("nobody")


async def test_an_agent_runs_prints_and_ends(runner: LocalProcessRunner, tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd()); print(os.environ['WHO'], file=sys.stderr); sys.exit(3)"
    handle = await runner.spawn(python("a", code, environment={"WHO": "me"}))
    assert handle.name == "a"
    assert await handle.wait() == ExitStatus(3, None)
    assert await everything(handle) == (f"{tmp_path}\n".encode(), b"me\n")
    assert (handle.status, handle.exit_code, handle.exit_signal, handle.pid) == (
        AgentStatus.FAILED,
        3,
        None,
        None,
    )
    assert [info.name for info in await runner.list_agents()] == ["a"]
    assert await runner.get_agent(handle.id) == handle.info


async def test_a_shell_line_runs_in_a_shell(runner: LocalProcessRunner) -> None:
    handle = await runner.spawn(AgentConfig("a", command="echo one; echo two >&2; exit 7"))
    assert (await handle.wait()).code == 7
    assert await everything(handle) == (b"one\n", b"two\n")


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGTERM, signal.SIGABRT])
async def test_death_by_signal_is_named(runner: LocalProcessRunner, number: signal.Signals) -> None:
    no_core = "import os, resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))"
    code = f"{no_core}; os.kill(os.getpid(), {int(number)})"
    handle = await runner.spawn(python("a", code))
    assert await handle.wait() == ExitStatus(None, number)
    assert handle.info.reason == f"killed by {number.name}"
    assert (handle.exit_code, handle.exit_signal) == (None, number)


async def test_what_does_not_start_says_why(runner: LocalProcessRunner, tmp_path: Path) -> None:
    with pytest.raises(SpawnFailed, match="no-such-program"):
        await runner.spawn(AgentConfig("a", command=["no-such-program"]))
    with pytest.raises(SpawnFailed, match="missing"):
        await runner.spawn(AgentConfig("b", command=["true"], working_dir=str(tmp_path / "missing")))
    with pytest.raises(SpawnFailed):
        await runner.spawn(AgentConfig("c", command=[str(tmp_path)]))
    assert {info.verdict for info in await runner.list_agents()} == {Verdict.FAILED_TO_START}


async def test_stdin_goes_in_and_is_closed(runner: LocalProcessRunner) -> None:
    handle = await runner.spawn(
        python("a", "import sys\nfor x in sys.stdin: print('got', x, end='')", stdin=PIPE)
    )
    await handle.write_stdin(b"one\ntwo\n")
    await handle.close_stdin()
    assert (await handle.wait()).success
    assert (await everything(handle))[0] == b"got one\ngot two\n"


async def test_without_a_pipe_input_is_refused(runner: LocalProcessRunner) -> None:
    handle = await runner.spawn(python("a", DEAF))
    with pytest.raises(CommunicationError, match="takes no input"):
        await handle.write_stdin(b"x")
    await handle.kill()
    with pytest.raises(ExecutionError):
        await handle.write_stdin(b"x")


async def test_who_never_reads_its_input_blocks_nobody(runner: LocalProcessRunner) -> None:
    handle = await runner.spawn(python("a", DEAF, stdin=PIPE))
    with pytest.raises(CommunicationError):
        for _ in range(64):  # 4 MiB: more than a pipe and the queue of 1 MiB take
            await asyncio.wait_for(handle.write_stdin(b"x" * (64 << 10)), 5)
    await handle.kill()
    assert handle.status is AgentStatus.TERMINATED


async def test_nothing_there_is_told_from_the_end(runner: LocalProcessRunner) -> None:
    handle = await runner.spawn(python("a", "input()", stdin=PIPE))
    assert await handle.read_stdout() is None
    assert await handle.read_stderr() is None
    await handle.write_stdin(b"\n")
    await handle.wait()
    assert await handle.read_stdout() == b""
    assert await handle.read_stderr() == b""


async def test_bytes_that_are_no_text_come_as_they_are(runner: LocalProcessRunner) -> None:
    data = bytes(range(256)) * 1024
    code = "import sys; sys.stdout.buffer.write(bytes(range(256)) * 1024)"
    handle = await runner.spawn(python("a", code))
    await handle.wait()
    assert (await everything(handle))[0] == data


async def test_a_flood_that_nobody_reads_blocks_nobody(runner: LocalProcessRunner) -> None:
    size = 64 << 20
    code = f"import sys\nfor _ in range({size >> 16}): sys.stdout.buffer.write(b'x' * 65535 + b'\\n')"
    handle = await runner.spawn(python("a", code))
    before = psutil.Process().memory_info().rss
    assert (await asyncio.wait_for(handle.wait(), 60)).success
    assert psutil.Process().memory_info().rss - before < 32 << 20
    total = 0
    while data := await handle.read_stdout():
        assert len(data) <= 64 << 10
        total += len(data)
    assert total == size


@pytest.mark.parametrize(
    ("name", "number"), [(AgentSignal.INTERRUPT, 2), (AgentSignal.TERMINATE, 15), (AgentSignal.KILL, 9)]
)
async def test_signals_reach_the_agent(runner: LocalProcessRunner, name: AgentSignal, number: int) -> None:
    handle = await runner.spawn(AgentConfig("a", command=["sleep", "60"]))
    await runner.signal(handle.id, name)
    assert (await handle.wait()).signal == number
    assert handle.status is AgentStatus.TERMINATED


async def test_a_paused_agent_uses_no_time_at_all(runner: LocalProcessRunner) -> None:
    handle = await runner.spawn(python("a", BURNER))
    await printed(handle, b"ready\n")
    await runner.signal(handle.id, AgentSignal.PAUSE)
    assert handle.info.status.value == "paused"
    process = psutil.Process(handle.pid)
    assert process.status() == psutil.STATUS_STOPPED
    before = process.cpu_times()
    await asyncio.sleep(0.2)  # the time in which nothing may happen
    assert process.cpu_times()[:2] == before[:2]
    await runner.resume(handle.id)
    assert handle.info.status.value == "running"
    await wait_for("work", lambda: process.cpu_times()[:2] != before[:2])


async def test_a_paused_agent_can_be_stopped(runner: LocalProcessRunner) -> None:
    code = f"import signal, sys\nsignal.signal(15, lambda *_: (print('bye'), sys.exit(0)))\nprint('ready')\n{DEAF}"
    handle = await runner.spawn(python("a", code))
    await printed(handle, b"ready\n")
    await runner.pause(handle.id)
    await handle.stop(grace=10)  # had it not been continued, it would be killed after that
    assert handle.exit_code == 0
    assert (await everything(handle))[0] == b"bye\n"


async def test_a_cooperative_pause_asks(runner: LocalProcessRunner) -> None:
    handle = await runner.spawn(python("a", "print(input())\nprint(input())", stdin=PIPE))
    await runner.pause(handle.id, force=False)
    assert handle.status is AgentStatus.PAUSED
    await runner.resume(handle.id)
    await handle.wait()
    out = (await everything(handle))[0]
    assert out == b'{"type":"pause","action":"pause"}\n{"type":"resume","action":"resume"}\n'


async def test_who_ignores_term_is_killed_after_the_grace(runner: LocalProcessRunner) -> None:
    handle = await runner.spawn(python("a", IGNORER))
    await printed(handle, b"ready\n")
    started = asyncio.get_running_loop().time()
    await handle.stop(grace=0.4)
    assert asyncio.get_running_loop().time() - started >= 0.4
    assert (handle.status, handle.info.verdict) == (AgentStatus.TERMINATED, Verdict.KILLED_AFTER_GRACE)
    await handle.stop()  # once more: nothing to do, no error
    await handle.kill()


async def test_children_in_sessions_of_their_own_are_gone_after_a_stop(runner: LocalProcessRunner) -> None:
    if runner.config.portable:
        pytest.skip("without keepers, who leaves the family cannot always be found")
    code = (
        "import os, subprocess, sys\n"
        "child = subprocess.Popen(['sleep', '77'], start_new_session=True, env={})\n"
        f"print(child.pid, flush=True)\n{DEAF}"
    )
    handle = await runner.spawn(python("a", code))
    found = bytearray()

    async def read() -> None:
        while b"\n" not in found:
            found.extend(await handle.read_stdout() or b"")
            await asyncio.sleep(0.005)

    await asyncio.wait_for(read(), 15)
    assert psutil.pid_exists(int(found))
    await handle.stop()
    assert not is_alive(int(found))


async def test_many_agents_at_once(runner: LocalProcessRunner) -> None:
    configs = [AgentConfig(f"a{n}", command=f"echo {n}") for n in range(60)]
    handles = await asyncio.gather(*(runner.spawn(config) for config in configs))
    assert all(status.success for status in await asyncio.gather(*(handle.wait() for handle in handles)))
    outputs = [(await everything(handle))[0] for handle in handles]
    assert outputs == [f"{n}\n".encode() for n in range(60)]


async def test_one_too_many_is_refused(tmp_path: Path) -> None:
    async with LocalProcessRunner(ProcessRunnerConfig(max_concurrent_agents=2)) as runner:
        first, _ = [await runner.spawn(AgentConfig(n, command=["sleep", "60"])) for n in "ab"]
        with pytest.raises(TooManyAgents) as caught:
            await runner.spawn(AgentConfig("c", command=["sleep", "60"]))
        assert (caught.value.agent, caught.value.limit) == ("c", 2)
        await first.kill()
        await runner.spawn(AgentConfig("c", command=["sleep", "60"]))


async def test_of_many_spawned_at_once_only_the_allowed_number_starts() -> None:
    async with LocalProcessRunner(ProcessRunnerConfig(max_concurrent_agents=3)) as runner:
        spawns = (runner.spawn(AgentConfig(f"a{n}", command=["sleep", "60"])) for n in range(10))
        results = await asyncio.gather(*spawns, return_exceptions=True)
        assert sum(isinstance(result, TooManyAgents) for result in results) == 7


async def test_a_subscription_tells_everything_in_order(runner: LocalProcessRunner) -> None:
    code = "import os\nfor n in range(200):\n    os.write(1 + n % 2, b'%d\\n' % n)\n    input()\n"
    handle = await runner.spawn(python("a", code, stdin=PIPE))
    await handle.write_stdin(b"\n" * 200)
    items = [item async for item in handle.subscribe()]
    outputs = [item for item in items if isinstance(item, Output)]
    by_stream = {
        name: b"".join(o.data for o in outputs if o.stream == name).split() for name in ("stdout", "stderr")
    }
    assert by_stream["stdout"] == [b"%d" % n for n in range(0, 200, 2)]
    assert by_stream["stderr"] == [b"%d" % n for n in range(1, 200, 2)]
    assert isinstance(items[-1], StatusChanged)
    assert items[-1].info.status is AgentStatus.COMPLETED


async def test_a_subscription_shows_a_prompt_that_has_no_line_end(runner: LocalProcessRunner) -> None:
    handle = await runner.spawn(python("a", "input('name? ')", stdin=PIPE))
    async for item in handle.subscribe():
        if isinstance(item, Output):
            assert item.data == b"name? "
            await handle.write_stdin(b"x\n")
    assert handle.exit_code == 0


async def test_json_lines_arrive_in_one_piece(runner: LocalProcessRunner) -> None:
    code = (
        "import os\n"
        "line = b'{\"text\": \"' + b'x' * 300000 + b'\"}\\n'\n"
        "for part in (line[:7], line[7:150000], line[150000:] + line[:9], line[9:]): os.write(1, part)\n"
    )
    handle = await runner.spawn(python("a", code))
    pieces = [item.data async for item in handle.subscribe() if isinstance(item, Output)]
    assert all(piece.endswith(b"\n") for piece in pieces)
    assert [len(line) for line in b"".join(pieces).splitlines()] == [300012] * 2


async def test_a_slow_subscriber_and_one_that_leaves_disturb_nobody(runner: LocalProcessRunner) -> None:
    code = "import sys\nfor n in range(200000): print(n)"
    handle = await runner.spawn(python("a", code))
    async for _ in handle.subscribe():
        break
    assert (await asyncio.wait_for(handle.wait(), 30)).success
    text = b"".join([item.data async for item in handle.subscribe() if isinstance(item, Output)])
    assert text == b"".join(b"%d\n" % n for n in range(200000))


async def test_a_restarted_agent_is_followed_through_its_runs(runner: LocalProcessRunner) -> None:
    restart = RestartPolicy(RestartWhen.ON_FAILURE, max=2, backoff_min=0.05, backoff_max=0.05)
    handle = await runner.spawn(AgentConfig("a", command="echo try; exit 1", restart=restart))
    items = [item async for item in handle.subscribe()]
    story = [item.data if isinstance(item, Output) else item.info.status.value for item in items]
    assert [one for one in story if one != "starting"][-8:] == [
        *([b"try\n", "backoff", "running"] * 2), b"try\n", "failed",
    ]  # fmt: skip
    assert (await everything(handle))[0] == b"try\n" * 3
    assert handle.info.verdict is Verdict.GAVE_UP


async def test_a_graceful_shutdown_ends_with_a_word(runner: LocalProcessRunner) -> None:
    handle = await runner.spawn(python("a", "while input() != 'exit': pass\nprint('bye')", stdin=PIPE))
    assert await GracefulShutdown(10).shutdown(handle) == ExitStatus(0)
    assert (await everything(handle))[0] == b"bye\n"


async def test_a_graceful_shutdown_goes_on_to_term(runner: LocalProcessRunner) -> None:
    handle = await runner.spawn(AgentConfig("a", command=["sleep", "60"], stdin=PIPE))
    assert await GracefulShutdown(0.3).shutdown(handle) == ExitStatus(None, 15)


async def test_a_graceful_shutdown_ends_with_kill(runner: LocalProcessRunner) -> None:
    handle = await runner.spawn(python("a", IGNORER, stdin=PIPE))
    await printed(handle, b"ready\n")
    assert await GracefulShutdown(0.3).shutdown(handle) == ExitStatus(None, 9)
    assert await GracefulShutdown(0.3).shutdown(handle) == ExitStatus(None, 9)


async def test_nothing_is_left_after_shutdown_all(runner: LocalProcessRunner) -> None:
    commands = [["sleep", "60"], [sys.executable, "-c", IGNORER], ["sh", "-c", "sleep 60 & sleep 60 & wait"]]
    stop = StopPolicy(grace=0.3)
    handles = [await runner.spawn(AgentConfig(f"a{n}", command=c, stop=stop)) for n, c in enumerate(commands)]
    pids = [pid for handle in handles if (pid := handle.pid) is not None]
    family = [child.pid for pid in pids for child in psutil.Process(pid).children(recursive=True)]
    log = Path(handles[0].info.log_path or "")
    await runner.shutdown_all()
    await runner.shutdown_all()
    assert [pid for pid in pids + family if is_alive(pid)] == []
    assert not log.exists()
    assert all(handle.status is AgentStatus.TERMINATED for handle in handles)
    with pytest.raises(SpawnFailed, match="shut down"):
        await runner.spawn(AgentConfig("late", command=["true"]))


async def test_a_folder_of_ones_own_keeps_the_logs(tmp_path: Path) -> None:
    async with LocalProcessRunner(ProcessRunnerConfig(state_dir=str(tmp_path / "state"))) as runner:
        handle = await runner.spawn(AgentConfig("a", command="echo kept"))
        await handle.wait()
    assert Path(handle.info.log_path or "").read_bytes() == b"kept\n"


async def test_an_ending_that_was_missed_is_found_out(runner: LocalProcessRunner) -> None:
    """The leader dies, and nobody tells: the periodic check asks again."""
    handle = await runner.spawn(AgentConfig("a", command=["sleep", "60"]))
    fleet = runner._fleet
    assert fleet is not None
    record = fleet._register.get(handle.id)
    assert record.run is not None
    link = record.run.living_link()
    if not isinstance(link, KeeperLink):
        pytest.skip("this launcher cannot lose its agent without being told")
    link.close()
    os.kill(handle.pid or 0, signal.SIGKILL)
    await wait_for("the repair", lambda: handle.status is AgentStatus.FAILED)
    assert handle.exit_signal == signal.SIGKILL


async def test_agents_end_with_the_program_that_owns_them(tmp_path: Path) -> None:
    code = (
        "import asyncio, os, signal\n"
        "from descartes_tui.runner import AgentConfig, LocalProcessRunner\n"
        "async def main():\n"
        "    handle = await LocalProcessRunner().spawn(AgentConfig('a', command=['sleep', '88']))\n"
        "    print(handle.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    async with LocalProcessRunner() as runner:
        handle = await runner.spawn(
            python("owner", code, keep_leftovers=True, environment={"TMPDIR": str(tmp_path)})
        )
        await handle.wait()
        pid = int((await everything(handle))[0])
        await wait_for("the end of the orphan", lambda: not is_alive(pid))


async def test_two_of_one_name_are_refused_while_the_first_lives(runner: LocalProcessRunner) -> None:
    handle = await runner.spawn(AgentConfig("a", command=["sleep", "60"]))
    with pytest.raises(ExecutionError, match="running"):
        await runner.spawn(AgentConfig("a", command=["true"]))
    await handle.kill()
    await (await runner.spawn(AgentConfig("a", command=["true"]))).wait()
