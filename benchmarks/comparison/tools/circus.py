"""circusd, with its command line circusctl."""

import shlex
from pathlib import Path
from typing import ClassVar

from benchmarks.comparison.tools.tool import GRACE, Tool

WATCHER = """[watcher:{name}]
cmd = {command}
copy_env = True
graceful_timeout = {grace}
respawn = {restart}
stdout_stream.class = FileStream
stdout_stream.filename = {folder}/{name}.log
stderr_stream.class = FileStream
stderr_stream.filename = {folder}/{name}.err
"""


class Circus(Tool):
    """The program that looks after its processes every `check_delay` seconds."""

    name = "circus"
    variants: ClassVar = {
        "default": f"`graceful_timeout={GRACE}`, `FileStream`; rows without restarts have `respawn=False`",
        "tuned": "also `stop_children=True`, `check_delay=1`",
    }
    tuned_for = frozenset({"stopping"})
    pauses = "`signal --recursive STOP`"

    @classmethod
    def missing(cls, peers: Path) -> str:
        """Return why it cannot run."""
        return "" if (peers / "py/bin/circusd").exists() else "not installed"

    def version(self) -> str:
        """Ask it."""
        return self.run(self.peers / "py/bin/circusd", "--version").split()[-1]

    def configure(self, restart: bool) -> None:
        """Write circus.ini."""
        text = "[circus]\n"
        text += "".join(
            f"{kind} = ipc://{self.folder}/{kind}\n"
            for kind in ("endpoint", "pubsub_endpoint", "stats_endpoint")
        )
        text += "check_delay = 1\n" if self.variant == "tuned" else ""
        for agent in self.agents:
            text += WATCHER.format(
                name=agent.name,
                command=shlex.join(agent.argv),
                grace=GRACE,
                restart=restart,
                folder=self.folder,
            )
            text += "stop_children = True\n" if self.variant == "tuned" else ""
        (self.folder / "circus.ini").write_text(text)

    def launch(self) -> None:
        """Start circusd, wait for its socket."""
        self.leave_running(self.peers / "py/bin/circusd", self.folder / "circus.ini")
        self.until_it_answers(*self._ctl("status"))

    def _ctl(self, *words: str) -> tuple[str | Path, ...]:
        endpoint = f"ipc://{self.folder}/endpoint"
        return (self.peers / "py/bin/circusctl", "--endpoint", endpoint, "--timeout", "60", *words)

    def stop(self, name: str) -> None:
        """Stop one."""
        self.run(*self._ctl("stop", name))

    def stop_all(self) -> None:
        """Stop all."""
        self.run(*self._ctl("stop"))

    def pause(self, name: str) -> None:
        """Send STOP, which it has a verb for."""
        self.run(*self._ctl("signal", name, "STOP", "--recursive"))

    def resume(self, name: str) -> None:
        """Send CONT."""
        self.run(*self._ctl("signal", name, "CONT", "--recursive"))

    def output(self, name: str) -> bytes:
        """Read its log of the watcher."""
        return self.kept(f"{name}.log")

    def told(self, name: str) -> str:
        """List the watcher's processes; circusctl shows no exit codes."""
        listed = self.run(*self._ctl("list", name)).strip()
        return "running" if any(character.isdigit() for character in listed) else "ended"
