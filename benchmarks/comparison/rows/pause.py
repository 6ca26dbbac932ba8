"""Whether a paused agent really stands still, its tools in other sessions with it."""

import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.comparison import ground
from benchmarks.comparison.case import case
from benchmarks.comparison.rows.row import Cell, Group
from benchmarks.comparison.tools.tool import Tool

SECONDS = 0.6


def _used(pids: list[int]) -> list[int]:
    """Return the ticks that each process uses in a while."""
    before = ground.ticks(pids)
    time.sleep(SECONDS)
    return [after - start for start, after in zip(before, ground.ticks(pids), strict=True)]


def _pause(tool: type[Tool], peers: Path, variant: str) -> Mapping[str, Cell]:
    if not tool.pauses:
        return {"pause": Cell("no verb", False)}
    with case(tool, peers, variant) as one:
        one.tool.start([one.agent("it", "family", "burn")])
        one.ready()
        pids = [process.pid for process in one.truths["it"].all() if process.pid]
        one.tool.pause("it")
        time.sleep(0.2)
        paused = _used(pids)
        one.tool.resume("it")
        resumed = _used(pids)
        facts = {"ticks_paused": paused, "ticks_resumed": resumed}
        still = not any(paused)
        woken = all(resumed)
        what = "both still" if still else "leader still, **child runs**" if not paused[0] else "**runs on**"
        text = f"{tool.pauses}: {what}" + (", both go on" if woken else ", **not woken**")
        return {"pause": Cell(text, still and woken, facts)}


GROUPS = (
    Group(
        "pause",
        "pause",
        "Pausing",
        {"pause": "pause a busy agent with a busy child in its own session (processor ticks)"},
        _pause,
    ),
)
