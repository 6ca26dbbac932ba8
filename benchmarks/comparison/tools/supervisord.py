"""supervisord, with its command line supervisorctl."""

import re
import shlex
from pathlib import Path
from typing import ClassVar

from benchmarks.comparison.tools.tool import GRACE, Tool

HEAD = """[unix_http_server]
file={folder}/sock
[supervisord]
logfile={folder}/supervisord.log
pidfile={folder}/supervisord.pid
childlogdir={folder}
nodaemon=true
[supervisorctl]
serverurl=unix://{folder}/sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

PROGRAM = """[program:{name}]
command={command}
stdout_logfile={folder}/{name}.log
redirect_stderr=true
stopwaitsecs={grace}
autorestart={restart}
"""


class Supervisord(Tool):
    """The program whose options for groups are off by default."""

    name = "supervisord"
    variants: ClassVar = {
        "default": f"`stopwaitsecs={GRACE}`; rows without restarts have `autorestart=false`, `startsecs=0`",
        "tuned": "also `stopasgroup`, `killasgroup`, no rotation",
    }
    tuned_for = frozenset({"stopping"})
    pauses = "`signal STOP`"

    @classmethod
    def missing(cls, peers: Path) -> str:
        """Return why it cannot run."""
        return "" if (peers / "py/bin/supervisord").exists() else "not installed"

    def version(self) -> str:
        """Ask it."""
        return self.run(self.peers / "py/bin/supervisord", "--version").strip()

    def configure(self, restart: bool) -> None:
        """Write supervisord.conf."""
        text = HEAD.format(folder=self.folder)
        for agent in self.agents:
            text += PROGRAM.format(
                name=agent.name,
                command=shlex.join(agent.argv),
                folder=self.folder,
                grace=GRACE,
                restart="true" if restart else "false",
            )
            text += "" if restart else "startsecs=0\n"
            if self.variant == "tuned":
                text += "stopasgroup=true\nkillasgroup=true\nstdout_logfile_maxbytes=0\n"
        (self.folder / "supervisord.conf").write_text(text)

    def launch(self) -> None:
        """Start supervisord, wait for its socket."""
        self.leave_running(self.peers / "py/bin/supervisord", "-c", self.folder / "supervisord.conf")
        self.until_it_answers(*self._ctl("pid"))

    def _ctl(self, *words: str) -> tuple[str | Path, ...]:
        return (self.peers / "py/bin/supervisorctl", "-c", self.folder / "supervisord.conf", *words)

    def stop(self, name: str) -> None:
        """Stop one."""
        self.run(*self._ctl("stop", name))

    def stop_all(self) -> None:
        """Stop all."""
        self.run(*self._ctl("stop", "all"))

    def pause(self, name: str) -> None:
        """Send STOP, which it has a verb for."""
        self.run(*self._ctl("signal", "STOP", name))

    def resume(self, name: str) -> None:
        """Send CONT."""
        self.run(*self._ctl("signal", "CONT", name))

    def output(self, name: str) -> bytes:
        """Read its log of the program."""
        return self.kept(f"{name}.log")

    def told(self, name: str) -> str:
        """Read its own log: the last word about the program (its status shows no exit codes)."""
        log = self.kept("supervisord.log").decode(errors="replace")
        log = log[log.rfind("supervisord started with pid") :]
        ends = re.findall(rf"(spawned|exited|stopped): '?{name}'?(?:.*exit status (\d+))?", log)
        if not ends:
            return "unknown"
        word, code = ends[-1]
        return "running" if word == "spawned" else f"exit {code}" if code else "ended"
