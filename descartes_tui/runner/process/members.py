"""Processes described for people: what they are called, what they use, whose children they are."""

import contextlib
from collections.abc import Sequence

import psutil

from descartes_tui.runner.model.info import FamilyMember
from descartes_tui.runner.process import kernel


def describe(processes: Sequence[tuple[int, int]]) -> tuple[FamilyMember, ...]:
    """Return the living among (pid, start ticks), in the order given; a reused pid is left out."""
    found = []
    for pid, ticks in processes:
        stat = kernel.read_stat(pid) if kernel.IS_LINUX else None
        if kernel.IS_LINUX and (stat is None or stat.start_ticks != ticks):
            continue
        with contextlib.suppress(psutil.Error):
            found.append(_describe(psutil.Process(pid), ticks))
    return tuple(found)


def _describe(process: psutil.Process, ticks: int) -> FamilyMember:
    with process.oneshot():
        times = process.cpu_times()
        return FamilyMember(
            pid=process.pid,
            ppid=process.ppid(),
            name=process.name(),
            cmdline=" ".join(process.cmdline()),
            status=process.status(),
            start_ticks=ticks,
            cpu_seconds=times.user + times.system,
            memory_bytes=process.memory_info().rss,
        )
