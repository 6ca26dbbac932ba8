"""Where a session keeps things, and what the files of a run are called."""

import os
import struct
import sys
from pathlib import Path
from typing import Final

LOG: Final = "log"  # raw bytes as the agent wrote them
INDEX: Final = "index"  # records of INDEX_RECORD
ENDING: Final = "ending.json"
RUN_FACTS: Final = "run.json"
LOCK: Final = "lock"  # held by the keeper for life: liveness is this lock, not a pid
CONTROL: Final = "ctl"  # the keeper's socket
LEDGER: Final = "pids"  # pid and start time of everything seen in the family

INDEX_RECORD: Final = struct.Struct("<QQ")
"""(offset, nanoseconds since 1970 << 2 | stream): from `offset` on, bytes came from `stream` at that time."""
STDOUT, STDERR, TERMINAL = 0, 1, 2
STREAM_NAMES: Final = ("stdout", "stderr", "stdout")  # a terminal has one stream, shown as stdout

MARK: Final = "DESCARTES_RUN_ID"


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


def run_folder(session: Path, agent_id: str, run: int) -> Path:
    """Return the folder of run number `run` (from 1) of an agent."""
    return session / "runs" / agent_id / str(run)


def private_folder(path: Path) -> Path:
    """Create `path` with mode 0700, whatever the umask, and return it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform != "win32":
        path.chmod(0o700)
    return path
