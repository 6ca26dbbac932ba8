"""`ps`: the agents of the session, one a line."""

import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from descartes_tui.app.cli.exit import Exit
from descartes_tui.app.cli.link import ask
from descartes_tui.app.cli.output import print_json, say, wants_colour, width_of
from descartes_tui.app.cli.render import UNKNOWN, age, ending, memory, percent, status_text, table

HEADER = ("NAME", "STATUS", "PID", "CPU", "MEM", "AGE", "RESTARTS", "BACKEND", "ID", "DOING")


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Add what `ps` understands."""
    parser.add_argument(
        "--all", action="store_true", default=False, help="also spawned agents that have ended"
    )
    parser.add_argument("--tag", action="append", default=[], metavar="T", help="only agents with this tag")


def run(options: Namespace) -> int:
    """Print the table, or the array with --json."""
    agents = ask(options, "list", all=options.all, tags=options.tag)
    if options.json:
        print_json(agents)
    elif agents:
        rows = [_row(agent) for agent in agents]
        print(table(HEADER, rows, width_of(sys.stdout), colour=wants_colour(options, sys.stdout)))
    else:
        say("no agents" + ("" if options.all else "; `ps --all` shows those that have ended"), options)
    return Exit.OK


def _row(agent: dict[str, Any]) -> tuple[str, ...]:
    usage = agent["usage"]
    return (
        agent["name"],
        status_text(agent["status"]),
        str(agent["pid"] or UNKNOWN),
        percent(usage["cpu_percent"]),
        memory(usage["memory_bytes"]),
        age(agent["started_at"], agent["ended_at"]),
        str(agent["restarts"]),
        agent["backend"],
        agent["id"][:8],
        doing(agent),
    )


def doing(agent: dict[str, Any]) -> str:
    """Return in a few words what an agent does, or why it is where it is."""
    facts = [
        agent["activity"] or "",
        agent["reason"] or "",
        "" if agent["health"] == "unknown" or agent["status"] != "running" else agent["health"],
        "" if agent["reason"] else ending(agent["exit_code"], agent["exit_signal"]),
    ]
    return ", ".join(fact for fact in facts if fact)
