"""The one way tests wait: for a condition, never for a duration."""

import asyncio
import time
from collections.abc import Callable


async def wait_for(what: str, condition: Callable[[], object], *, within: float = 15.0) -> None:
    """Let the loop run until `condition` holds; fail naming `what` never happened."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {within:g} s")
        await asyncio.sleep(0.01)


def wait_until(what: str, condition: Callable[[], object], *, within: float = 15.0) -> None:
    """Like `wait_for`, for tests that have no event loop."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {within:g} s")
        time.sleep(0.01)
