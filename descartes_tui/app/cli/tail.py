"""Output of agents as it comes, from one run to the next, with nothing left out between two runs."""

import time
from pathlib import Path
from typing import Final, NamedTuple

from descartes_tui.app.cli.watch import Agent, FleetWatch
from descartes_tui.runner.logs.assemble import AgentLine, LineAssembler
from descartes_tui.runner.logs.follow import Watcher
from descartes_tui.runner.logs.reader import read_chunks
from descartes_tui.runner.logs.source import RunLog
from descartes_tui.runner.model.folders import INDEX, LOG

PORTION: Final = 1 << 20  # bytes of one log before the others have their turn
PROMPT_AFTER: Final = 0.2  # seconds of quiet after which an unfinished line is told: it may be a question
ALIVE: Final = frozenset(("starting", "running", "paused", "stopping"))


class Told(NamedTuple):
    """A line, and whose it is."""

    agent: Agent
    run: int
    line: AgentLine


class RunTail:
    """Reads the log of one run to its end, and on."""

    def __init__(self, path: Path, start: int = 0) -> None:
        self.path = path
        self.position = start
        self._log = RunLog(path)
        self._assembler = LineAssembler()
        self._grown_at = time.monotonic()

    def more(self) -> list[AgentLine]:
        """Return lines that were completed since the last call, or prompts that have been waiting."""
        self._log.refresh()
        lines: list[AgentLine] = []
        before = self.position
        for chunk in read_chunks(self._log, self.position, PORTION):
            lines += self._assembler.feed(chunk)
            self.position = chunk.offset + len(chunk.data)
        now = time.monotonic()
        if self.position > before:
            self._grown_at = now
        elif now - self._grown_at > PROMPT_AFTER:
            lines += self._assembler.flush()
        return lines

    def has_more(self) -> bool:
        """True when the log is longer than what was read."""
        return self.position < self._log.size

    def is_unfinished(self) -> bool:
        """True when a line has begun and not ended."""
        return bool(self._assembler.unfinished())

    def rest(self) -> list[AgentLine]:
        """Return everything that is left of a run that is over, and close it."""
        lines = self.more()
        while self.has_more():
            lines += self.more()
        lines += self._assembler.flush()
        self._log.close()
        return lines


class FleetTail:
    """The output of chosen agents. `seen` says per agent id which runs are not wanted any more: up to that one."""

    def __init__(self, watch: FleetWatch, seen: dict[str, int]) -> None:
        self._watch = watch
        self._seen = seen
        self._tails: dict[tuple[str, int], RunTail] = {}
        self._watcher = Watcher()

    def begin(self, agent: Agent, run: int, start: int) -> None:
        """Read the log of a run from `start` on."""
        self._open(agent, run, start)
        self._seen[agent["id"]] = max(run, self._seen.get(agent["id"], 0))

    def want(self, agent_id: str) -> None:
        """Read what an agent writes, from its first run on."""
        self._seen.setdefault(agent_id, 0)

    def next_lines(self, wait: float) -> list[Told]:
        """Return new lines, waiting for them at most `wait` seconds; take in what the supervisor announces."""
        busy = any(tail.has_more() for tail in self._tails.values())
        asking = any(tail.is_unfinished() for tail in self._tails.values())
        self._watcher.wait(0 if busy else min(wait, PROMPT_AFTER / 2) if asking else wait)
        self._watch.changed()
        told: list[Told] = []
        for agent in list(self._watch.agents.values()):
            if agent["id"] in self._seen:
                told += self._lines_of(agent)
        return sorted(told, key=lambda one: one.line.at or 0.0)

    def close(self) -> None:
        """Let go of the files."""
        self._watcher.close()

    def _lines_of(self, agent: Agent) -> list[Told]:
        """Return what an agent has written; runs that are over are read to their end, in order."""
        told: list[Told] = []
        key = agent["id"]
        for run in range(self._seen[key] + 1, agent["run"] + 1):
            self._open(agent, run, 0)
            self._seen[key] = run
        for run in sorted(run for owner, run in self._tails if owner == key):
            tail = self._tails[key, run]
            if run < agent["run"] or agent["status"] not in ALIVE:
                lines = tail.rest()
                self._watcher.remove(tail.path)
                del self._tails[key, run]
            else:
                lines = tail.more()
            told += [Told(agent, run, line) for line in lines]
        return told

    def _open(self, agent: Agent, run: int, start: int) -> None:
        if agent["log_path"]:
            path = log_of_run(agent["log_path"], run)
            self._tails[agent["id"], run] = RunTail(path, start)
            self._watcher.add(path)


def log_of_run(log_path: str, run: int) -> Path:
    """Return the log of another run of the same agent."""
    return Path(log_path).parent.parent / str(run) / LOG


def has_run(log_path: str, run: int) -> bool:
    """True when something is left of that run."""
    path = log_of_run(log_path, run)
    return path.exists() or path.with_name(INDEX).exists()
