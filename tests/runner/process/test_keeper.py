"""What a keeper promises, with real processes, on the fast paths and with every fallback forced."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from descartes_tui.runner.model.errors import CommunicationError
from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.layout import INDEX_RECORD, STDERR, STDOUT
from descartes_tui.runner.model.run import LeaderExited, Lost, Note, Started, StartFailed
from descartes_tui.runner.process import kernel
from descartes_tui.runner.process.launcher import KeeperLauncher, is_held
from descartes_tui.runner.process.strays import find_strays
from tests.runner.process.harness import Bench, Run, alive, bench, cpu_ticks
from tests.waiting import wait_for

HERE = Path(__file__).parent
ZOO = str(HERE / "zoo.py")
PYTHON = sys.executable


@pytest_asyncio.fixture(params=["fast", "forced"])
async def keepers(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """A bench on both sets of kernel functions."""
    launcher = KeeperLauncher(HERE / "forced_zygote.py") if request.param == "forced" else KeeperLauncher()
    async with bench(tmp_path, launcher) as made:
        yield made


@pytest_asyncio.fixture
async def fast(tmp_path: Path) -> AsyncIterator[Bench]:
    """A bench on the fast path alone."""
    async with bench(tmp_path) as made:
        yield made


def streams(run: Run) -> list[tuple[int, bytes]]:
    """Return the log cut at the index's records, as (stream, bytes)."""
    records = list(INDEX_RECORD.iter_unpack((run.spec.folder / "index").read_bytes()))
    ends = [offset for offset, _ in records[1:]] + [len(run.log)]
    cut = [(word & 3, run.log[offset:end]) for (offset, word), end in zip(records, ends, strict=True)]
    return [(stream, data) for stream, data in cut if data]


async def test_output_of_both_streams_is_kept_with_its_stream_and_the_exit_code_is_known(
    keepers: Bench,
) -> None:
    run = await keepers.shell("echo out; echo err >&2; exit 3")
    ended = await run.ended()
    assert ended.exit == ExitStatus(code=3)
    assert sorted(streams(run)) == [(STDOUT, b"out\n"), (STDERR, b"err\n")]
    assert ended.log_bytes == len(run.log)


async def test_death_by_signal_is_told_apart_from_an_exit_code(keepers: Bench) -> None:
    run = await keepers.shell("kill -SEGV $$")
    assert (await run.ended()).exit == ExitStatus(signal=signal.SIGSEGV)


@pytest.mark.parametrize(
    ("argv", "options", "cause"),
    [
        (["no-such-program"], {}, "not found; install it"),
        (["/tmp"], {}, "is a folder"),
        (["/etc/passwd"], {}, "not executable; try: chmod +x"),
        ([""], {}, "empty"),
        (["sh", "a" * 200_000], {}, "argument 1 has 200000 characters"),
        (["true"], {"cwd": "/no/such/folder"}, "working folder /no/such/folder: no such file"),
        (["true"], {"cwd": "/etc/passwd"}, "is no folder"),
    ],
)
async def test_a_program_that_cannot_start_is_explained_in_one_line(
    keepers: Bench, argv: list[str], options: dict[str, str], cause: str
) -> None:
    run = await keepers.run(*argv, **options)
    await wait_for("the refusal", lambda: run.heard(StartFailed))
    assert cause in run.heard(StartFailed).cause
    assert "\n" not in run.heard(StartFailed).cause
    assert (await keepers.adopt(run)).heard(StartFailed), "the ending on disk says the same"


async def test_a_script_with_a_missing_interpreter_or_no_first_line_is_explained(
    fast: Bench, tmp_path: Path
) -> None:
    for text, cause in (
        ("#!/no/interpreter\n", "interpreter /no/interpreter does not exist"),
        ("hello", "neither a binary"),
    ):
        script = tmp_path / "script"
        script.write_text(text)
        script.chmod(0o700)
        run = await fast.run(str(script))
        await wait_for("the refusal", lambda run=run: run.heard(StartFailed))  # type: ignore[misc]
        assert cause in run.heard(StartFailed).cause


async def test_what_is_sent_to_stdin_arrives_and_closing_it_ends_a_reader(keepers: Bench) -> None:
    run = await (await keepers.run("cat", stdin="pipe")).started()
    await run.held.write_stdin(b"one\ntwo")
    await run.wrote(b"one\ntwo")
    await run.held.close_stdin()
    assert (await run.ended()).exit.success
    assert run.log == b"one\ntwo"


