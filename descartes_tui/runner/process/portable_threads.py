"""Work that blocks, in threads of its own whose end the event loop sees, and a way to wake them."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar, cast

T = TypeVar("T")


def in_thread(name: str, work: Callable[[], T]) -> "asyncio.Future[T]":
    """Run `work` in a daemon thread and return its result to the running loop.

    Not in a pool: such work may wait as long as the agent lives.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def end(result: T | None, error: Exception | None) -> None:
        if future.done():
            return  # cancelled
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(cast(T, result))

    def run() -> None:
        try:
            result = work()
        except Exception as error:
            tell(loop, partial(end, None, error))
        else:
            tell(loop, partial(end, result, None))

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


def tell(loop: asyncio.AbstractEventLoop, act: Callable[[], object]) -> None:
    """Call `act` in the loop, from any thread; a loop that is closed hears nothing."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(act)


class Wake:
    """Wakes threads that poll `reading` beside their own pipe. Windows has no such thing: `reading` is -1."""

    def __init__(self) -> None:
        self.reading, self._writing = (-1, -1) if sys.platform == "win32" else os.pipe()

    def wake(self) -> None:
        """Wake all, now and for ever."""
        if self._writing != -1:
            os.close(self._writing)
            self._writing = -1

    def close(self) -> None:
        """Wake, and let the descriptors go; no thread may poll them any more."""
        self.wake()
        if self.reading != -1:
            os.close(self.reading)
            self.reading = -1
