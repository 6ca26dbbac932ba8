"""honcho and concurrently: they run in the foreground, and stopping is stopping them."""

import re
import signal
from pathlib import Path
from typing import ClassVar

from benchmarks.comparison.tools.tool import GRACE, Tool


class Foreground(Tool):
    """A program that prints what its children print, and ends with them."""

    def stop(self, name: str) -> None:
        """Stop all: there is no verb for one, and every agent has a manager of its own here."""
        self.stop_all()

    def stop_all(self) -> None:
        """Ask as `kill` would, and wait."""
        self.started[-1].send_signal(signal.SIGTERM)
        self.started[-1].wait(60.0)

    def close(self) -> None:
        """Ask; what does not follow is killed."""
        self.started[-1].send_signal(signal.SIGTERM)

    def output(self, name: str) -> bytes:
        """Return what it printed."""
        return self.said()


class Honcho(Foreground):
    """A Procfile runner."""

    name = "honcho"
    variants: ClassVar = {"default": "`--no-prefix`; TERM to honcho; its grace of 5 s cannot be set"}
    restarts = False
    one_process_per_agent = "the child of honcho"

    @classmethod
    def missing(cls, peers: Path) -> str:
        """Return why it cannot run."""
        return "" if (peers / "py/bin/honcho").exists() else "not installed"

    def version(self) -> str:
        """Ask it."""
        return self.run(self.peers / "py/bin/honcho", "--version").split()[-1]

    def configure(self, restart: bool) -> None:
        """Write a Procfile."""
        lines = (f"{agent.name}: {agent.line}\n" for agent in self.agents)
        (self.folder / "Procfile").write_text("".join(lines))

    def launch(self) -> None:
        """Start honcho."""
        self.leave_running(self.peers / "py/bin/honcho", "start", "--no-prefix", "--no-colour")

    def told(self, name: str) -> str:
        """Read the line about the process."""
        said = self.said().decode(errors="replace")
        said = said[said.rfind(f"{name}.1 started") :]
        found = re.findall(rf"{name}.1 stopped \(rc=(-?\d+)\)", said)
        return f"exit {found[-1]}" if found else "running"


class Concurrently(Foreground):
    """The npm program that runs commands side by side."""

    name = "concurrently"
    variants: ClassVar = {
        "default": "`--prefix none`; TERM to concurrently",
        "tuned": f"also `--kill-timeout {GRACE}000`; where restarts count, `--restart-after exponential`",
    }
    tuned_for = frozenset({"stopping", "crash"})

    @classmethod
    def missing(cls, peers: Path) -> str:
        """Return why it cannot run."""
        return "" if (peers / "npm/node_modules/.bin/concurrently").exists() else "not installed"

    def version(self) -> str:
        """Ask it."""
        return self.run(self.peers / "npm/node_modules/.bin/concurrently", "--version").strip()

    def configure(self, restart: bool) -> None:
        """Remember the options."""
        self._options = ["--prefix", "none", "--no-color"]
        if self.variant == "tuned":
            self._options += ["--kill-timeout", f"{GRACE}000"]
        if restart:
            self._options += ["--restart-tries", "-1"]
            self._options += ["--restart-after", "exponential"] if self.variant == "tuned" else []

    def launch(self) -> None:
        """Start concurrently."""
        program = self.peers / "npm/node_modules/.bin/concurrently"
        names = ",".join(agent.name for agent in self.agents)
        self.leave_running(program, *self._options, "--names", names, *(agent.line for agent in self.agents))

    def told(self, name: str) -> str:
        """Read the line about the command; with no prefix, lines name the command, so it must be the only one."""
        said = self.said().decode(errors="replace")
        index = next(n for n, agent in enumerate(self.agents) if agent.name == name)
        command = re.escape(self.agents[index].line)
        found = re.findall(rf"{command} exited with code (\w+)", said)
        return f"exit {found[-1]}" if found else "running"
