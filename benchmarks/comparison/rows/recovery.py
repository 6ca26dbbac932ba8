"""SIGKILL of the manager while agents work, and the same manager started again."""

import contextlib
import os
import re
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.comparison import ground
from benchmarks.comparison.case import Case, case
from benchmarks.comparison.rows.row import Cell, Group
from benchmarks.comparison.tools.tool import Tool


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    ground.until(lambda: (ground.stat(pid) or ["X"])[0] in "ZX", 5.0)


def _manager(tool: type[Tool], peers: Path, variant: str) -> Mapping[str, Cell]:
    with case(tool, peers, variant) as one:
        one.tool.start(
            [
                one.agent("writer", "writer", "count"),
                one.agent("quiet", "writer", "wait"),
                one.agent("silent", "family", "polite"),
            ]
        )
        one.ready("writer", "leader")
        one.ready("silent")
        one.ready("quiet", "leader")
        time.sleep(1.0)
        first = one.truths["writer"].all()[0]
        _kill(one.tool.manager())
        one.tool.reap()
        time.sleep(1.0)
        lived = first.lives()
        quiet = one.truths["quiet"].all()[0]
        quiet_lived = quiet.lives()
        Path(f"{one.truths['quiet'].path}.end").touch()  # the quiet one ends while nobody looks
        ground.until(lambda: not quiet.lives(), 3.0)
        Path(f"{one.truths['quiet'].path}.end").unlink()
        one.tool.launch()
        time.sleep(3.0)
        return {
            "killed-lives": Cell("lives" if lived else "**dies**", lived, {"quiet_lives": quiet_lived}),
            "killed-instances": _instances(one.truths["writer"]),
            "killed-silent": _instances(one.truths["silent"]),
            "killed-quiet-code": _code_of_quiet(one, quiet_lived),
            "killed-output": _lines(one, first, lived),
            "killed-code": _code_of_writer(one, first, lived),
        }


def _instances(truth: ground.Truth) -> Cell:
    first, living = truth.all()[0], truth.living()
    count = len(living)
    same = first in living
    text = f"{count}, the same" if living == [first] else f"**{count}**" if count > 1 else "1, a new one"
    return Cell(text if count else "**0**", living == [first], {"instances": count, "same": same})


def _code_of_quiet(one: Case, lived: bool) -> Cell:
    if not lived:
        return Cell("**died with it**", False)
    told = one.tool.ever_told("quiet")
    again = len(one.truths["quiet"].all()) > 1
    known = "exit 7" in told
    text = ("known (7)" if known else "**lost**") + (", started anew" if again else "")
    return Cell(text, known, {"told": sorted(told), "started_again": again})


def _lines(one: Case, first: ground.Process, lived: bool) -> Cell:
    sent_file = Path(f"{one.truths['writer'].path}.sent.{first.pid}")
    time.sleep(0.3)
    sent = int(sent_file.read_bytes() or b"0")
    time.sleep(0.3)
    found = re.findall(rb"<%d (\d+)>" % first.pid, one.tool.output("writer"))
    numbers = [int(number) for number in found]
    kept = len({number for number in numbers if number <= sent})
    in_order = numbers == list(range(1, len(numbers) + 1))
    whole = lived and kept == sent and in_order
    facts = {"sent": sent, "kept": kept, "in_order": in_order}
    text = f"{kept} of {sent}" if kept == sent and in_order else f"**{kept} of {sent}**"
    text += "" if lived else ", **then dead**"
    return Cell(text, whole, facts)


def _code_of_writer(one: Case, first: ground.Process, lived: bool) -> Cell:
    """Have the writer end by itself now, and see what is told about it."""
    if not lived:
        return Cell("**died with it**", False)
    others = [process for process in one.truths["writer"].living() if process != first]
    for other in others:
        other.send(signal.SIGKILL)  # so that the first one's end is what is asked for
    Path(f"{one.truths['writer'].path}.end").touch()
    ground.until(lambda: not first.lives(), 3.0)
    ground.until(lambda: one.tool.told("writer") == "exit 7", 3.0, every=0.2)
    told = one.tool.told("writer")
    known = told == "exit 7" and not others
    return Cell("known (7)" if known else "**lost**", known, {"told": told, "others": len(others)})


def _keeper(tool: type[Tool], peers: Path, variant: str) -> Mapping[str, Cell]:
    if not tool.one_process_per_agent:
        return {"keeper": Cell("has none", None)}
    with case(tool, peers, variant) as one:
        one.tool.start([one.agent("it", "family", "polite"), one.agent("other", "family", "polite")])
        one.ready()
        one.ready("other")
        first, other = one.truths["it"].all()[0], one.truths["other"].all()[0]
        holder = ground.parent(first.pid)
        _kill(holder)
        time.sleep(4.0)
        living = one.truths["it"].living()
        text = f"{len(living)} left, {'reported' if _reported(one) else 'not reported'}"
        facts = {"left": len(living), "first_lives": first.lives(), "other_lives": other.lives()}
        if not other.lives():
            text += ", **others died**"
        if len(living) > 1:
            text = f"**{len(living)} instances**"
        return {
            "keeper": Cell(f"{tool.one_process_per_agent}: {text}", len(living) <= 1 and other.lives(), facts)
        }


def _reported(one: Case) -> bool:
    with contextlib.suppress(Exception):
        return one.tool.told("it") != "running"
    return False


SECTION = "SIGKILL of the manager, then the same manager started again"
GROUPS = (
    Group(
        "killed",
        "recovery",
        SECTION,
        {
            "killed-lives": "an agent that writes 100 lines/s",
            "killed-instances": "how often it runs after the restart",
            "killed-silent": "how often an agent that says nothing runs after the restart",
            "killed-output": "its lines, before, in between and after",
            "killed-code": "its exit code, when it ends after the restart",
            "killed-quiet-code": "exit code of a silent agent that ended in between",
        },
        _manager,
    ),
    Group(
        "keeper",
        "recovery",
        SECTION,
        {"keeper": "instead: SIGKILL of the one process that holds the agent"},
        _keeper,
    ),
)
