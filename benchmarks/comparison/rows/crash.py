"""An agent that fails at once, with restarts switched on."""

import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.comparison.case import case
from benchmarks.comparison.rows.row import Cell, Group
from benchmarks.comparison.tools.tool import Tool

SECONDS = 20.0


def _loop(tool: type[Tool], peers: Path, variant: str) -> Mapping[str, Cell]:
    if not tool.restarts:
        return {"crash": Cell("no restarts", None)}
    with case(tool, peers, variant) as one:
        one.tool.start([one.agent("it", "writer", "crash")], restart=True)
        one.ready("it", "leader")
        began = time.monotonic()
        times: list[float] = []
        while time.monotonic() - began < SECONDS:
            times += [time.monotonic() - began] * (len(one.truths["it"].all()) - len(times))
            time.sleep(0.02)
        last = times[-1]
        text = f"{len(times)} starts, the last after {last:.0f} s"
        return {"crash": Cell(text, None, {"starts": len(times), "at": [round(at, 2) for at in times[:60]]})}


GROUPS = (
    Group(
        "crash",
        "crash",
        "Restarts",
        {"crash": f"starts within {SECONDS:.0f} s of an agent that fails at once"},
        _loop,
        together=True,
    ),
)
