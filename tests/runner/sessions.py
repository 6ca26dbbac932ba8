"""Sessions for tests: a state of their own, real supervisors, and nothing left at the end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from descartes_tui.runner.model.folders import session_folder
from descartes_tui.runner.wire.client import Client
from descartes_tui.runner.wire.ensure import left_behind
from descartes_tui.runner.wire.errors import WireError
from tests.waiting import wait_until


@contextmanager
def own_sessions(tmp_path: Path) -> Iterator[str]:
    """Put all state under `tmp_path`, give the name of a session, and end every session that was used."""
    with pytest.MonkeyPatch.context() as patch:
        for variable, folder in (("XDG_STATE_HOME", "state"), ("XDG_RUNTIME_DIR", "run")):
            (tmp_path / folder).mkdir()
            patch.setenv(variable, str(tmp_path / folder))
        try:
            yield "shop"
        finally:
            for state in (tmp_path / "state").glob("descartes-tui/*"):
                end_session(state.name)


def end_session(session: str) -> None:
    """Stop everything of a session, and prove that nothing of it is left."""
    with suppress(WireError), Client.connect(session, timeout=10.0) as client:
        client.call("down", timeout=5.0)
    wait_until(
        f"end of session {session}", lambda: not left_behind(session) and supervisor_pid(session) is None
    )


def supervisor_pid(session: str) -> int | None:
    """Return the pid that the session's lock names, if that process lives."""
    with suppress(OSError, ValueError):
        pid = int((session_folder(session) / "supervisor.lock").read_text())
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return None if state == "Z" else pid
    return None


def kill_supervisor(session: str) -> int:
    """Kill the supervisor with SIGKILL and return the pid that it had."""
    pid = supervisor_pid(session)
    assert pid is not None, "no supervisor runs"
    os.kill(pid, signal.SIGKILL)
    return pid


def supervisor_process(session: str, *options: str) -> "subprocess.Popen[bytes]":
    """Start a supervisor by hand, as a person does."""
    command = [sys.executable, "-m", "descartes_tui", "supervisor", "--session", session, *options]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
