"""See how an agent's own process ends, never by the end of its output: others may hold that open."""

import asyncio
import os
import subprocess
import sys
from functools import partial
from typing import Final

from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.process.portable_threads import in_thread

HAS_PIDFD: Final = sys.platform == "linux" and hasattr(os, "pidfd_open")
LEAVES_UNREAPED: Final = sys.platform == "linux"
"""Whether a child's number stays its own after `leader_exit`, until `Popen.wait`."""


async def leader_exit(popen: "subprocess.Popen[bytes]", *, use_pidfd: bool = HAS_PIDFD) -> ExitStatus:
    """Return how a child ended; it is left unreaped where LEAVES_UNREAPED says so.

    With `use_pidfd` no thread is needed.
    """
    if sys.platform == "linux" and use_pidfd:
        try:
            pidfd = os.pidfd_open(popen.pid)
        except OSError:  # no descriptors left: a thread does as well
            return await in_thread("descartes-exit", partial(seen_exit, popen))
        await _readable(pidfd)
        return seen_exit(popen)
    return await in_thread("descartes-exit", partial(seen_exit, popen))


async def _readable(pidfd: int) -> None:
    loop = asyncio.get_running_loop()
    seen = asyncio.Event()
    loop.add_reader(pidfd, seen.set)
    try:
        await seen.wait()
    finally:
        loop.remove_reader(pidfd)
        os.close(pidfd)


def seen_exit(popen: "subprocess.Popen[bytes]") -> ExitStatus:
    """Wait for a child and return how it ended; both None when the host program lets children end unseen."""
    if sys.platform != "linux":
        return _reaped_exit(popen)
    try:
        seen = os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT)
    except ChildProcessError:
        seen = None
    if seen is None:
        return ExitStatus()
    exited = seen.si_code == os.CLD_EXITED
    return ExitStatus(code=seen.si_status) if exited else ExitStatus(signal=seen.si_status)


def _reaped_exit(popen: "subprocess.Popen[bytes]") -> ExitStatus:
    code = popen.wait()
    return ExitStatus(code=code) if code >= 0 or sys.platform == "win32" else ExitStatus(signal=-code)
