"""The agent's standard input: written without ever waiting for the agent to read. Imports next to nothing."""

import os
import select
from contextlib import suppress

QUEUE_BYTES = 1 << 20


class Stdin:
    """Owns the writing end of a pipe, or borrows a terminal's master. `descriptor` is -1 when there is none."""

    def __init__(self, poll: "select.poll", descriptor: int, terminal: bool) -> None:
        self._poll, self._descriptor, self._terminal = poll, descriptor, terminal
        self._queue = bytearray()
        self._closing = False
        if descriptor >= 0:
            os.set_blocking(descriptor, False)

    @property
    def is_open(self) -> bool:
        """True while something can be sent."""
        return self._descriptor >= 0 and not self._closing

    def queue(self, data: bytes) -> "dict[str, object]":
        """Take bytes to be written in order; a refusal when closed, or when 1 MiB waits to be read."""
        if not self.is_open:
            return {"refusal": "stdin is closed"}
        if len(self._queue) + len(data) > QUEUE_BYTES:
            return {"refusal": f"stdin is full: {len(self._queue)} bytes wait to be read by the agent"}
        self._queue += data
        self._feed()
        return {"queued": len(self._queue)}

    def close_when_written(self) -> None:
        """Let the agent see the end of input after what is queued; in a terminal that is a typed ctrl+d."""
        if self.is_open and self._terminal:
            self._queue += b"\x04"
        else:
            self._closing = True
        self._feed()

    def attend(self, descriptor: int, events: int) -> None:
        """Go on writing when there is room, or notice that nobody reads any more."""
        wanted = select.POLLOUT if self._terminal else select.POLLOUT | select.POLLERR | select.POLLHUP
        if descriptor == self._descriptor and events & wanted:
            self._feed()

    def _feed(self) -> None:
        if self._descriptor < 0:
            return
        try:
            while self._queue:
                del self._queue[: os.write(self._descriptor, self._queue)]
        except BlockingIOError:
            self._watch(True)
            return
        except OSError:  # its reader is gone
            self._queue.clear()
            self._closing = True
        self._watch(False)
        if self._closing and not self._terminal:
            os.close(self._descriptor)
            self._descriptor = -1

    def _watch(self, for_room: bool) -> None:
        """Wake when there is room; a terminal stays watched for its output all the time."""
        if self._terminal:
            self._poll.register(self._descriptor, select.POLLIN | (select.POLLOUT if for_room else 0))
        elif for_room:
            self._poll.register(self._descriptor, select.POLLOUT)
        else:
            with suppress(KeyError):  # was not waiting for room
                self._poll.unregister(self._descriptor)
