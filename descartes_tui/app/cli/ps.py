"""`ps`: the agents of the session, one a line."""

import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from descartes_tui.app.cli.exit import Exit
from descartes_tui.app.cli.link import ask
from descartes_tui.app.cli.output import print_json, say, wants_colour, width_of
from descartes_tui.app.cli.render import UNKNOWN, age, ending, fitting, memory, percent, status_text, table

HEADER = ("NAME", "STATUS", "PID", "CPU", "MEM", "AGE", "RESTARTS", "BACKEND", "ID", "DOING")
EXPENDABLE = ("ID", "BACKEND", "RESTARTS", "PID", "MEM", "CPU", "AGE")  # where there is little room


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Add what `ps` understands."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--all", action="store_true", default=True, help="ended agents too (the default)")
    what.add_argument("--living", dest="all", action="store_false", help="leave out agents that have ended")
    parser.add_argument("--tag", action="append", default=[], metavar="T", help="only agents with this tag")


def run(options: Namespace) -> int:
    """Print the table, or the array with --json."""
    agents = ask(options, "list", all=options.all, tags=options.tag)
    if options.json:
        print_json(agents)
    elif agents:
        width = width_of(sys.stdout)
        header, rows = fitting(HEADER, [_row(agent) for agent in agents], width, expendable=EXPENDABLE)
        print(table(header, rows, width, colour=wants_colour(options, sys.stdout)))
    else:
        say("no agents" if options.all else "no living agents; `ps` shows those that have ended", options)
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
