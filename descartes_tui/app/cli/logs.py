"""`logs`: what agents have written, read from the files of their runs, and on as they write."""

import re
import sys
from argparse import ArgumentParser, Namespace
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from descartes_tui.app.cli.choose import choose
from descartes_tui.app.cli.exit import CommandError, Exit
from descartes_tui.app.cli.line_printer import LinePrinter
from descartes_tui.app.cli.link import ask
from descartes_tui.app.cli.session import session_of
from descartes_tui.app.cli.tail import FleetTail, has_run, log_of_run
from descartes_tui.app.cli.times import moment
from descartes_tui.app.cli.watch import Agent, FleetWatch
from descartes_tui.runner.logs.assemble import AgentLine
from descartes_tui.runner.logs.reader import last_lines, merge_by_time, offset_since, read_chunks, read_lines
from descartes_tui.runner.logs.source import RunLog

ENDED: Final = frozenset(("completed", "failed", "terminated", "idle"))
EPILOG: Final = """\
A terminal is shown text and colours only: whatever else an agent wrote to steer it is made visible instead.
--raw gives the bytes as they were written. With -f, goes on across restarts until the agents have ended.
"""


def add_arguments(parser: ArgumentParser, verb: str) -> None:
    """Add what `logs` understands."""
    parser.epilog = EPILOG
    add = parser.add_argument
    add("agents", nargs="+", metavar="AGENT", help="several are merged by time")
    add(
        "-f",
        "--follow",
        action="store_true",
        default=False,
        help="go on as they write, until they have ended",
    )
    add("-n", "--lines", type=_count, default=None, metavar="N", help="only the last N lines of each")
    add("--run", type=_count, default=None, metavar="K", help="of an earlier run (default: the latest)")
    add("--stream", choices=("stdout", "stderr"), default=None, help="only of one of them")
    add("--since", type=moment, default=None, metavar="T", help="10m (ago), 14:30, 2026-01-31T12:00:00Z")
    add("--grep", type=_pattern, default=None, metavar="RE", help="only lines in which RE is found")
    add("-t", "--timestamps", action="store_true", default=False, help="when each line arrived")
    add("--raw", action="store_true", default=False, help="bytes exactly as they were written (one agent)")


def run(options: Namespace) -> int:
    """Print the lines, oldest first."""
    agents = [_of_run(agent, options.run) for agent in _wanted(options)]
    if options.raw:
        return _raw(agents, options)
    printer = LinePrinter(options, [agent["name"] for agent in agents], prefix=len(agents) > 1)
    logs = [RunLog(agent["log_path"]) for agent in agents]
    sizes = [log.size for log in logs]
    for number, line in merge_by_time([_chosen(log, options) for log in logs]):
        printer.print(agents[number], agents[number]["run"], line)
    if options.follow and options.run is None:
        _follow(agents, sizes, printer, options)
    return Exit.OK


def _wanted(options: Namespace) -> list[Agent]:
    """Return the agents that are meant: those of the session, else those of its recorded runs."""
    try:
        return choose(ask(options, "list", all=True), options.agents)
    except CommandError as error:
        if options.follow or error.code not in (Exit.NO_SUPERVISOR, Exit.NO_SUCH_AGENT):
            raise
        recorded = _recorded(options)
        if not recorded:
            raise
        return choose(recorded, options.agents)


def _recorded(options: Namespace) -> list[Agent]:
    from descartes_tui.app.cli.history import past_runs

    newest = {run["agent_id"]: run for run in past_runs(session_of(options))}
    return [{**run, "id": run["agent_id"], "name": run["agent"]} for run in newest.values()]


def _of_run(agent: Agent, run: int | None) -> Agent:
    """Return the agent with the log of the run that is wanted."""
    if not agent["log_path"] or not agent["run"]:
        if run is None:
            return {**agent, "log_path": str(Path("/nonexistent/log")), "run": 0}
        raise CommandError(f"{agent['name']} has never run; start it with `descartes-tui start`")
    if run is None or run == agent["run"]:
        return agent
    if run < 1 or run > agent["run"] or not has_run(agent["log_path"], run):
        raise CommandError(
            f"{agent['name']} has no run {run} (any more); the latest is {agent['run']}, `show` lists them"
        )
    return {**agent, "log_path": str(log_of_run(agent["log_path"], run)), "run": run}


