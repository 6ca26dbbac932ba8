"""pm2: a daemon that its command line starts."""

import json
import re
from pathlib import Path
from typing import ClassVar

from benchmarks.comparison.tools.tool import GRACE, Tool


class Pm2(Tool):
    """The manager from npm that walks the tree of parents when it kills."""

    name = "pm2"
    variants: ClassVar = {
        "default": f"`kill_timeout: {GRACE}000`, `treekill` as it is (on); rows without restarts have "
        "`autorestart: false`",
        "tuned": "where restarts count, `exp_backoff_restart_delay: 100`",
    }
    tuned_for = frozenset({"crash"})
    pauses = "`sendSignal SIGSTOP`"

    @classmethod
    def missing(cls, peers: Path) -> str:
        """Return why it cannot run."""
        return "" if (peers / "npm/node_modules/.bin/pm2").exists() else "not installed"

    def version(self) -> str:
        """Read it from the package (asking would start the daemon)."""
        package = json.loads((self.peers / "npm/node_modules/pm2/package.json").read_text())
        return str(package["version"])

    def configure(self, restart: bool) -> None:
        """Write ecosystem.json."""
        self.environ |= {"PM2_HOME": str(self.folder / "pm2"), "PM2_DISABLE_VERSION_CHECK": "true"}
        backoff = {"exp_backoff_restart_delay": 100} if restart and self.variant == "tuned" else {}
        apps = [
            {
                "name": agent.name,
                "script": agent.argv[0],
                "args": list(agent.argv[1:]),
                "interpreter": "none",
                "cwd": str(self.folder),
                "kill_timeout": GRACE * 1000,
                "autorestart": restart,
                "out_file": str(self.folder / f"{agent.name}.log"),
                "error_file": str(self.folder / f"{agent.name}.err"),
                "merge_logs": True,
                "vizion": False,
                "pmx": False,
                **backoff,
            }
            for agent in self.agents
        ]
        (self.folder / "ecosystem.json").write_text(json.dumps({"apps": apps}))

    def _pm2(self, *words: str) -> str:
        return self.run(self.peers / "npm/node_modules/.bin/pm2", *words)

    def launch(self) -> None:
        """Start the applications, which starts the daemon."""
        self._pm2("start", "ecosystem.json")

    def manager(self) -> int:
        """Return the pid of the daemon."""
        return int((self.folder / "pm2/pm2.pid").read_text())

    def stop(self, name: str) -> None:
        """Stop one."""
        self._pm2("stop", name)

    def stop_all(self) -> None:
        """Stop all."""
        self._pm2("stop", "all")

    def pause(self, name: str) -> None:
        """Send STOP, which it has a verb for."""
        self._pm2("sendSignal", "SIGSTOP", name)

    def resume(self, name: str) -> None:
        """Send CONT."""
        self._pm2("sendSignal", "SIGCONT", name)

    def output(self, name: str) -> bytes:
        """Read its log of the application."""
        return self.kept(f"{name}.log")

    def told(self, name: str) -> str:
        """Read its own log: the last word about the application."""
        log = self.kept("pm2/pm2.log").decode(errors="replace")
        log = log[log.rfind("New PM2 Daemon started") :]
        ends = re.findall(rf"App \[{name}:\d+\] (online|exited with code \[(-?\d+)\])", log)
        if not ends:
            return "unknown"
        return "running" if ends[-1][0] == "online" else f"exit {ends[-1][1]}"

    def close(self) -> None:
        """End the daemon too."""
        self._pm2("kill")