async def test_an_agent_that_never_reads_stdin_blocks_nobody(keepers: Bench) -> None:
    run = await (await keepers.run("sleep", "60", stdin="pipe")).started()
    with pytest.raises(CommunicationError, match="stdin is full"):
        for _ in range(40):
            await run.held.write_stdin(b"x" * 100_000)
    assert [member.name for member in await run.held.family()] == ["sleep"]


async def test_an_agent_without_stdin_reads_an_end_of_file_and_refuses_input(keepers: Bench) -> None:
    run = await keepers.shell("cat; echo over; sleep 60")
    await run.wrote(b"over")
    with pytest.raises(CommunicationError, match="closed"):
        await run.held.write_stdin(b"x")


async def test_a_terminal_has_a_size_can_be_typed_at_and_resized(keepers: Bench) -> None:
    run = await keepers.shell("tty; stty size; read x; stty size; echo got $x", tty=True, rows=30, columns=90)
    await run.wrote(b"30 90")
    await run.held.resize(31, 91)
    await run.held.write_stdin(b"word\r")
    assert (await run.ended()).exit.success
    assert b"/dev/pts/" in run.log and b"31 91" in run.log and b"got word" in run.log


async def test_the_agent_inherits_nothing_but_its_three_descriptors(fast: Bench) -> None:
    script = "ls /proc/self/fd | wc -l; grep -E 'SigIgn|SigBlk' /proc/self/status; ps -o sid= -p $$; echo $$"
    run = await fast.shell(script)
    await run.ended()
    count, blocked, ignored, session, pid = run.log.decode().split("\n")[:5]
    assert int(count) == 4  # three, and the one that ls itself opens
    usable = sum(1 << number - 1 for number in signal.valid_signals())  # 32 and 33 are the C library's own
    assert int(blocked.split()[1], 16) == 0 and int(ignored.split()[1], 16) & usable == 0
    assert session.strip() == pid


async def test_invalid_text_zeros_and_a_missing_line_end_are_kept_exactly(keepers: Bench) -> None:
    data = bytes(range(256)) * 1000 + b"no end"
    run = await keepers.run(PYTHON, "-c", "import os; os.write(1, bytes(range(256)) * 1000 + b'no end')")
    await run.ended()
    assert run.log == data


async def test_a_million_lines_arrive_whole_and_in_order(keepers: Bench) -> None:
    run = await keepers.shell("seq 1000000")
    await run.ended()
    assert run.log == subprocess.run(["seq", "1000000"], capture_output=True, check=True).stdout


async def test_the_end_of_the_leader_is_told_while_something_still_holds_its_output(keepers: Bench) -> None:
    run = await keepers.shell("sleep 60 & exit 4", keep_leftovers=True)
    await wait_for("the leader's exit", lambda: run.heard(LeaderExited))
    assert run.heard(LeaderExited).exit == ExitStatus(code=4)
    assert [member.name for member in await run.held.family()] == ["sleep"]
    await run.held.kill()
    assert (await run.ended()).exit == ExitStatus(code=4)


async def test_leftovers_are_swept_and_named(keepers: Bench, tmp_path: Path) -> None:
    truth = tmp_path / "truth"
    run = await keepers.shell(
        f"{PYTHON} -S {ZOO} deaf {truth} & sleep 60 & while [ ! -s {truth} ]; do :; done; exit 0",
        sweep_grace=0.2,
    )
    ended = await run.ended()
    assert {(swept.name, swept.how) for swept in ended.swept} >= {("sleep", "term")}
    assert "kill" in {swept.how for swept in ended.swept}
    assert not any(alive(int(pid)) for pid in truth.read_text().split())


async def test_kill_leaves_nobody_of_a_nasty_family(keepers: Bench, tmp_path: Path) -> None:
    truth = tmp_path / "truth"
    run = await keepers.run(PYTHON, "-S", ZOO, "zoo", str(truth))
    await wait_for("the zoo", lambda: truth.exists() and len(truth.read_text().split()) >= 8)
    await run.held.kill()
    assert (await run.ended()).exit == ExitStatus(signal=signal.SIGKILL)
    assert not any(alive(int(pid)) for pid in truth.read_text().split())
    assert find_strays(run.spec.folder, run.spec.run_id) == []


async def test_kill_catches_a_chain_of_forks(fast: Bench) -> None:
    run = await fast.shell(f"{PYTHON} -S {ZOO} chain; sleep 60")
    await wait_for("the chain", lambda: len(find_strays(run.spec.folder, run.spec.run_id)) > 1)
    await run.held.kill()
    await run.ended()
    assert find_strays(run.spec.folder, run.spec.run_id) == []


