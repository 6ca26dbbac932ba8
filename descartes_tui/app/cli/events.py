"""`events` and `history`: what happened in a session, from its first day and as it happens."""

import sys
from argparse import ArgumentParser, Namespace
from typing import Any, Final

from descartes_tui.app.cli.exit import CommandError, Exit
from descartes_tui.app.cli.link import connected, refusals
from descartes_tui.app.cli.output import clean, paint, print_json, wants_colour
from descartes_tui.app.cli.render import STATUS_STYLES, clock
from descartes_tui.app.cli.times import moment, stamp

CORE: Final = ("seq", "at", "agent", "agent_id", "run", "kind")


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Add what `events` understands."""
    parser.add_argument("-f", "--follow", action="store_true", default=False, help="go on as things happen")
    parser.add_argument(
        "--since",
        default="0",
        metavar="SEQ|T",
        help="after this number, or since a time: 10m, 14:30, 2026-01-31T12:00Z",
    )
    parser.add_argument("--agent", default=None, metavar="A", help="only of this agent")


def run(options: Namespace) -> int:
    """Print one line for each event, or one object a line with --json."""
    colour = wants_colour(options, sys.stdout)
    with refusals(), connected(options) as client:
        for event in client.stream("events", **_range(options), agent=options.agent, follow=options.follow):
            if options.json:
                print_json(event, indent=None)
            else:
                print(line_of(event, colour), flush=options.follow)
    return Exit.OK


def _range(options: Namespace) -> dict[str, Any]:
    from argparse import ArgumentTypeError

    if options.since.isdigit():
        return {"since": int(options.since)}
    try:
        return {"since": 0, "since_time": stamp(moment(options.since))}
    except ArgumentTypeError as error:
        raise CommandError(f"--since: {error}", Exit.USAGE) from None


def line_of(event: dict[str, Any], colour: bool) -> str:
    """Return one event as a person reads it."""
    facts = {key: value for key, value in event.items() if key not in CORE and value not in (None, "", [])}
    if event["kind"] == "status":
        new = str(facts.pop("new", ""))
        text = f"{facts.pop('old', '')} → {paint(clean(new), STATUS_STYLES.get(new, ''), colour)}"
    else:
        text = clean(event["kind"])
    words = "  ".join(clean(f"{key}={value}") for key, value in facts.items())
    who = clean(event["agent"] or "-")
    return f"{event['seq']:>6}  {clock(event['at'])}  {who:<16} {text}  {words}".rstrip()
