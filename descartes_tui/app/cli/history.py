"""`history`: every run there has been, of this session or of all, whether a supervisor runs or not."""

import sqlite3
import sys
from argparse import ArgumentParser, Namespace
from contextlib import closing
from typing import Any, Final

from descartes_tui.app.cli.exit import Exit
from descartes_tui.app.cli.output import print_json, say, wants_colour, width_of
from descartes_tui.app.cli.render import UNKNOWN, age, clock, ending, table
from descartes_tui.app.cli.session import session_of
from descartes_tui.app.cli.times import stamp
from descartes_tui.runner.model.folders import session_folder
from descartes_tui.runner.wire.address import sessions

STORE: Final = "events.db"
COLUMNS: Final = (
    "agent_id", "agent", "run", "started_at", "ended_at", "exit_code", "exit_signal", "verdict", "log_path",
)  # fmt: skip
HEADER: Final = ("SESSION", "AGENT", "RUN", "STARTED", "TOOK", "ENDED", "VERDICT")


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Add what `history` understands."""
    parser.add_argument("--all", action="store_true", default=False, help="of every session")
    parser.add_argument("--agent", default=None, metavar="A", help="only of this agent (name or id)")


def run(options: Namespace) -> int:
    """Print one line for each run, oldest first."""
    names = sessions() if options.all else [session_of(options)]
    runs = [one for session in names for one in past_runs(session)]
    if options.agent:
        runs = [one for one in runs if options.agent in (one["agent"], one["agent_id"])]
    runs.sort(key=lambda one: one["started_at"] or "")
    if options.json:
        print_json(runs)
    elif runs:
        print(
            table(
                HEADER,
                [_row(one) for one in runs],
                width_of(sys.stdout),
                colour=wants_colour(options, sys.stdout),
            )
        )
    else:
        say("no runs yet" + ("" if options.all else "; `history --all` looks in every session"), options)
    return Exit.OK


def past_runs(session: str) -> list[dict[str, Any]]:
    """Return what is recorded of a session's runs; nothing where nothing is, or it cannot be read."""
    path = session_folder(session) / STORE
    if not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=2)) as store:
            rows = store.execute(f"SELECT {', '.join(COLUMNS)} FROM runs ORDER BY started_at, run").fetchall()
    except sqlite3.Error:
        return []
    return [{"session": session, **_facts(dict(zip(COLUMNS, row, strict=True)))} for row in rows]


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    times = {key: None if row[key] is None else stamp(row[key]) for key in ("started_at", "ended_at")}
    return {**row, **times}


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    return (
        one["session"],
        one["agent"],
        str(one["run"]),
        clock(one["started_at"]),
        age(one["started_at"], one["ended_at"]),
        ending(one["exit_code"], one["exit_signal"]) or UNKNOWN,
        one["verdict"] or UNKNOWN,
    )