async def test_pause_stops_tools_in_sessions_of_their_own_and_resume_undoes_it(
    keepers: Bench, tmp_path: Path
) -> None:
    truth = tmp_path / "truth"
    run = await keepers.shell(f"setsid {PYTHON} -S {ZOO} burn {truth} & {PYTHON} -S {ZOO} burn {truth}")
    await wait_for("two burners", lambda: truth.exists() and len(truth.read_text().split()) == 2)
    burners = [int(pid) for pid in truth.read_text().split()]
    report = await run.held.pause()
    assert set(burners) <= set(report.reached) and not report.refused
    used = [cpu_ticks(pid) for pid in burners]
    deadline = sum(os.times()[:2]) + 0.3
    while sum(os.times()[:2]) < deadline:
        pass  # use up our own processor time: theirs must stand still meanwhile
    assert [cpu_ticks(pid) for pid in burners] == used
    await run.held.resume()
    await wait_for("work going on", lambda: all(cpu_ticks(p) > u for p, u in zip(burners, used, strict=True)))


async def test_resume_leaves_alone_who_had_stopped_itself(keepers: Bench, tmp_path: Path) -> None:
    truth = tmp_path / "truth"
    run = await keepers.shell(f"{PYTHON} -S {ZOO} self_stopped {truth} & wait")
    await wait_for("the stop", lambda: truth.exists() and truth.read_text().endswith("\n"))
    pid = int(truth.read_text())
    await wait_for("the stopped state", lambda: (stat := kernel.read_stat(pid)) and stat.is_stopped)
    assert pid not in (await run.held.pause()).reached
    await run.held.resume()
    assert (stat := kernel.read_stat(pid)) and stat.is_stopped


async def test_a_paused_agent_that_is_asked_to_end_runs_its_handler(keepers: Bench) -> None:
    run = await keepers.shell("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done")
    await run.wrote(b"ready")
    await run.held.pause()
    await run.held.signal(signal.SIGTERM)
    await run.held.resume()
    assert (await run.ended()).exit.success
    assert b"bye\n" in run.log


async def test_an_agent_that_stops_itself_is_noticed_and_can_still_handle_a_signal(keepers: Bench) -> None:
    run = await keepers.shell("trap 'echo bye; exit 0' TERM; echo ready; kill -STOP $$; sleep 60")
    await wait_for("the note", lambda: run.heard(Note))
    assert run.heard(Note).kind == "self_stopped"
    await run.held.signal(signal.SIGTERM)
    assert (await run.ended()).exit.success
    assert run.log.endswith(b"bye\n")


async def test_a_supervisor_that_comes_back_finds_the_run_as_it_was(keepers: Bench) -> None:
    run = await keepers.shell("i=0; while :; do i=$((i+1)); echo $i; done")
    await run.wrote(b"100\n")
    await run.held.pause()
    run.held.close()
    again = await keepers.adopt(run)
    assert again.held.is_paused()
    assert again.heard(Started) == run.heard(Started)
    await again.held.resume()
    size = len(run.log)
    await wait_for("more output", lambda: len(run.log) > size)
    await again.held.kill()
    await again.ended()
    lines = run.log.split(b"\n")[:-1]
    assert lines == [str(number).encode() for number in range(1, len(lines) + 1)]


async def test_an_ending_that_nobody_heard_is_read_from_disk(keepers: Bench) -> None:
    run = await (await keepers.shell("sleep 0.05; exit 7")).started()
    run.held.close()
    await wait_for("the end", lambda: not is_held(run.spec.folder))
    again = await keepers.adopt(run)
    assert again.link is None
    assert (await again.ended()).exit == ExitStatus(code=7)


async def test_a_killed_keeper_takes_nobody_along_and_its_run_is_swept_and_reported(
    fast: Bench, tmp_path: Path
) -> None:
    truth = tmp_path / "truth"
    other = await (await fast.shell("echo here; sleep 60")).started()
    run = await fast.shell(f"echo first; {PYTHON} -S {ZOO} zoo {truth}")
    await wait_for("the zoo", lambda: truth.exists() and len(truth.read_text().split()) >= 8)
    keeper = run.held.keeper_pid
    assert keeper is not None
    os.kill(keeper, signal.SIGKILL)
    await wait_for("the report", lambda: run.heard(Lost), within=30)
    assert find_strays(run.spec.folder, run.spec.run_id) == []
    assert run.log == b"first\n"
    assert (await other.held.family())[0].name == "sh"
    assert (await fast.adopt(run)).heard(Lost), "a later supervisor reads the same"


