"""Those who talk to a keeper: the supervisor, and whoever takes its place. Imports next to nothing."""

import json
import os
import select
import socket
from contextlib import suppress

from descartes_tui.runner.model.layout import CONTROL
from descartes_tui.runner.process.files import via

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LINE_LIMIT = 1 << 21
SEND_BUFFER = 1 << 20


class Visitors:
    """Owns the keeper's socket and its connections. One that does not read what it is told is dropped.

    `obey(request)` returns the answer to one request; ValueError, KeyError and TypeError make it a refusal.
    """

    def __init__(
        self,
        poll: "select.poll",
        directory: int,
        folder: str,
        obey: "Callable[[dict[str, object]], dict[str, object]]",
    ) -> None:
        self._poll, self._obey = poll, obey
        self._open: dict[int, tuple[socket.socket, bytearray]] = {}
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        self._listener.bind(via(directory, folder, CONTROL))
        os.umask(before)
        self._listener.listen(16)
        self._listener.setblocking(False)
        poll.register(self._listener, select.POLLIN)

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, visitor: socket.socket) -> None:
        """Begin to listen to one more."""
        visitor.setblocking(False)
        visitor.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._open[visitor.fileno()] = (visitor, bytearray())
        self._poll.register(visitor, select.POLLIN)

    def attend(self, descriptor: int) -> bool:
        """Deal with a readable descriptor; False when it is none of ours."""
        if descriptor == self._listener.fileno():
            self._accept()
        elif descriptor in self._open:
            self._hear(descriptor)
        else:
            return False
        return True

    def announce(self, message: "dict[str, object]") -> None:
        """Tell all."""
        for visitor, _ in list(self._open.values()):
            self._tell(visitor, message)

    def _accept(self) -> None:
        with suppress(OSError):  # it went away again, or no descriptor is free: the next may find one
            self.admit(self._listener.accept()[0])

    def _hear(self, descriptor: int) -> None:
        visitor, buffer = self._open[descriptor]
        try:
            data = visitor.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        buffer += data
        if not data or len(buffer) > LINE_LIMIT:
            self._drop(descriptor)
            return
        while (end := buffer.find(b"\n")) >= 0:
            line = bytes(buffer[:end])
            del buffer[: end + 1]
            self._tell(visitor, self._answer(line))

    def _answer(self, line: bytes) -> "dict[str, object]":
        try:
            request = json.loads(line)
            return {**self._obey(request), "id": request.get("id")}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            return {"error": f"bad request: {error}"}

    def _tell(self, visitor: socket.socket, message: "dict[str, object]") -> None:
        try:
            visitor.sendall(json.dumps(message).encode() + b"\n")
        except OSError:  # it does not read, or is gone: it can come back and ask
            self._drop(visitor.fileno())

    def _drop(self, descriptor: int) -> None:
        visitor = self._open.pop(descriptor, None)
        if visitor is not None:
            self._poll.unregister(descriptor)
            visitor[0].close()
