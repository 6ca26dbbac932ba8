"""`up` without a screen: prefixed lines as they come, and in the end a verdict for each agent."""

import signal
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any, Final

from descartes_tui.app.cli.deadline import within
from descartes_tui.app.cli.exit import CommandError, Exit
from descartes_tui.app.cli.line_printer import LinePrinter
from descartes_tui.app.cli.link import ask
from descartes_tui.app.cli.output import say, wants_colour, width_of
from descartes_tui.app.cli.plain_rules import Rules, is_over
from descartes_tui.app.cli.render import UNKNOWN, age, ending, status_text, table
from descartes_tui.app.cli.tail import ALIVE, FleetTail
from descartes_tui.app.cli.wait import exit_of
from descartes_tui.app.cli.watch import Agent, FleetWatch
from descartes_tui.runner.model.config import FleetConfig

TIME_TO_END: Final = 30.0  # seconds that stopping may take once it has begun, whatever --timeout said
ANSWERS_WITHIN: Final = 5.0  # seconds that agents have to end by themselves after their input was closed


@dataclass(frozen=True, slots=True)
class Launch:
    """What `up` did: the supervisor's answer, the agents as they were before, and whether it is a new one."""

    answer: dict[str, Any]
    before: dict[str, Agent]
    fresh_supervisor: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The agents that this `up` is about."""
        return tuple(name for word in ("started", "waiting", "kept") for name in self.answer[word])


def stream(launch: Launch, fleet: FleetConfig, options: Namespace, *, everything: bool) -> int:
    """Print output until the fleet is over by the rules of `up`, then the verdicts; return the exit code.

    With `everything`, agents that are services or wait for input are waited for as well.
    """
    rules = Rules.of(fleet, launch.names, everything=everything)
    with _interrupts() as interrupts:
        plain = _Plain(launch, rules, options, interrupts)
        try:
            with _time_limit(options):
                plain.run()
        except (BrokenPipeError, CommandError):
            plain.stop_quietly()
            raise
    return plain.conclude()


def _time_limit(options: Namespace) -> AbstractContextManager[None]:
    limit = getattr(options, "timeout", None)
    return within(limit, "up") if limit else nullcontext()


class _Plain:
    """One plain `up`, from the first line to the verdicts."""

    def __init__(self, launch: Launch, rules: Rules, options: Namespace, interrupts: list[int]) -> None:
        self._rules, self._options, self._interrupts = rules, options, interrupts
        self._asking = Namespace(**{**vars(options), "timeout": TIME_TO_END})
        self._answered = 0  # interrupts that were acted upon
        self._acted: set[tuple[str, str]] = set()
        self._ended_by_us: set[str] = set()
        self._stop_at: float | None = None  # monotonic: when those whose input was closed are stopped
        self._said: dict[str, tuple[str, int]] = {}
        self._watch = FleetWatch(options)
        mine = [agent for agent in launch.before.values() if agent["name"] in launch.names]
        self._tail = FleetTail(self._watch, {agent["id"]: agent["run"] for agent in mine})
        self._printer = LinePrinter(options, launch.names, prefix=True)
        self._launch = launch
        self._tailed = False

    def run(self) -> None:
        """Print and act until everything has ended."""
        over = not self._rules.names
        while not over:
            over = self._watch.over or (self._watch.known and is_over(self._mine()))
            for told in self._tail.next_lines(wait=0.1):
                self._printer.print(told.agent, told.run, told.line)
            sys.stdout.flush()
            self._begin_tails()
            self._announce()
            self._heed_interrupts()
            if not over and self._watch.known:
                self._end_what_nobody_waits_for()
        self._tail.close()

    def _mine(self) -> list[Agent]:
        return [agent for agent in self._watch.agents.values() if agent["name"] in self._rules.names]

    def _begin_tails(self) -> None:
        """Once the fleet is known: follow new agents from their first line, those that ran from here on."""
        if self._tailed or not self._watch.known:
            return
        self._tailed = True
        for agent in self._mine():
            was = self._launch.before.get(agent["id"])
            if was is not None and was["status"] in ALIVE:
                self._tail.begin(was, was["run"], was["log_bytes"])
            elif was is None:
                self._tail.want(agent["id"])

    def _announce(self) -> None:
        for agent in self._mine():
            now = (agent["status"], agent["run"])
            if self._said.get(agent["id"]) == now:
                continue
            self._said[agent["id"]] = now
            if agent["status"] in ("completed", "failed", "terminated", "backoff", "paused"):
                why = agent["reason"] or ending(agent["exit_code"], agent["exit_signal"])
                say(f"{agent['name']}: {agent['status']}{f' ({why})' if why else ''}", self._options)

    def _heed_interrupts(self) -> None:
        """First Ctrl-C or SIGTERM: stop the fleet. Second: kill it. Third: leave at once."""
        while self._answered < len(self._interrupts):
            self._answered += 1
            if self._answered == 1:
                say("stopping the fleet; once more kills it", self._options)
                self._act("stop", self._living())
            elif self._answered == 2:
                say("killing the fleet", self._options)
                self._act("kill", self._living())
            else:
                raise KeyboardInterrupt

    def _end_what_nobody_waits_for(self) -> None:
        mine = self._mine()
        if self._interrupts or self._rules.keeps_alive(mine):
            return
        left = [agent for agent in mine if not is_over([agent])]
        if self._stop_at is None:
            asking = [agent["name"] for agent in left if agent["name"] in self._rules.asking]
            for name in asking:
                with suppress(CommandError):  # it may have closed its input, or have ended
                    ask(self._asking, "send", agent=name, data="", eof=True)
            self._ended_by_us.update(asking)
            self._stop_at = time.monotonic() + (ANSWERS_WITHIN if asking else 0)
        services = [agent["name"] for agent in left if agent["name"] not in self._rules.asking]
        due = time.monotonic() >= self._stop_at
        self._act("stop", [agent["name"] for agent in left] if due else services)

    def _living(self) -> list[str]:
        return [agent["name"] for agent in self._mine() if not is_over([agent])]

    def _act(self, verb: str, names: list[str]) -> None:
        """Stop or kill agents without waiting; once for each agent and verb."""
        fresh = [name for name in names if (verb, name) not in self._acted]
        if fresh:
            self._acted.update((verb, name) for name in fresh)
            self._ended_by_us.update(fresh)
            ask(self._asking, verb, agents=fresh, wait=False)

    def stop_quietly(self) -> None:
        """Nobody listens any more: stop what this command started."""
        with suppress(CommandError):
            if self._launch.fresh_supervisor:
                ask(self._asking, "down")
            else:
                self._act("stop", self._living())

    def conclude(self) -> int:
        """Print the verdicts, let the supervisor go if this command brought it, and return the worst exit code."""
        sys.stdout.flush()
        self._watch.close()
        mine = sorted(self._mine(), key=lambda agent: self._launch.names.index(agent["name"]))
        if mine and not self._options.quiet:
            say(_verdicts(mine, self._ended_by_us, self._options))
        if self._launch.fresh_supervisor and not self._watch.over and not self._watch.goes_on():
            with suppress(CommandError):
                ask(self._asking, "down")
        if self._interrupts:
            return 128 + self._interrupts[0]
        return max(
            (_exit_of(agent) for agent in mine if agent["name"] not in self._ended_by_us), default=Exit.OK
        )


def _exit_of(agent: Agent) -> int:
    """Return 0 for an agent that did its work whatever its code, else its exit code, at least 1."""
    return Exit.OK if agent["status"] == "completed" else max(exit_of(agent), Exit.FAILED)


def _verdicts(agents: list[Agent], ended_by_us: set[str], options: Namespace) -> str:
    header = ("AGENT", "STATUS", "RUNS", "TOOK", "ENDED", "VERDICT")
    rows = [
        (
            agent["name"],
            status_text(agent["status"]),
            str(agent["run"]),
            age(agent["started_at"], agent["ended_at"]),
            ending(agent["exit_code"], agent["exit_signal"]) or UNKNOWN,
            _verdict(agent, ended_by_us),
        )
        for agent in agents
    ]
    return table(header, rows, width_of(sys.stderr), colour=wants_colour(options, sys.stderr))


def _verdict(agent: Agent, ended_by_us: set[str]) -> str:
    if agent["name"] in ended_by_us and agent["status"] != "completed":
        return "stopped at the end"
    return agent["verdict"] or agent["reason"] or UNKNOWN


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Collect Ctrl-C, SIGTERM and SIGHUP while the block runs; more than three end it on the spot."""
    seen: list[int] = []

    def note(number: int, _: object) -> None:
        seen.append(number)
        if len(seen) > 3:
            raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, note) for number in numbers]
    try:
        yield seen
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
