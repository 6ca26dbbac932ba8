"""What is kept of what an agent writes, and how fast its end is seen."""

import contextlib
import functools
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.comparison import ground
from benchmarks.comparison.case import Case, case
from benchmarks.comparison.fixtures import writer
from benchmarks.comparison.rows.row import Ask, Cell, Group
from benchmarks.comparison.tools.tool import Tool

Judge = Callable[[bytes], Cell]


def _flood(kept: bytes) -> Cell:
    numbers = [int(number) for number in re.findall(rb"(?m)^(\d{7})" + re.escape(writer.FILLING), kept)]
    in_order = numbers == sorted(numbers)
    whole = numbers == list(range(1, writer.FLOOD + 1))
    text = (
        "all, in order" if whole else f"**{len(numbers):,} whole**" + ("" if in_order else ", out of order")
    )
    return Cell(text, whole, {"lines": len(numbers), "in_order": in_order})


def _has(wanted: bytes, altered: bytes = b"") -> Judge:
    def judge(kept: bytes) -> Cell:
        exact = wanted in kept
        text = "yes" if exact else "**altered**" if altered and altered in kept else "**no**"
        return Cell(text, exact, {"bytes": len(kept)})

    return judge


@functools.cache
def _whole_line() -> bytes:
    return b"".join(writer.long_block(number) for number in range(writer.LONG_BLOCKS))


def _long_line(kept: bytes) -> Cell:
    if _whole_line() in kept:
        return Cell("yes", True, {"bytes": len(kept)})
    blocks = len(set(re.findall(rb"[0-9a-f]{15}\.", kept)))
    text = (
        "**altered**" if blocks > writer.LONG_BLOCKS * 0.9 else f"**{100 * blocks // writer.LONG_BLOCKS} %**"
    )
    return Cell(text, False, {"bytes": len(kept), "blocks": blocks, "of": writer.LONG_BLOCKS})


def _written(kind: str, judge: Judge, timed: bool = False, bound: float = 60.0) -> Ask:
    def ask(tool: type[Tool], peers: Path, variant: str) -> Mapping[str, Cell]:
        with case(tool, peers, variant) as one:
            began = time.monotonic()
            one.tool.start([one.agent("it", "writer", kind)])
            one.ready("it", "leader")
            started = time.monotonic()
            leader = one.truths["it"].all()[0]
            ended = ground.until(lambda: not leader.lives(), bound)
            cell, seen = _settled(one, judge)
            seconds = seen - started
            if not cell.good:
                cell = _afterwards(one, judge, cell)
            text = (
                cell.text + (f", {seconds:.1f} s" if timed else "") + ("" if ended else ", **never ended**")
            )
            facts = {**cell.facts, "seconds": seconds, "from_launch": time.monotonic() - began}
            return {kind: Cell(text, cell.good, facts)}

    return ask


def _settled(one: Case, judge: Judge, within: float = 60.0) -> tuple[Cell, float]:
    """Look at the output until it is whole, or has not grown for 5 s; return what was seen, and when."""
    deadline, size, grown = time.monotonic() + within, -1, time.monotonic()
    while True:
        kept, seen = one.tool.output("it"), time.monotonic()
        if len(kept) != size:
            size, grown = len(kept), time.monotonic()
        cell = judge(kept)
        if time.monotonic() > deadline:
            return Cell(f"{cell.text} after {within:.0f} s more", cell.good, cell.facts), seen
        if cell.good or time.monotonic() - grown > 5.0:
            return cell, seen
        time.sleep(0.1)


def _afterwards(one: Case, judge: Judge, before: Cell) -> Cell:
    """End the manager, in case that it has kept something to itself so far."""
    with contextlib.suppress(Exception):
        one.tool.close()
    after, _ = _settled(one, judge, within=8.0)
    return Cell("only once the manager ends", False, after.facts) if after.good else before


def _held(tool: type[Tool], peers: Path, variant: str) -> Mapping[str, Cell]:
    with case(tool, peers, variant) as one:
        one.tool.start([one.agent("it", "writer", "hold")])
        one.ready("it", "left")
        began = time.monotonic()
        seen = ground.until(lambda: one.tool.told("it") not in ("running", "unknown"), 8.0, every=0.05)
        seconds = time.monotonic() - began
        told = one.tool.told("it")
        facts = {"seconds": seconds, "told": told}
        if not seen:
            return {"hold": Cell("**not within 8 s**", False, facts)}
        code = "" if told == "exit 3" else ", no code told"
        return {"hold": Cell(f"{seconds:.1f} s{code}", seconds < 1.0 and not code, facts)}


MANGLED = "�".encode()
SECTION = "Output"
GROUPS = (
    Group(
        "flood",
        "output",
        SECTION,
        {"flood": f"{writer.FLOOD:,} numbered lines as fast as they are taken"},
        _written("flood", _flood, timed=True),
    ),
    Group(
        "no-newline",
        "output",
        SECTION,
        {"no-newline": "a last line without newline is kept"},
        _written("no-newline", _has(writer.NO_NEWLINE)),
    ),
    Group(
        "not-text",
        "output",
        SECTION,
        {"not-text": "invalid UTF-8 is kept byte for byte"},
        _written("not-text", _has(writer.NOT_TEXT, MANGLED)),
    ),
    Group(
        "long-line",
        "output",
        SECTION,
        {"long-line": "a line of 20 MiB without newline is kept"},
        _written("long-line", _long_line),
    ),
    Group(
        "hold",
        "output",
        SECTION,
        {"hold": "the agent ends while a daemon holds its output: its end is seen after"},
        _held,
    ),
)
