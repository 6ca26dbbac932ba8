"""What the managing itself costs while nothing happens."""

import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.comparison import ground
from benchmarks.comparison.case import case
from benchmarks.comparison.rows.row import Cell, Group
from benchmarks.comparison.tools.tool import Tool

AGENTS = 20


def _memory(tool: type[Tool], peers: Path, variant: str) -> Mapping[str, Cell]:
    with case(tool, peers, variant) as one:
        one.tool.start([one.agent(f"a{n:02}", "family", "polite") for n in range(AGENTS)])
        for name in one.truths:
            one.ready(name, within=60.0)
        time.sleep(2.0)
        agents = {process.pid for truth in one.truths.values() for process in truth.all()}
        others = [process for process in ground.marked(one.mark) if process.pid not in agents]
        total = sum(ground.memory(process.pid) for process in others)
        facts = {"bytes": total, "processes": len(others)}
        return {"memory": Cell(f"{total / 1e6:.0f} MB in {len(others)}", None, facts)}


GROUPS = (
    Group(
        "memory",
        "cost",
        "Cost",
        {"memory": f"memory of the manager for {AGENTS} quiet agents (proportional), in how many processes"},
        _memory,
    ),
)