def _chosen(log: RunLog, options: Namespace) -> Iterator[AgentLine]:
    """Yield the lines of one log that were asked for; an unfinished last one is left to who follows."""
    limited = options.lines is not None
    if limited and options.since is None and options.grep is None:
        yield from last_lines(log, options.lines, options.stream)
        return
    start = 0 if options.since is None else offset_since(log, options.since)
    lines = _found(read_lines(log, start, stream=options.stream), options)
    yield from deque(lines, maxlen=options.lines) if limited else lines


def _found(lines: Iterable[AgentLine], options: Namespace) -> Iterator[AgentLine]:
    for line in lines:
        if options.stream not in (None, line.stream):
            continue
        if options.grep is None or options.grep.search(line.data):
            yield line


def _follow(agents: list[Agent], starts: list[int], printer: LinePrinter, options: Namespace) -> None:
    """Print what comes until every agent has ended and nothing is left."""
    sys.stdout.flush()
    wanted = {agent["id"] for agent in agents}
    tail = _tail_from(agents, starts, watch := FleetWatch(options))
    ended = False
    while not ended:
        ended = _all_ended(watch, wanted)  # looked at before the last lines are read
        for told in tail.next_lines(wait=0.1):
            for line in _found([told.line], options):
                printer.print(told.agent, told.run, line)
        sys.stdout.flush()
    tail.close()


def _tail_from(agents: list[Agent], starts: list[int], watch: FleetWatch) -> FleetTail:
    tail = FleetTail(watch, {agent["id"]: 0 for agent in agents})
    for agent, start in zip(agents, starts, strict=True):
        if agent["run"]:
            tail.begin(agent, agent["run"], start)
    return tail


def _all_ended(watch: FleetWatch, wanted: set[str]) -> bool:
    """True when none of the wanted agents will write again by itself; false before the fleet is known."""
    if watch.over:
        return True
    known = [agent for key, agent in watch.agents.items() if key in wanted]
    return watch.known and all(
        agent["status"] in ENDED and not (agent["status"] == "idle" and agent["reason"]) for agent in known
    )


def _raw(agents: list[Agent], options: Namespace) -> int:
    """Write the bytes of one run, and on as they come."""
    if len(agents) != 1:
        raise CommandError("--raw takes one agent, for bytes of several cannot be told apart", Exit.USAGE)
    if options.grep is not None or options.timestamps or options.json:
        raise CommandError("--raw goes with none of --grep, --timestamps, --json", Exit.USAGE)
    agent = agents[0]
    log = RunLog(agent["log_path"])
    position = _copy(log, _raw_start(log, options), options)
    if options.follow and options.run is None:
        _follow_raw(agent, log, position, options)
    return Exit.OK


def _raw_start(log: RunLog, options: Namespace) -> int:
    if options.lines is not None:
        lines = last_lines(log, options.lines, options.stream)
        return lines[0].offset if lines else log.size
    return 0 if options.since is None else offset_since(log, options.since)


def _copy(log: RunLog, position: int, options: Namespace) -> int:
    """Write what is there from `position` on, and return where that ends."""
    end = log.size
    for chunk in read_chunks(log, position, end - position, stream=options.stream):
        sys.stdout.buffer.write(chunk.data)
    sys.stdout.buffer.flush()
    return max(end, position)


def _follow_raw(agent: Agent, log: RunLog, position: int, options: Namespace) -> None:
    watch = FleetWatch(options)
    run = agent["run"]
    while True:
        ended = _all_ended(watch, {agent["id"]})
        latest = watch.agents.get(agent["id"], agent)["run"]
        log.refresh()
        position = _copy(log, position, options)
        if latest > run:
            run, position = run + 1, 0
            log = RunLog(log_of_run(agent["log_path"], run))
        elif ended:
            return
        else:
            watch.changed(wait=0.05)


def _count(text: str) -> int:
    if not text.isdigit():
        raise ValueError(text)
    return int(text)


_count.__name__ = "number"  # argparse names it in its complaint


def _pattern(text: str) -> Any:
    from argparse import ArgumentTypeError

    try:
        return re.compile(text.encode())
    except re.error as error:
        raise ArgumentTypeError(f"{text!r} is no regular expression: {error}") from None
