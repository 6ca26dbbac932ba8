"""`up`: launch the fleet of a file; then the screen, its output as it comes, or nothing."""

import time
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any, Final

from descartes_tui.app.cli.exit import Exit
from descartes_tui.app.cli.fleet_files import add_variables, load
from descartes_tui.app.cli.link import ANSWER_WITHIN, connected
from descartes_tui.app.cli.output import print_json, say
from descartes_tui.app.cli.render import seconds_of
from descartes_tui.app.cli.session import needed_fleet_file, session_of
from descartes_tui.app.cli.spawn import own_environment

if TYPE_CHECKING:
    from descartes_tui.app.cli.plain import Launch
    from descartes_tui.runner.model.config import FleetConfig

EPILOG: Final = """\
On a terminal, opens the screen. Without one, or with --plain, streams the output of all agents and ends with
a verdict for each and the worst exit code. Ctrl-C stops the fleet, a second one kills it.

A plain `up` ends when all agents have ended. Without a terminal, two kinds of agents do not keep it alive:
services (tag `service`, or restart `always`), and those whose stdin is a pipe, since nobody is there to
answer. Once all others have ended, inputs are closed and the rest is stopped, which counts as fine. A fleet
of nothing but services goes on. With --wait, services are waited for as well.
"""


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Add what `up` understands."""
    parser.epilog = EPILOG
    add = parser.add_argument
    add("agents", nargs="*", default=[], metavar="AGENT", help="only these (default: all with autostart)")
    add(
        "-f",
        "--file",
        metavar="FILE",
        default=None,
        help="the fleet file (default: agents.yaml here or above)",
    )
    add("-d", "--detach", action="store_true", default=False, help="launch, and leave")
    add("--plain", action="store_true", default=False, help="stream the output instead of opening the screen")
    add(
        "--wait",
        action="store_true",
        default=False,
        help="leave when all have ended, with the worst exit code",
    )
    add_variables(parser)


def options_for(options: Namespace) -> Namespace:
    """Return the options of `up` for a fleet file that was given without a verb."""
    defaults = {"agents": [], "detach": False, "plain": False, "wait": False, "file": None}
    return Namespace(**{**defaults, **vars(options), "verb": "up"})


def run(options: Namespace) -> int:
    """Launch the fleet, and show it in the way that was asked for."""
    from descartes_tui.app.cli.screen import on_terminal, open_screen

    fleet = load(needed_fleet_file(options), options)
    options.session = session_of(options)
    launch = _launch(fleet, options)
    if options.detach:
        return _detached(launch, options)
    if on_terminal() and not options.plain and not options.wait:
        return open_screen(options.session)
    from descartes_tui.app.cli.plain import stream

    return stream(launch, fleet, options, everything=options.wait or on_terminal())


def _launch(fleet: "FleetConfig", options: Namespace) -> "Launch":
    """Have the supervisor start the fleet, and tell what was in the way."""
    from descartes_tui.app.cli.plain import Launch
    from descartes_tui.runner.wire.codec import fleet_to_json

    began = time.time()
    with connected(options, start=True) as client:
        before = client.call("list", timeout=ANSWER_WITHIN, all=True)
        answer = client.call(
            "up",
            timeout=ANSWER_WITHIN,
            fleet={**fleet_to_json(fleet), "session": options.session},
            env=own_environment(),
            agents=options.agents,
        )
        fresh = (seconds_of(client.hello.get("started_at")) or 0.0) >= began
    for name in answer["changed"]:
        say(
            f"{name} goes on as it was started; `descartes-tui restart {name}` takes what the file says now",
            options,
        )
    return Launch(answer, {agent["id"]: agent for agent in before}, fresh)


def _detached(launch: "Launch", options: Namespace) -> int:
    if options.wait:
        from descartes_tui.app.cli.link import ask
        from descartes_tui.app.cli.wait import worst_exit

        if not hasattr(options, "timeout"):
            options.timeout = None
        return (
            worst_exit(ask(options, "wait", agents=list(launch.names), condition="exit"))
            if launch.names
            else 0
        )
    if options.json:
        print_json(launch.answer)
    else:
        _tell(launch.answer, options)
    return Exit.OK


def _tell(answer: dict[str, Any], options: Namespace) -> None:
    for word in ("started", "waiting", "kept"):
        if answer[word]:
            say(f"{word}: {', '.join(answer[word])}", options)
