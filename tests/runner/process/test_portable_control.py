"""Signals, pause and resume of a whole family, with psutil alone."""

import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from descartes_tui.runner.model.errors import ExecutionError
from descartes_tui.runner.model.folders import STDOUT
from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.run import Note
from descartes_tui.runner.process.portable import PortableControl, PortableLauncher
from descartes_tui.runner.process.portable_family import PortableFamily, describe
from descartes_tui.runner.process.portable_table import Picture, ProcessTable, Row
from tests.runner.process.portable_runs import Run, cpu_of, launch, let_pass, python
from tests.waiting import wait_for

SPINNERS = "(while :; do :; done) & setsid sh -c 'while :; do :; done' & echo up; wait"
SAYS_BYE = "trap 'echo bye; exit 0' TERM; echo up; while :; do kill -STOP $$; done"
FORKS_WITHOUT_PAUSE = """
import os
print("up", flush=True)
while True:
    if os.fork() == 0:
        os._exit(0)
    os.wait()
"""


@pytest.fixture
async def launcher() -> AsyncIterator[PortableLauncher]:
    launcher = PortableLauncher(look_seconds=0.05)
    yield launcher
    await launcher.close()


async def shell(launcher: PortableLauncher, folder: Path, script: str) -> Run:
    """Start a script that prints `up` when it stands."""
    run = await launch(launcher, folder, "sh", "-c", script)
    await run.wrote(b"up")
    return run


async def members_of(run: Run, count: int) -> list[int]:
    """Return the pids of a family when it has as many."""
    pids: list[int] = []
    while len(pids) != count:
        pids = [member.pid for member in await run.living.family()]
    return pids


def states(pids: list[int]) -> set[str]:
    return {str(psutil.Process(pid).status()) for pid in pids}


async def test_pause_stops_everyone_and_resume_continues(launcher: PortableLauncher, tmp_path: Path) -> None:
    run = await shell(launcher, tmp_path, SPINNERS)
    pids = await members_of(run, 3)
    report = await run.living.pause()
    assert sorted(report.reached) == sorted(pids) and run.living.is_paused()
    before = cpu_of(pids)
    await let_pass(0.3)
    assert cpu_of(pids) == before and states(pids) == {"stopped"}
    assert (await run.living.pause()).reached == ()
    assert sorted((await run.living.resume()).reached) == sorted(pids)
    assert not run.living.is_paused()
    await wait_for("work to go on", lambda: sum(cpu_of(pids)) > sum(before))
    assert (await run.living.resume()).reached == ()


async def test_a_family_that_forks_without_pause_is_stopped(
    launcher: PortableLauncher, tmp_path: Path
) -> None:
    run = await launch(launcher, tmp_path, *python(FORKS_WITHOUT_PAUSE))
    await run.wrote(b"up")
    await run.living.pause()
    pids = [member.pid for member in await run.living.family()]
    before = cpu_of(pids)
    await let_pass(0.3)
    assert cpu_of(pids) == before and states(pids) <= {"stopped"}


async def test_who_was_stopped_before_stays_stopped(launcher: PortableLauncher, tmp_path: Path) -> None:
    run = await shell(launcher, tmp_path, "sh -c 'kill -STOP $$; sleep 600' & echo $! up; sleep 600")
    child = int(run.log.split()[0])
    await wait_for("the child to stop itself", lambda: states([child]) == {"stopped"})
    assert child not in (await run.living.pause()).reached
    assert child not in (await run.living.resume()).reached
    assert states([child]) == {"stopped"}


async def test_term_to_a_paused_family_is_handled(launcher: PortableLauncher, tmp_path: Path) -> None:
    run = await shell(
        launcher, tmp_path, "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.02; done"
    )
    await run.living.pause()
    await run.living.signal(signal.SIGTERM)
    assert not run.living.is_paused()
    assert (await run.ended()).exit == ExitStatus(code=7)
    assert run.stream(STDOUT) == b"up\nbye\n"


async def test_one_that_stopped_itself_is_noted_and_can_handle_term(
    launcher: PortableLauncher, tmp_path: Path
) -> None:
    run = await shell(launcher, tmp_path, SAYS_BYE)
    await wait_for("the note", lambda: run.has(Note, lambda note: note.kind == "self_stopped" and note.text))
    await run.living.signal(signal.SIGTERM)
    assert (await run.ended()).exit.success
    assert run.stream(STDOUT) == b"up\nbye\n"


async def test_a_pause_is_no_note(launcher: PortableLauncher, tmp_path: Path) -> None:
    run = await shell(launcher, tmp_path, "echo up; sleep 600")
    await run.living.pause()
    await let_pass(0.2)
    assert not run.has(Note)


async def test_a_signal_reaches_all_or_the_leader_alone(launcher: PortableLauncher, tmp_path: Path) -> None:
    child = "trap 'echo child' USR1; echo up; while :; do sleep 0.02; done"
    script = f"trap 'echo leader' USR1; (setsid sh -c \"{child}\" &); while :; do sleep 0.02; done"
    run = await shell(launcher, tmp_path, script)
    report = await run.living.signal(signal.SIGUSR1, leader_only=True)
    assert report.reached == (run.living.pid,)
    await run.wrote(b"leader")
    assert b"child" not in run.log
    family = {member.pid for member in await run.living.family() if member.name == "sh"}
    assert family <= set((await run.living.signal(signal.SIGUSR1)).reached)


async def test_paused_families_can_be_killed(launcher: PortableLauncher, tmp_path: Path) -> None:
    run = await shell(launcher, tmp_path, SPINNERS)
    await run.living.pause()
    await run.living.kill()
    assert (await run.ended()).exit == ExitStatus(signal=signal.SIGKILL)


async def test_after_the_end_nobody_is_reached(launcher: PortableLauncher, tmp_path: Path) -> None:
    run = await launch(launcher, tmp_path, "true")
    await run.ended()
    reports = [await run.living.signal(15), await run.living.pause(), await run.living.resume()]
    assert [report.reached for report in reports] == [(), (), ()]
    assert not run.living.is_paused()


async def test_windows_says_what_is_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    table = ProcessTable()
    control = PortableControl(table, "some-run", None)
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(ExecutionError, match="cannot send SIGINT: possible are TERM and KILL"):
        await control.signal(signal.SIGINT)
    monkeypatch.undo()
    table.close()


def test_a_reused_pid_is_a_stranger() -> None:
    me = psutil.Process()
    family = PortableFamily("some-run", me.ppid())
    family.leader_is_reaped()
    later = psutil.Process()
    setattr(later, "_ident", (me.ppid(), 1.0))  # noqa: B010 - as if the number had been given away
    rows = {me.ppid(): Row(later, 1, "running", 0, 0, "")}
    assert family.find(Picture(rows)) == []


def test_many_processes_are_described_in_one_line() -> None:
    row = Row(psutil.Process(), 1, "disk-sleep", 0, 0, "")
    assert describe([row] * 7).endswith(f"({os.getpid()}, disk-sleep) and 2 more")
