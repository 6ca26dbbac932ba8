"""s6: a directory of services under s6-svscan, each with a process of its own above it, and a logger."""

import re
import subprocess
from pathlib import Path
from typing import ClassVar

from benchmarks.comparison.tools.tool import GRACE, Tool


def _inside(peers: Path) -> tuple[str, ...]:
    """Return what runs a program where the packages seem installed: s6-svscan looks in /usr/bin, and nowhere else."""
    mount = 'mount -t overlay overlay -o "lowerdir=$0/s6/usr:/usr" /usr && exec "$@"'
    return ("unshare", "--mount", "sh", "-c", mount, str(peers))


class S6(Tool):
    """The supervision suite."""

    name = "s6"
    source = "Debian packages, laid over /usr in a mount namespace"
    variants: ClassVar = {
        "default": "`s6-svc -d`; each service with `s6-log`; rows without restarts have a `finish` that exits 125",
        "tuned": f"also `timeout-kill` of {GRACE}000 (its default is never)",
    }
    tuned_for = frozenset({"stopping"})
    pauses = "`s6-svc -p`"
    one_process_per_agent = "s6-supervise"

    @classmethod
    def missing(cls, peers: Path) -> str:
        """Return why it cannot run."""
        if not (peers / "s6/usr/bin/s6-svscan").exists():
            return "not installed"
        tried = subprocess.run([*_inside(peers), "true"], capture_output=True, text=True, check=False)
        return tried.stderr.strip().splitlines()[-1] if tried.returncode else ""

    def version(self) -> str:
        """Read it from the name of the package."""
        return next(self.peers.glob("s6/s6_*.deb")).name.split("_")[1]

    def configure(self, restart: bool) -> None:
        """Write the service directories."""
        binaries = self.peers / "s6/usr/bin"
        libraries = next((self.peers / "s6/usr/lib").glob("*/libs6.so*")).parent
        self.environ["LD_LIBRARY_PATH"] = str(libraries)
        self.environ["PATH"] = f"{binaries}:{self.environ['PATH']}"
        for agent in self.agents:
            service = self._service(agent.name)
            self._script(service / "run", f"exec 2>&1\n{agent.line}\n")
            self._script(service / "log/run", f"exec s6-log -b s200000000 {self.folder}/{agent.name}.d\n")
            if not restart:
                self._script(service / "finish", "exit 125\n")
            if self.variant == "tuned":
                (service / "timeout-kill").write_text(f"{GRACE}000\n")

    def _service(self, name: str) -> Path:
        return self.folder / "scan" / name

    def _script(self, path: Path, body: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n" + body)
        path.chmod(0o755)

    def launch(self) -> None:
        """Start s6-svscan."""
        self.leave_running(*_inside(self.peers), "s6-svscan", self.folder / "scan")

    def stop(self, name: str) -> None:
        """Bring the service down."""
        self.run("s6-svc", "-d", self._service(name))

    def stop_all(self) -> None:
        """Bring all services down."""
        for agent in self.agents:
            self.stop(agent.name)

    def pause(self, name: str) -> None:
        """Pause, in its own word."""
        self.run("s6-svc", "-p", self._service(name))

    def resume(self, name: str) -> None:
        """Continue."""
        self.run("s6-svc", "-c", self._service(name))

    def output(self, name: str) -> bytes:
        """Read what the logger has written, the rotated files first."""
        folder = self.folder / f"{name}.d"
        files = (*sorted(folder.glob("@*")), folder / "current")
        return b"".join(file.read_bytes() for file in files if file.exists())

    def told(self, name: str) -> str:
        """Ask for the state."""
        said = self.run("s6-svstat", self._service(name))
        code = re.search(r"down \((?:exitcode|signal) (\S+?)\)", said)
        if said.startswith("up"):
            return "running"
        return f"exit {code[1]}" if code else "unknown"

    def close(self) -> None:
        """Take the tree down."""
        self.run("s6-svscanctl", "-t", self.folder / "scan")
