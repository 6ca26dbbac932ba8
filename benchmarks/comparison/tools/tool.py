"""What a row may ask of every tool; each tool answers with its own commands and files."""

import contextlib
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

GRACE = 3


@dataclass(frozen=True, slots=True)
class Agent:
    """A program that the tool is to run under this name."""

    name: str
    argv: tuple[str, ...]

    @property
    def line(self) -> str:
        """The command as a line for a shell, which makes way for it."""
        return "exec " + shlex.join(self.argv)


class Tool:
    """One manager with its own folder. `variants` says in words how each configuration is made."""

    name: ClassVar[str]
    source: ClassVar[str] = ""
    variants: ClassVar[dict[str, str]]
    tuned_for: ClassVar[frozenset[str]] = frozenset()  # groups of rows where the tuning can matter
    pauses: ClassVar[str] = ""  # the verb, empty where there is none
    restarts: ClassVar[bool] = True  # whether it can start an agent again that failed
    one_process_per_agent: ClassVar[str] = ""  # what it is called

    def __init__(self, peers: Path, folder: Path, environ: Mapping[str, str], variant: str) -> None:
        self.peers = peers
        self.folder = folder
        self.environ = dict(environ)
        self.variant = variant
        self.agents: list[Agent] = []
        self.started: list[subprocess.Popen[bytes]] = []

    # what every tool says for itself

    @classmethod
    def missing(cls, peers: Path) -> str:
        """Return why the tool cannot run here, empty when it can."""
        return ""

    def version(self) -> str:
        """Return its version."""
        raise NotImplementedError

    def configure(self, restart: bool) -> None:
        """Write its configuration for `self.agents`."""
        raise NotImplementedError

    def launch(self) -> None:
        """Start the manager, which starts the agents."""
        raise NotImplementedError

    def manager(self) -> int:
        """Return the pid of the manager."""
        return self.started[-1].pid

    def stop(self, name: str) -> None:
        """Stop one agent."""
        raise NotImplementedError

    def stop_all(self) -> None:
        """Stop all agents."""
        raise NotImplementedError

    def pause(self, name: str) -> None:
        """Stop the clock of one agent, with the verb in `pauses`."""

    def resume(self, name: str) -> None:
        """Let it go on."""

    def output(self, name: str) -> bytes:
        """Return what was kept of an agent's output."""
        raise NotImplementedError

    def told(self, name: str) -> str:
        """Return what it says of an agent: `running`, `exit N`, `ended` (without a code) or `unknown`."""
        raise NotImplementedError

    def ever_told(self, name: str) -> set[str]:
        """Return what it says of all runs of an agent that it remembers."""
        return {self.told(name)}

    def close(self) -> None:
        """End the manager in its own way."""
        self.stop_all()

    # what they share

    def start(self, agents: Sequence[Agent], restart: bool = False) -> None:
        """Configure and launch, with these agents."""
        self.agents = list(agents)
        self.configure(restart)
        self.launch()

    def run(self, *argv: str | Path, within: float = 60.0) -> str:
        """Run one of its commands to the end and return all that it prints; its exit code is its own affair."""
        done = subprocess.run(
            [str(word) for word in argv],
            env=self.environ,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=within,
            check=False,
        )
        return done.stdout.decode(errors="replace")

    def leave_running(self, *argv: str | Path) -> None:
        """Start one of its programs in a session of its own; its output goes to the file `said`."""
        with (self.folder / "said").open("ab") as said:
            self.started.append(
                subprocess.Popen(
                    [str(word) for word in argv],
                    env=self.environ,
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    start_new_session=True,
                )
            )

    def said(self) -> bytes:
        """Return what its own programs printed."""
        return self.kept("said")

    def kept(self, name: str) -> bytes:
        """Return a file of its folder, empty when there is none."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / name).read_bytes()
        return b""

    def until_it_answers(self, *argv: str | Path, word: str = "", within: float = 15.0) -> None:
        """Run one of its commands until it succeeds, and prints `word`."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            done = subprocess.run(
                [str(part) for part in argv],
                env=self.environ,
                cwd=self.folder,
                capture_output=True,
                check=False,
                timeout=within,
            )
            if done.returncode == 0 and word.encode() in done.stdout:
                return
            time.sleep(0.1)
        raise TimeoutError(f"{self.name} does not answer")

    def reap(self) -> None:
        """Collect what was started here and has ended."""
        for process in self.started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1.0)
