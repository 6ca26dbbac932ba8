"""A run held without a keeper: what it writes, reads and leaves behind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from descartes_tui.runner.model.errors import CommunicationError
from descartes_tui.runner.model.folders import ENDING, MARK, STDERR, STDOUT
from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.run import Ended, LeaderExited, Lost, Note, RunEvent, RunSpec, Started
from descartes_tui.runner.process.portable import PortableLauncher
from tests.runner.process.portable_runs import is_alive, launch, numbers_in, python
from tests.waiting import wait_for, wait_until

DAEMON_THAT_NOBODY_KNOWS = """
import os, sys, time
if os.fork():
    os.wait(); os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
os.execve(sys.executable, [sys.executable, "-I", "-S", "-c", code], {})
"""
FORK_CHAIN_OF_TEN_SECONDS = """
import os, time
os.write(1, b"up")
end = time.monotonic() + 10
while time.monotonic() < end:
    if os.fork():
        os._exit(0)
"""


@pytest.fixture(params=["pidfd", "thread"])
async def launcher(request: pytest.FixtureRequest) -> AsyncIterator[PortableLauncher]:
    launcher = PortableLauncher(use_pidfd=request.param == "pidfd", look_seconds=0.05)
    yield launcher
    await launcher.close()


async def test_events_come_in_order_and_the_log_is_exact(launcher: PortableLauncher, tmp_path: Path) -> None:
    run = await launch(launcher, tmp_path, "sh", "-c", "printf 'a\\0\\377'; exit 3")
    assert run.events == []
    ended = await run.ended()
    assert [type(event) for event in run.events] == [Started, LeaderExited, Ended]
    assert run.one(LeaderExited).exit == ended.exit == ExitStatus(code=3)
    assert run.log == b"a\0\xff"
    assert (ended.log_bytes, ended.swept) == (3, ())
    assert run.living.pid is None
    saved = json.loads((run.spec.folder / ENDING).read_text())
    assert saved == {"code": 3, "signal": None, "at": ended.at, "swept": [], "log_bytes": 3}


async def test_started_names_the_process_for_ever(launcher: PortableLauncher, tmp_path: Path) -> None:
    run = await launch(launcher, tmp_path, "sleep", "600")
    await wait_for("the start", lambda: run.has(Started))
    started = run.one(Started)
    fields = Path(f"/proc/{started.pid}/stat").read_text().rpartition(")")[2].split()
    assert (run.living.pid, int(fields[19])) == (started.pid, started.start_ticks)


async def test_a_signal_that_ended_the_leader_is_told(launcher: PortableLauncher, tmp_path: Path) -> None:
    run = await launch(launcher, tmp_path, "sh", "-c", "kill -SEGV $$")
    assert (await run.ended()).exit == ExitStatus(signal=signal.SIGSEGV)


async def test_both_streams_share_the_log_and_the_index_parts_them(
    launcher: PortableLauncher, tmp_path: Path
) -> None:
    code = "import os\nfor n in range(3000): os.write(1 + n % 2, b'%d\\n' % n)"
    run = await launch(launcher, tmp_path, *python(code))
    await run.ended()
    assert numbers_in(run.stream(STDOUT)) == list(range(0, 3000, 2))
    assert numbers_in(run.stream(STDERR)) == list(range(1, 3000, 2))
    assert sorted(numbers_in(run.log)) == list(range(3000))


async def test_no_byte_of_much_output_is_lost(launcher: PortableLauncher, tmp_path: Path) -> None:
    run = await launch(launcher, tmp_path, "sh", "-c", "seq 1 2000000; seq 1 1000 >&2")
    await run.ended()
    assert run.stream(STDOUT) == b"".join(b"%d\n" % n for n in range(1, 2000001))
    assert run.stream(STDERR) == b"".join(b"%d\n" % n for n in range(1, 1001))


async def test_a_prompt_without_newline_is_in_the_log_at_once(
    launcher: PortableLauncher, tmp_path: Path
) -> None:
    run = await launch(
        launcher, tmp_path, "sh", "-c", "printf 'name? '; read name; echo hello $name", stdin="pipe"
    )
    await run.wrote(b"name? ")
    await run.living.write_stdin("Käthe\n".encode())
    await run.ended()
    assert run.log == "name? hello Käthe\n".encode()


async def test_stdin_ends_after_what_is_queued(launcher: PortableLauncher, tmp_path: Path) -> None:
    run = await launch(launcher, tmp_path, "cat", stdin="pipe")
    for number in range(100):
        await run.living.write_stdin(b"%05d\n" % number * 1000)
    await run.living.close_stdin()
    await run.living.close_stdin()
    with pytest.raises(CommunicationError, match="stdin is closed"):
        await run.living.write_stdin(b"late")
    await run.ended()
    assert run.log == b"".join(b"%05d\n" % number * 1000 for number in range(100))


async def test_stdin_is_empty_where_none_is_wanted(launcher: PortableLauncher, tmp_path: Path) -> None:
    run = await launch(launcher, tmp_path, "cat")
    assert (await run.ended()).exit.success
    with pytest.raises(CommunicationError, match="stdin: pipe"):
        await run.living.write_stdin(b"x")


async def test_a_deaf_agent_blocks_nobody(launcher: PortableLauncher, tmp_path: Path) -> None:
    run = await launch(launcher, tmp_path, "sleep", "600", stdin="pipe")
    await run.living.write_stdin(b"x" * 1_000_000)
    with pytest.raises(CommunicationError, match="stdin is full"):
        await run.living.write_stdin(b"y" * 200_000)
    await run.living.kill()
    assert (await run.ended()).exit == ExitStatus(signal=signal.SIGKILL)


async def test_an_agent_that_closes_its_stdin_is_told_of(launcher: PortableLauncher, tmp_path: Path) -> None:
    run = await launch(launcher, tmp_path, "sh", "-c", "exec 0<&-; echo closed; sleep 600", stdin="pipe")
    await run.wrote(b"closed")
    await run.living.write_stdin(b"x")

    async def refused() -> bool:
        try:
            await run.living.write_stdin(b"x")
        except CommunicationError as error:
            return "has closed its stdin" in str(error)
        return False

    while not await refused():
        await asyncio.sleep(0)


async def test_what_the_leader_leaves_is_ended_and_named(launcher: PortableLauncher, tmp_path: Path) -> None:
    left = "sleep 600 & setsid sleep 601 & (setsid sh -c 'sleep 602 & echo up; exec sleep 603' &)"
    run = await launch(launcher, tmp_path, "sh", "-c", f"{left}; until [ -e go ]; do sleep 0.01; done")
    await run.wrote(b"up")
    (tmp_path / "go").touch()
    ended = await run.ended()
    assert ended.exit.success
    assert {swept.how for swept in ended.swept} == {"term"}
    assert len(ended.swept) >= 3
    assert not any(is_alive(swept.pid) for swept in ended.swept)


async def test_who_ignores_term_is_killed_after_the_grace(launcher: PortableLauncher, tmp_path: Path) -> None:
    left = "(trap '' TERM; echo $$ ready; while :; do sleep 600; done) & until [ -e go ]; do sleep 0.01; done"
    run = await launch(launcher, tmp_path, "sh", "-c", left, sweep_grace=0.2)
    await run.wrote(b"ready")
    (tmp_path / "go").touch()
    ended = await run.ended()
    assert "kill" in {swept.how for swept in ended.swept if swept.name == "sh"}
    assert not any(is_alive(swept.pid) for swept in ended.swept)


async def test_leftovers_that_are_wanted_stay_and_go_on_writing(
    launcher: PortableLauncher, tmp_path: Path
) -> None:
    left = "(until [ -e go ]; do sleep 0.01; done; echo late; exec sleep 60) & echo first"
    run = await launch(launcher, tmp_path, "sh", "-c", left, keep_leftovers=True)
    ended = await run.ended()
    (kept,) = [swept for swept in ended.swept if swept.name == "sh"]
    try:
        assert kept.how == "kept" and is_alive(kept.pid)
        assert run.log == b"first\n" and ended.log_bytes == 6
        (tmp_path / "go").touch()
        await run.wrote(b"first\nlate\n")
        assert is_alive(kept.pid)
    finally:
        os.kill(kept.pid, signal.SIGKILL)


async def test_output_held_by_somebody_unreachable_is_not_waited_for(tmp_path: Path) -> None:
    launcher = PortableLauncher(look_seconds=600)
    run = await launch(launcher, tmp_path, *python(DAEMON_THAT_NOBODY_KNOWS))
    await run.ended()
    await launcher.close()
    for pid in numbers_in(run.log):  # none, if it was found in spite of all
        os.kill(pid, signal.SIGKILL)


async def test_a_daemon_seen_once_is_found_again(launcher: PortableLauncher, tmp_path: Path) -> None:
    daemon = python("import time; print(1, flush=True); time.sleep(600)")
    code = f"import subprocess\nsubprocess.Popen({daemon!r}, env={{}}, start_new_session=True).wait()"
    run = await launch(launcher, tmp_path, *python(code))
    await run.wrote(b"1\n")
    leader, child = await run.living.family()
    await run.living.signal(signal.SIGKILL, leader_only=True)
    ended = await run.ended()
    assert [swept.pid for swept in ended.swept] == [child.pid]
    assert not is_alive(child.pid) and leader.pid not in [swept.pid for swept in ended.swept]


async def test_kill_leaves_nobody(launcher: PortableLauncher, tmp_path: Path) -> None:
    tree = "sleep 600 & setsid sleep 601 & (setsid sh -c 'trap \"\" TERM; sleep 602; sleep 603' &); echo up; wait"
    run = await launch(launcher, tmp_path, "sh", "-c", tree)
    await run.wrote(b"up")
    family = await run.living.family()
    assert family[0].pid == run.living.pid and family[0].name == "sh"
    await run.living.kill()
    await run.living.kill()
    assert (await run.ended()).exit == ExitStatus(signal=signal.SIGKILL)
    assert not any(is_alive(member.pid) for member in family)
    assert await run.living.family() == ()


async def test_a_fork_chain_is_outrun(launcher: PortableLauncher, tmp_path: Path) -> None:
    chain = python(FORK_CHAIN_OF_TEN_SECONDS)
    run = await launch(launcher, tmp_path, "sh", "-c", '"$@" & wait; sleep 600', "sh", *chain)
    await run.wrote(b"up")
    await run.living.kill()
    await run.ended()
    left = [place for place in Path("/proc").glob("[0-9]*") if run.spec.run_id.encode() in environ(place)]
    assert left == []


def environ(place: Path) -> bytes:
    try:
        return (place / "environ").read_bytes()
    except OSError:
        return b""


async def test_fifty_runs_leave_no_descriptor_and_no_thread(
    launcher: PortableLauncher, tmp_path: Path
) -> None:
    def held() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    async def ten() -> None:
        runs = [await launch(launcher, tmp_path, "cat", stdin="pipe") for _ in range(10)]
        for run in runs:
            await run.living.write_stdin(b"hello")
            await run.living.close_stdin()
        for run in runs:
            await run.ended()
        await wait_for("threads to end", lambda: not [t for t in threading.enumerate() if is_of_a_run(t)])

    await ten()
    first = min(held() for _ in range(50))  # pictures of the system open files for a moment
    for _ in range(4):
        await ten()
    await wait_for("descriptors to be closed", lambda: held() <= first)


def is_of_a_run(thread: threading.Thread) -> bool:
    return thread.name in {"descartes-stdout", "descartes-stderr", "descartes-stdin", "descartes-exit"}


async def test_close_kills_everyone(tmp_path: Path) -> None:
    launcher = PortableLauncher()
    runs = [await launch(launcher, tmp_path, "sh", "-c", "trap '' TERM; sleep 600") for _ in range(5)]
    await launcher.close()
    assert all(run.one(Ended).exit.signal == signal.SIGKILL for run in runs)


async def test_agents_end_with_a_program_that_forgets_to_close(tmp_path: Path) -> None:
    code = """