async def test_a_killed_warm_process_costs_nothing(fast: Bench) -> None:
    before = await (await fast.shell("echo one; sleep 60")).started()
    assert fast.launcher.warm_pid is not None
    os.kill(fast.launcher.warm_pid, signal.SIGKILL)
    after = await (await fast.shell("echo two; exit 0")).started()
    await after.ended()
    assert [member.name for member in await before.held.family()] == ["sh", "sleep"]


async def test_a_run_that_may_not_go_on_alone_ends_with_its_owner(keepers: Bench) -> None:
    run = await (await keepers.shell("sleep 60", on_loss=0.0, sweep_grace=0.2)).started()
    run.held.close()
    await wait_for("the end", lambda: not is_held(run.spec.folder))
    assert find_strays(run.spec.folder, run.spec.run_id) == []


async def test_nothing_leaks_over_many_runs(fast: Bench) -> None:
    await (await fast.shell("true")).ended()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for run in [await fast.shell("echo x; sleep 0.01 & exit 0") for _ in range(30)]:
        await run.ended()
    await wait_for("closed sockets", lambda: len(list(Path("/proc/self/fd").iterdir())) <= before)
    warm = fast.launcher.warm_pid
    assert warm is not None
    await wait_for("no child of the warm process", lambda: kernel.children_of(warm) == [])


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="needs to mount a small disk")
async def test_a_full_disk_makes_the_agent_wait_and_loses_nothing(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(disk)]).returncode:
        pytest.skip("no right to mount")
    try:
        async with bench(disk) as made:
            (disk / "ballast").write_bytes(b"x" * 1_000_000)
            run = await made.shell("seq 200000; echo end")
            await wait_for("the note", lambda: run.heard(Note) and run.heard(Note).kind == "disk_full")
            subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
            await run.ended()
            expected = subprocess.run(["seq", "200000"], capture_output=True, check=True).stdout + b"end\n"
            assert run.log == expected
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_a_pid_that_was_reused_is_never_signalled() -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        stat = kernel.read_stat(stranger.pid)
        assert stat is not None
        for send in (kernel.send, kernel.send_by_number):
            assert send(stranger.pid, stat.start_ticks - 1, signal.SIGKILL) is False
        assert stranger.poll() is None
        assert kernel.send(stranger.pid, stat.start_ticks, signal.SIGKILL)
        assert stranger.wait() == -signal.SIGKILL
    assert kernel.send(stranger.pid, stat.start_ticks, signal.SIGKILL) is False


async def test_a_signal_by_hand_leaves_the_sweeping_of_leftovers_to_the_keeper(keepers: Bench) -> None:
    run = await keepers.shell("(trap '' INT; sleep 60) & echo ready; exec sleep 60", sweep_grace=0.2)
    await run.wrote(b"ready")
    await run.held.signal(signal.SIGINT)
    ended = await run.ended()
    assert ended.exit == ExitStatus(signal=signal.SIGINT)
    assert {swept.how for swept in ended.swept} <= {"term", "kill"} and ended.swept


async def test_a_signal_that_is_to_end_leaves_the_time_to_its_sender(keepers: Bench) -> None:
    child = "trap 'sleep 0.5; echo cleaned up; exit 0' TERM; echo ready; while :; do sleep 0.01; done"
    run = await keepers.shell(f"({child}) & exec sleep 60", sweep_grace=0.0)
    await run.wrote(b"ready")
    await run.held.signal(signal.SIGTERM, to_end=True)
    ended = await run.ended()
    assert b"cleaned up" in run.log and ended.swept == ()


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="the system keeps no such score")
async def test_agents_are_killed_before_their_keepers_when_memory_is_short(fast: Bench) -> None:
    run = await fast.shell("cat /proc/self/oom_score_adj; sleep 60")
    await run.wrote(b"\n")
    keeper = Path(f"/proc/{run.held.keeper_pid}/oom_score_adj")
    assert int(run.log) > int(keeper.read_text())
    assert int(keeper.read_text()) == int(Path("/proc/self/oom_score_adj").read_text())


async def test_the_last_words_in_a_terminal_are_kept(keepers: Bench) -> None:
    for _ in range(40):  # what the line discipline still holds when the last process is gone
        run = await keepers.shell("echo first; echo last", tty=True)
        await run.ended()
        assert run.log == b"first\r\nlast\r\n"
