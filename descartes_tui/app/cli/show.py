"""`show`: everything about one agent, and why it is in the state it is in."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any

from descartes_tui.app.cli.exit import Exit
from descartes_tui.app.cli.link import ask
from descartes_tui.app.cli.output import clean, paint, print_json, wants_colour, width_of
from descartes_tui.app.cli.render import (
    STATUS_STYLES,
    UNKNOWN,
    age,
    clock,
    cut,
    ending,
    memory,
    percent,
    status_text,
    table,
)
from descartes_tui.runner.model.units import format_duration


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Add what `show` understands."""
    parser.add_argument(
        "agent", metavar="AGENT", help="name, id, beginning of an id, or pattern of one agent"
    )


def run(options: Namespace) -> int:
    """Print the agent as a page, or as one object with --json."""
    agent = ask(options, "show", agent=options.agent)
    if options.json:
        print_json(agent)
    else:
        colour, width = wants_colour(options, sys.stdout), width_of(sys.stdout)
        for line in _page(agent, width, colour):
            print(line)
    return Exit.OK


def _page(agent: dict[str, Any], width: int, colour: bool) -> Iterator[str]:
    status = paint(status_text(agent["status"]), STATUS_STYLES.get(agent["status"], ""), colour)
    yield f"{paint(clean(agent['name']), 'bold', colour)}  {status}"
    for label, text in [*_why(agent.get("why") or {}), *_facts(agent)]:
        if text:
            yield cut(f"  {label:<10} {clean(text)}", width)
    for title, lines in _sections(agent, width, colour):
        if lines:
            yield ""
            yield paint(title, "bold", colour)
            yield from (f"  {line}" for line in lines)


def _why(why: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "since", f"{clock(why.get('since'))} ({age(why.get('since'))} ago)" if why.get("since") else ""
    yield (
        "because",
        ", ".join(str(part) for part in (why.get("cause"), why.get("who") and f"by {why['who']}") if part),
    )
    next_at = why.get("next_at")
    yield "next", (why.get("next") or "") + (f" at {clock(next_at)}" if next_at else "")


def _facts(agent: dict[str, Any]) -> Iterator[tuple[str, str]]:
    usage, tokens = agent["usage"], agent["tokens"]
    yield "doing", agent["activity"] or ""
    yield "reason", agent["reason"] or ""
    yield "health", "" if agent["health"] == "unknown" else agent["health"]
    yield (
        "verdict",
        ", ".join(
            part
            for part in (agent["verdict"] or "", ending(agent["exit_code"], agent["exit_signal"]))
            if part
        ),
    )
    yield "pid", str(agent["pid"] or "")
    yield "run", f"{agent['run']} ({agent['restarts']} restarts)" if agent["run"] else "never started"
    yield "started", clock(agent["started_at"]) if agent["started_at"] else ""
    yield "ended", clock(agent["ended_at"]) if agent["ended_at"] else ""
    if usage["processes"]:
        yield (
            "uses",
            (
                f"cpu {percent(usage['cpu_percent'])}, memory {memory(usage['memory_bytes'])},"
                f" {usage['processes']} processes"
            ),
        )
    if tokens["input"] is not None or tokens["output"] is not None:
        yield "tokens", f"{tokens['input'] or 0} in, {tokens['output'] or 0} out"
    yield "cost", "" if agent["cost_usd"] is None else f"{agent['cost_usd']:.2f} USD"
    yield "log", agent["log_path"] or ""
    yield "id", agent["id"]


def _sections(agent: dict[str, Any], width: int, colour: bool) -> Iterator[tuple[str, list[str]]]:
    yield "processes", [cut(clean(line), width - 2) for line in _tree(agent.get("family") or [], 0)]
    yield "runs", _runs(agent.get("runs") or [], width - 2, colour)
    yield (
        "configuration",
        [
            cut(f"{key:<18} {clean(_plain(value))}", width - 2)
            for key, value in (agent.get("config") or {}).items()
            if value not in (None, "", [], {}, False)
        ],
    )


def _tree(members: dict[str, Any] | list[dict[str, Any]], depth: int) -> Iterator[str]:
    for member in [members] if isinstance(members, dict) else members:
        what = member.get("cmdline") or member.get("name") or UNKNOWN
        cpu, size = member.get("cpu_seconds"), memory(member.get("memory_bytes"))
        used = f"cpu {UNKNOWN if cpu is None else format_duration(cpu)}, memory {size}"
        yield f"{'  ' * depth}{member['pid']} {member.get('status', '')} ({used})  {what}"
        yield from _tree(member.get("children") or [], depth + 1)


def _runs(runs: list[dict[str, Any]], width: int, colour: bool) -> list[str]:
    if not runs:
        return []
    rows = [
        (
            str(run["run"]),
            clock(run["started_at"]),
            age(run["started_at"], run["ended_at"]),
            ending(run["exit_code"], run["exit_signal"]) or UNKNOWN,
            run["verdict"] or UNKNOWN,
        )
        for run in runs
    ]
    return table(("RUN", "STARTED", "TOOK", "ENDED", "VERDICT"), rows, width, colour=colour).splitlines()


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{key}={_plain(part)}" for key, part in value.items() if part not in (None, "", [], {})
        )
    if isinstance(value, list):
        return " ".join(map(_plain, value))
    return str(value)
