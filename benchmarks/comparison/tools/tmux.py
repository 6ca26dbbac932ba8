"""tmux: a window for each agent."""

from pathlib import Path
from typing import ClassVar

from benchmarks.comparison.tools.tool import Tool

CONFIGURATION = "set -g remain-on-exit on\nset -g history-limit 50000\n"


class Tmux(Tool):
    """The multiplexer as a manager: `kill-window` to stop, `pipe-pane` for the output."""

    name = "tmux"
    source = "the system's package"
    variants: ClassVar = {
        "default": "`kill-window` (hangs up; no grace), `remain-on-exit`, `pipe-pane` to a file"
    }
    restarts = False

    @classmethod
    def missing(cls, peers: Path) -> str:
        """Return why it cannot run."""
        return "" if Path("/usr/bin/tmux").exists() else "no /usr/bin/tmux"

    def version(self) -> str:
        """Ask it."""
        return self.run("tmux", "-V").split()[-1]

    def _tmux(self, *words: str) -> str:
        return self.run("tmux", "-S", self.folder / "sock", "-f", self.folder / "tmux.conf", *words)

    def _window(self, name: str) -> str:
        return f"=all:={name}"

    def configure(self, restart: bool) -> None:
        """Write tmux.conf."""
        (self.folder / "tmux.conf").write_text(CONFIGURATION)

    def launch(self) -> None:
        """Make a session with a window and a file for each."""
        for number, agent in enumerate(self.agents):
            make = ["new-window"] if number else ["new-session", "-s", "all", "-x", "120", "-y", "40"]
            pipe = f"exec cat >> {self.folder}/{agent.name}.log"
            self._tmux(
                *make,
                "-d",
                "-n",
                agent.name,
                agent.line,
                ";",
                "pipe-pane",
                "-t",
                self._window(agent.name),
                pipe,
            )

    def manager(self) -> int:
        """Return the pid of the server."""
        return int(self._tmux("display-message", "-p", "#{pid}"))

    def stop(self, name: str) -> None:
        """Kill the window."""
        self._tmux("kill-window", "-t", self._window(name))

    def stop_all(self) -> None:
        """Kill the server."""
        self._tmux("kill-server")

    def output(self, name: str) -> bytes:
        """Read the file; a terminal ends lines with two characters."""
        return self.kept(f"{name}.log").replace(b"\r\n", b"\n")

    def told(self, name: str) -> str:
        """Ask for the pane."""
        said = self._tmux(
            "list-panes", "-t", self._window(name), "-F", "#{pane_dead} #{pane_dead_status}"
        ).split()
        if not said or said[0] not in "01":
            return "unknown"
        return "running" if said[0] == "0" else f"exit {said[1]}" if len(said) > 1 else "ended"
