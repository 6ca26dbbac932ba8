"""`wait`: until agents have exited, run, are healthy, said or do something; the exit code tells how it went."""

from argparse import ArgumentParser, Namespace
from typing import Any

from descartes_tui.app.cli.exit import CommandError, Exit
from descartes_tui.app.cli.link import add_selection, ask, selection
from descartes_tui.app.cli.output import print_json

CONDITIONS = "exit | running | healthy | log:RE | activity:NAME"


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Add what `wait` understands."""
    add_selection(parser)
    parser.add_argument(
        "--for", dest="condition", default="exit", metavar="WHAT", help=f"{CONDITIONS} (default: exit)"
    )
    parser.set_defaults(timeout=None)
    parser.epilog = (
        "Waiting for exit ends with the agent's own exit code (128 + n after signal n; of several agents,"
        " the worst)."
    )


def run(options: Namespace) -> int:
    """Wait, and pass on the exit code of the agents."""
    agents = ask(options, "wait", **selection(options), condition=_condition(options.condition))
    if options.json:
        print_json(agents)
    return worst_exit(agents) if options.condition == "exit" else Exit.OK


def _condition(text: str) -> str:
    kind, _, rest = text.partition(":")
    if text in ("exit", "running", "healthy") or (kind in ("log", "activity") and rest):
        return text
    raise CommandError(f"--for {text!r} is unknown; expected {CONDITIONS}", Exit.USAGE)


def worst_exit(agents: list[dict[str, Any]]) -> int:
    """Return the highest of the agents' exit codes, with 128 + n for signal n."""
    return max(map(exit_of, agents), default=0)


def exit_of(agent: dict[str, Any]) -> int:
    """Return the exit code a shell would show; 1 for a failure that left none."""
    if agent["exit_signal"] is not None:
        return 128 + int(agent["exit_signal"])
    if agent["exit_code"] is not None:
        return int(agent["exit_code"])
    return Exit.FAILED if agent["status"] == "failed" else Exit.OK
