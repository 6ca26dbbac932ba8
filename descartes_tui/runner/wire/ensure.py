"""Find the session's supervisor, or start one that outlives its caller."""

import fcntl
import os
import signal
import socket
import struct
import sys
import time
from pathlib import Path

from descartes_tui.runner.model.folders import private_folder, session_folder, volatile_folder
from descartes_tui.runner.model.layout import ENDING, LOCK
from descartes_tui.runner.wire.address import check_session, dial
from descartes_tui.runner.wire.errors import WireError

START_LIMIT = 10.0  # seconds
LOG_NAME = "supervisor.log"
LOCK_NAME = "supervisor.lock"
_STEP = 0.01  # seconds between two looks at a supervisor that is starting
_YOUNG = 2.0  # seconds
_started: set[int] = set()


def ensure_supervisor(session: str) -> socket.socket:
    """Return a connection to the session's supervisor, which is started when none listens.

    WireError `failed`, with the last lines of its log, when none accepts within 10 s. Two callers at once
    end up with the same one: it holds a lock, and a second one gives way.
    """
    check_session(session)
    line = dial(session, START_LIMIT)
    if line is not None:
        return line
    log = private_folder(session_folder(session)) / LOG_NAME
    _reap()
    pid = _launch(session, log)
    _started.add(pid)
    deadline = time.monotonic() + START_LIMIT
    running = True
    while time.monotonic() < deadline:
        line = dial(session, START_LIMIT)
        if line is not None:
            if running and _listener(line) not in (pid, None):
                os.kill(
                    pid, signal.SIGTERM
                )  # somebody was faster: ours must not come late, when that has left
            return line
        if running:
            _reap()
            running = pid in _started
        elif not _somebody_else_starts(session):
            break
        time.sleep(_STEP)
    raise WireError("failed", f"the supervisor of session {session!r} did not start{_last_lines(log)}")


def _reap() -> None:
    """Take note of the end of supervisors that this process started, so that none stays as a zombie."""
    for pid in tuple(_started):
        try:
            ended = os.waitpid(pid, os.WNOHANG) != (0, 0)
        except ChildProcessError:  # somebody else in this process was told
            ended = True
        if ended:
            _started.discard(pid)


def left_behind(session: str) -> bool:
    """True when a supervisor of this session ended without `down`: its fleet is declared, or still runs."""
    return _has_declared(volatile_folder(session)) or _has_living_run(session_folder(session))


def _launch(session: str, log: Path) -> int:
    """Start the supervisor in a session of its own, with nothing of ours but the environment."""
    # -P: neither the caller's folder nor "/" is searched for modules, whatever they hold
    program = [sys.executable, "-P", "-m", "descartes_tui", "supervisor", "--session", session]
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    to_log = [(os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600), (os.POSIX_SPAWN_DUP2, 1, 2)]
    from_nothing = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
    try:
        return os.posix_spawn(
            sys.executable, program, os.environ, file_actions=[*from_nothing, *to_log], setsid=True
        )
    except OSError as error:
        raise WireError("failed", f"cannot start a supervisor with {sys.executable}: {error}") from None


def _listener(line: socket.socket) -> int | None:
    """Return the pid of who listens at the other end, None where the system does not tell."""
    if sys.platform != "linux":
        return None
    facts = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", facts)[0])


def _somebody_else_starts(session: str) -> bool:
    """True while another process holds the session's lock: ours gave way to it."""
    return _is_held(session_folder(session) / LOCK_NAME)


def _last_lines(log: Path) -> str:
    try:
        text = log.read_bytes()[-2000:].decode(errors="replace")
    except OSError:
        return ""
    lines = text.strip().splitlines()[-5:]
    return "\n  ".join((f"; {log} ends with:", *lines)) if lines else ""


def _has_declared(folder: Path) -> bool:
    return any(folder.glob("*.agent.json"))  # as the fleet names its declarations


def _has_living_run(session: Path) -> bool:
    while True:
        try:
            return any(_lives(lock) for lock in session.glob(f"runs/*/*/{LOCK}"))
        except FileNotFoundError:  # old runs are being removed while we look
            continue


def _lives(lock: Path) -> bool:
    """True while the keeper of a run holds its lock. One without an ending that is new is left alone: its
    keeper may be about to take it."""
    if (lock.parent / ENDING).exists():
        return False
    try:
        return time.time() - lock.stat().st_mtime < _YOUNG or _is_held(lock)
    except OSError:
        return False


def _is_held(lock: Path) -> bool:
    try:
        handle = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
