"""The supervisor's door: lets in its own user, a bounded number at a time, and keeps standing."""

import asyncio
import logging
import os
import socket
import stat
import struct
import sys
import time
from pathlib import Path
from typing import Final

from descartes_tui.runner.model.errors import ExecutionError
from descartes_tui.runner.model.folders import private_folder
from descartes_tui.runner.supervisor.connection import FAREWELL, Connection
from descartes_tui.runner.supervisor.desk import Desk
from descartes_tui.runner.wire.address import reachable
from descartes_tui.runner.wire.faults import error_to_json
from descartes_tui.runner.wire.framing import encode

log = logging.getLogger(__name__)

CONNECTIONS: Final = 128  # at the same time
BACKLOG: Final = 128
PAUSE: Final = 1.0  # seconds without accepting after the system refused a descriptor


class Server:
    """Accepts connections on the session's socket until closed."""

    def __init__(self, desk: Desk, listener: socket.socket) -> None:
        self._desk, self._listener = desk, listener
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[Connection] = set()
        self._count = 0
        self._quiet_until: dict[str, float] = {}

    async def serve(self) -> None:
        """Accept until cancelled. Whatever goes wrong with one client is logged, and the next one served."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                line, _ = await loop.sock_accept(self._listener)
            except OSError as error:  # no descriptors left, above all
                self._complain(f"cannot accept connections: {error}")
                await asyncio.sleep(PAUSE)
                continue
            self._count += 1
            task = loop.create_task(self._welcome(line, self._count), name=f"client {self._count}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop accepting and end all connections, with what they were to be told written."""
        self._listener.close()
        await asyncio.gather(*(connection.close() for connection in tuple(self._open)))
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FAREWELL)
        for task in self._tasks:
            task.cancel()

    async def _welcome(self, line: socket.socket, number: int) -> None:
        uid = peer_uid(line)
        if uid is not None and uid != os.getuid():
            self._complain(f"refused a connection of user {uid}")
            line.close()
            return
        try:
            reader, writer = await asyncio.open_unix_connection(sock=line)
        except OSError as error:
            self._complain(f"cannot serve a connection: {error}")
            line.close()
            return
        if len(self._open) >= CONNECTIONS:
            await self._turn_away(writer)
            return
        connection = Connection(f"client {number}", reader, writer, self._desk)
        self._open.add(connection)
        try:
            await connection.serve()
        except Exception:  # a fault of ours, at the cost of this one client
            log.exception("a connection failed")
        finally:
            self._open.discard(connection)

    async def _turn_away(self, writer: asyncio.StreamWriter) -> None:
        self._complain(f"more than {CONNECTIONS} connections at once; new ones are refused")
        refusal = ExecutionError(
            f"session {self._desk.session}", f"{CONNECTIONS} clients are connected already; close some"
        )
        writer.write(encode({"id": None, "error": error_to_json(refusal)}))
        writer.close()

    def _complain(self, text: str) -> None:
        """Log a text once a minute at most, however often it happens."""
        now = time.monotonic()
        if self._quiet_until.get(text, 0.0) <= now:
            self._quiet_until[text] = now + 60.0
            log.warning(text)


def listen(path: Path) -> socket.socket:
    """Return a socket that listens at `path`, private to this user. A stale one there is replaced.

    For the holder of the session's lock only: nobody else can be listening there. OSError when something
    that is no socket is in the way.
    """
    private_folder(path.parent)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with reachable(path) as name:
            if os.path.lexists(name):
                if not stat.S_ISSOCK(os.lstat(name).st_mode):
                    raise FileExistsError(f"{path} is in the way and is no socket; remove it")
                Path(name).unlink()
            before = os.umask(0o177)
            try:
                listener.bind(name)
            finally:
                os.umask(before)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def peer_uid(line: socket.socket) -> int | None:
    """Return the user at the other end, None where the system cannot tell (then the file modes guard)."""
    if sys.platform == "linux":
        facts = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _, uid, _ = struct.unpack("3i", facts)
        return int(uid)
    elif sys.platform == "darwin":  # noqa: RET505 so that mypy sees three systems
        local_peercred, xucred = 1, "2I"  # <sys/un.h>, <sys/ucred.h>: version, uid, groups
        facts = line.getsockopt(0, local_peercred, 76)
        return int(struct.unpack_from(xucred, facts)[1])
    else:
        return None
