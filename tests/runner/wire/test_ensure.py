"""A supervisor is started whatever the caller's folder holds, and a start that fails says why."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from descartes_tui.runner.model.folders import private_folder, run_folder, session_folder, volatile_folder
from descartes_tui.runner.wire.client import Client
from descartes_tui.runner.wire.ensure import ensure_supervisor, left_behind
from descartes_tui.runner.wire.errors import WireError


def test_a_start_that_fails_shows_the_end_of_the_log(session: str) -> None:
    (private_folder(session_folder(session)) / "supervisor.lock").mkdir()
    with pytest.raises(WireError, match=r"did not start; .*supervisor.log ends with:(.|\n)*Is a directory"):
        ensure_supervisor(session)


def test_modules_in_the_callers_folder_are_not_loaded(session: str, tmp_path: Path) -> None:
    for name in ("descartes_tui", "runner", "app", "asyncio", "msgspec"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the wrong module')")
    code = f"from descartes_tui.runner.wire.client import Client; Client.connect({session!r}, start=True)"
    subprocess.run([sys.executable, "-P", "-c", code], check=True, cwd=tmp_path)
    with Client.connect(session) as client:
        assert client.call("list") == []


def test_nothing_is_left_behind_where_nothing_was(session: str) -> None:
    assert not left_behind(session)
    assert not session_folder(session).exists()


def test_declared_agents_and_living_runs_are_left_behind(session: str) -> None:
    declared = private_folder(volatile_folder(session)) / "some-id.agent.json"
    declared.write_text("{}")
    assert left_behind(session)
    declared.unlink()
    assert not left_behind(session)
    folder = run_folder(session_folder(session), "some-id", 1)
    folder.mkdir(parents=True)
    lock = folder / "lock"
    code = "import fcntl,sys; f=open(sys.argv[1],'w'); fcntl.flock(f, 2); print(); sys.stdin.read()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code, str(lock)], **pipes) as keeper:  # type: ignore[call-overload]
        keeper.stdout.readline()
        os.utime(lock, (0, 0))
        assert left_behind(session)
    assert not left_behind(session)
