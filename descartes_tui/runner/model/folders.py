"""Where a session keeps things, and what the files of a run are called."""

import os
import sys
from pathlib import Path

from descartes_tui.runner.model.layout import (
    CONTROL,
    ENDING,
    INDEX,
    INDEX_RECORD,
    LEDGER,
    LOCK,
    LOG,
    MARK,
    RUN_FACTS,
    STDERR,
    STDOUT,
    STREAM_NAMES,
    TERMINAL,
)

__all__ = [
    "CONTROL",
    "ENDING",
    "INDEX",
    "INDEX_RECORD",
    "LEDGER",
    "LOCK",
    "LOG",
    "MARK",
    "RUN_FACTS",
    "STDERR",
    "STDOUT",
    "STREAM_NAMES",
    "TERMINAL",
    "config_root",
    "private_folder",
    "run_folder",
    "session_folder",
    "socket_path",
    "state_root",
    "volatile_folder",
]


def _under_home(variable: str, default: str) -> Path:
    value = os.environ.get(variable, "")
    base = Path(value) if value.startswith("/") else Path.home() / default
    return base / "descartes-tui"


def state_root() -> Path:
    """Return the folder of all sessions' state (XDG Base Directory Specification)."""
    return _under_home("XDG_STATE_HOME", ".local/state")


def config_root() -> Path:
    """Return the folder of the user's settings and themes."""
    return _under_home("XDG_CONFIG_HOME", ".config")


def session_folder(session: str) -> Path:
    """Return the state folder of one session."""
    return state_root() / session


def socket_path(session: str) -> Path:
    """Return the supervisor's socket: in the runtime folder if there is one, else beside the state."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/") and Path(runtime).is_dir() and os.access(runtime, os.W_OK):
        return Path(runtime) / "descartes-tui" / f"{session}.sock"
    return session_folder(session) / "supervisor.sock"


def volatile_folder(session: str) -> Path:
    """Return where a session keeps what must not outlive the machine's uptime, secrets above all.

    A memory file system where there is one (XDG_RUNTIME_DIR, else /dev/shm), else the state folder.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/") and Path(runtime).is_dir() and os.access(runtime, os.W_OK):
        return Path(runtime) / "descartes-tui" / session
    if Path("/dev/shm").is_dir() and sys.platform == "linux":
        from hashlib import sha256  # loads OpenSSL, for which every command line would pay

        root = sha256(str(state_root()).encode()).hexdigest()[:12]
        return Path(f"/dev/shm/descartes-tui-{os.getuid()}") / root / session
    return session_folder(session) / "volatile"


def run_folder(session: Path, agent_id: str, run: int) -> Path:
    """Return the folder of run number `run` (from 1) of an agent."""
    return session / "runs" / agent_id / str(run)


def private_folder(path: Path) -> Path:
    """Create `path`, and what is missing above it, with mode 0700, whatever the umask; return it.

    Raises PermissionError when it belongs to another user: what is kept there would not be private.
    """
    missing = [parent for parent in path.parents if not parent.exists()]
    for parent in reversed(missing):  # as the XDG Base Directory Specification asks for
        private_folder(parent)
    path.mkdir(mode=0o700, exist_ok=True)
    if sys.platform != "win32":
        if path.stat().st_uid != os.geteuid():
            raise PermissionError(f"{path} belongs to another user: remove it, or have its owner do so")
        path.chmod(0o700)
    return path
