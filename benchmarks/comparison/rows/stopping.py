"""Who is left when a tool has stopped an agent, and how long it took."""

import contextlib
import functools
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.comparison import ground
from benchmarks.comparison.case import Case, case
from benchmarks.comparison.rows.row import Ask, Cell, Group
from benchmarks.comparison.tools.tool import GRACE, Tool

BOUND = GRACE + 7.0
FLEET, DEAF = 50, 10
FLEET_BOUND = 45.0

FAMILIES = {
    "polite": "an agent that ends on TERM",
    "deaf": "an agent that ignores TERM, INT and HUP",
    "leader-dies": "the leader ends on TERM, a child in its group ignores it",
    "setsid": "a tool call: shell, and a grandchild in its own session",
    "daemon": "a double-forked daemon",
    "clean-daemon": "a double-forked daemon with an empty environment",
    "born": "a process born in the TERM handler, in its own session",
    "stopped": "an agent that stopped itself: is its TERM handler run?",
    "zoo": "all of these below one leader (10 processes, one more may be born)",
}


def _watch(one: Case, began: float, bound: float) -> tuple[float | None, list[ground.Process]]:
    """Wait until nobody of a case lives, and stays dead for 0.3 s; return when that was, or who is left."""
    since: float | None = None
    while time.monotonic() - began < bound:
        living = [process for truth in one.truths.values() for process in truth.living()]
        if living:
            since = None
        elif since is None:
            since = time.monotonic()
        elif time.monotonic() - since > 0.3:
            return since - began, []
        time.sleep(0.02)
    left = [process for truth in one.truths.values() for process in truth.living()]
    return (None, left) if left else (time.monotonic() - began, [])


def _stopped(one: Case, all_of_them: bool, bound: float) -> tuple[float | None, list[ground.Process]]:
    order = one.tool.stop_all if all_of_them else functools.partial(one.tool.stop, "it")
    began = time.monotonic()
    threading.Thread(target=_quietly, args=[order], daemon=True).start()
    return _watch(one, began, bound)


def _quietly(order: Callable[[], None]) -> None:
    with contextlib.suppress(Exception):  # an order that hangs or fails is judged by who lives
        order()


def _family(kind: str) -> Ask:
    def ask(tool: type[Tool], peers: Path, variant: str) -> Mapping[str, Cell]:
        with case(tool, peers, variant) as one:
            one.tool.start([one.agent("it", "family", kind)])
            one.ready()
            if kind in ("stopped", "zoo"):
                time.sleep(0.2)  # it stops itself right after it is ready, and nothing tells from outside
            seconds, left = _stopped(one, False, BOUND)
            truth = one.truths["it"]
            return {kind: _cell(kind, truth, seconds, left)}

    return ask


def _cell(kind: str, truth: ground.Truth, seconds: float | None, left: list[ground.Process]) -> Cell:
    everybody = [process for process in truth.all() if process.pid and process.label != "handler"]
    handled = "handler" in truth.labels()
    facts = {
        "processes": len(everybody),
        "left": [process.label for process in left],
        "seconds": seconds,
        "handler_ran": handled,
        "born": "born" in truth.labels(),
    }
    text = f"0 left, {seconds:.1f} s" if seconds is not None else f"**{len(left)} of {len(everybody)} left**"
    if kind == "stopped":
        text += ", handler ran" if handled else ", **handler not run**"
        return Cell(text, not left and handled, facts)
    if kind == "born" and not facts["born"]:
        text += ", handler not run"
    return Cell(text, not left, facts)


def _fleet(tool: type[Tool], peers: Path, variant: str) -> Mapping[str, Cell]:
    with case(tool, peers, variant) as one:
        kinds = ["deaf" if n % (FLEET // DEAF) == 0 else "polite" for n in range(FLEET)]
        one.tool.start([one.agent(f"a{n:02}", "family", kind) for n, kind in enumerate(kinds)])
        for name in one.truths:
            one.ready(name, within=60.0)
        seconds, left = _stopped(one, True, FLEET_BOUND)
        facts = {"seconds": seconds, "left": len(left)}
        if seconds is None:
            return {"fleet": Cell(f"**{len(left)} left after {FLEET_BOUND:.0f} s**", False, facts)}
        return {"fleet": Cell(f"{seconds:.1f} s", True, facts)}


SECTION = "Stopping"
GROUPS = (
    *(Group(kind, "stopping", SECTION, {kind: title}, _family(kind)) for kind, title in FAMILIES.items()),
    Group(
        "fleet", "stopping", SECTION, {"fleet": f"stop {FLEET} agents, {DEAF} of which ignore TERM"}, _fleet
    ),
)
