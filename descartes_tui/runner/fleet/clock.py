"""Time as the fleet sees it: an argument, so that tests can turn the hands."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """Something that will happen, unless cancelled."""

    def cancel(self) -> None:
        """Make it not happen; harmless when it already has."""


class Clock(Protocol):
    """Tells the time of day and calls back later. Late calls are possible, early ones are not."""

    def now(self) -> float:
        """Return seconds since 1970: for people and for what must outlive this process."""

    def monotonic(self) -> float:
        """Return seconds that never jump: for measuring how long something took."""

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` in the event loop after `delay` seconds."""


class LoopClock:
    """The real time, with timers of the running event loop."""

    def now(self) -> float:
        """Return seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return time.monotonic()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` in the event loop after `delay` seconds."""
        return asyncio.get_running_loop().call_later(max(delay, 0.0), callback)


async def pass_time(clock: Clock, seconds: float) -> None:
    """Return after `seconds` on `clock`."""
    over = asyncio.Event()
    timer = clock.call_later(seconds, over.set)
    try:
        await over.wait()
    finally:
        timer.cancel()
