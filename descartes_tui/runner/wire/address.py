"""Where a session's supervisor listens, whatever the length of its path. Light: loaded by every command."""

import os
import socket
import stat
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from descartes_tui.runner.model.folders import socket_path, state_root
from descartes_tui.runner.model.names import NAME_PATTERN
from descartes_tui.runner.wire.errors import WireError

LONGEST = 107 if sys.platform == "linux" else 103  # bytes of sun_path without its final NUL


def check_session(session: str) -> None:
    """Refuse, as WireError `bad_request`, a name that cannot be a session's: it becomes part of paths."""
    if NAME_PATTERN.fullmatch(session) is None:
        raise WireError(
            "bad_request",
            f"session name {session!r}: expected a letter or digit, then at most 62 of A-Z a-z 0-9 . _ -",
        )


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """Give the name under which the socket at `path` can be bound or connected to, while the block runs.

    A path that is too long for the system goes through an open descriptor of its folder on Linux, elsewhere
    it is replaced by a short one in a private folder of the system's temporary folder.
    """
    if len(os.fsencode(path)) <= LONGEST:
        yield str(path)
    elif sys.platform == "linux":
        folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield f"/proc/self/fd/{folder}/{path.name}"
        finally:
            os.close(folder)
    else:
        yield str(short_stand_in(path))


def short_stand_in(path: Path) -> Path:
    """Return the short path that stands for a long one where descriptors cannot: same for every process."""
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"descartes-tui-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        raise PermissionError(f"{folder} must be a folder of yours that nobody else can enter (chmod 700)")
    return folder / f"{zlib.crc32(os.fsencode(path)):08x}.sock"


def dial(session: str, timeout: float | None) -> socket.socket | None:
    """Return a connected socket, None when nobody listens; WireError `timeout` when nobody accepts."""
    path = socket_path(session)
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.settimeout(timeout)
        with reachable(path) as name:
            _connect(line, name, timeout)
        return line
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        line.close()
        return None
    except (TimeoutError, BlockingIOError):
        line.close()
        raise WireError("timeout", f"the supervisor of session {session!r} does not answer") from None
    except PermissionError as error:
        line.close()
        raise WireError("communication", f"{path}: {error.strerror}: it belongs to another user") from None
    except OSError as error:
        line.close()
        raise WireError("communication", f"{path}: {error.strerror or error}") from None


def _connect(line: socket.socket, name: str, timeout: float | None) -> None:
    """Connect, with patience for a door with a queue: a full one refuses at once (EAGAIN, connect(2))."""
    deadline = time.monotonic() + (timeout if timeout is not None else float("inf"))
    while True:
        try:
            line.connect(name)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.01)


def sessions() -> list[str]:
    """Return the sessions that have state on this machine, running or not."""
    try:
        names = [folder.name for folder in state_root().iterdir()]
    except OSError:
        return []
    return sorted(name for name in names if NAME_PATTERN.fullmatch(name) is not None)


def listening_sessions(but: str = "") -> tuple[str, ...]:
    """Return the other sessions whose supervisor accepts connections now."""
    return tuple(name for name in sessions() if name != but and _listens(name))


def _listens(session: str) -> bool:
    try:
        line = dial(session, 0.2)
    except WireError:
        return False
    if line is not None:
        line.close()
    return line is not None