import asyncio, sys
from pathlib import Path
from descartes_tui.runner.process.portable import PortableLauncher
from tests.runner.process.portable_runs import launch
async def main():
    run = await launch(PortableLauncher(), Path(sys.argv[1]), "sh", "-c", "setsid sleep 600 & echo $$ $!; wait")
    await run.wrote(b"\\n")
    print(run.log.decode())
asyncio.run(main())
"""
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code, str(tmp_path)], capture_output=True, timeout=60
    )
    pids = numbers_in(done.stdout)
    assert len(pids) == 2, done.stderr
    await wait_for("the end of the orphans", lambda: not any(is_alive(pid) for pid in pids))


async def test_a_run_of_the_past_is_told_as_it_ended(launcher: PortableLauncher, tmp_path: Path) -> None:
    run = await launch(launcher, tmp_path, "sh", "-c", "sleep 600 & echo x; exit 2")
    ended = await run.ended()
    heard: list[RunEvent] = []
    assert await launcher.adopt(run.spec.folder, run.spec.run_id, heard.append) is None
    assert heard == [ended]


async def test_what_a_lost_run_left_is_swept(launcher: PortableLauncher, tmp_path: Path) -> None:
    child = subprocess.Popen(["sleep", "600"], env={MARK: "lost-run", "PATH": os.environ["PATH"]})
    heard: list[RunEvent] = []
    try:
        assert await launcher.adopt(tmp_path, "lost-run", heard.append) is None
        (lost,) = heard
        assert isinstance(lost, Lost)
        assert [(swept.pid, swept.how) for swept in lost.swept] == [(child.pid, "kill")]
    finally:
        child.kill()
        child.wait()


async def test_while_the_disk_is_full_the_agent_waits_and_can_be_killed(
    launcher: PortableLauncher, tmp_path: Path
) -> None:
    run_id = "full"
    (tmp_path / run_id).mkdir()
    (tmp_path / run_id / "log").symlink_to("/dev/full")
    heard: list[RunEvent] = []
    spec = RunSpec(run_id, tmp_path / run_id, ("seq", "1000000"), {"PATH": os.environ["PATH"]}, "/")
    await launcher.launch(spec, heard.append)
    await wait_for("the note", lambda: any(isinstance(event, Note) for event in heard))
    (note,) = [event for event in heard if isinstance(event, Note)]
    assert note.kind == "disk_full" and "No space left" in note.text
    await launcher.close()


def test_the_launcher_is_used_from_one_loop_after_another(tmp_path: Path) -> None:
    async def once() -> bytes:
        launcher = PortableLauncher()
        run = await launch(launcher, tmp_path, "echo", "hello")
        await run.ended()
        await launcher.close()
        return run.log

    assert [asyncio.run(once()) for _ in range(3)] == [b"hello\n"] * 3
    wait_until("threads to end", lambda: not [t for t in threading.enumerate() if is_of_a_run(t)])
