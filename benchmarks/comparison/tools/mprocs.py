"""mprocs: a terminal program, so it gets a terminal; its orders go over its remote-control port on loopback."""

import contextlib
import fcntl
import json
import os
import platform
import pty
import re
import signal
import socket
import struct
import termios
import threading
from pathlib import Path
from typing import ClassVar

import pyte

from benchmarks.comparison.tools.tool import Tool

ROWS, COLUMNS = 60, 160
PROGRAM = f"npm/node_modules/mprocs/mprocs-*-linux-{platform.machine()}*/mprocs"


class Mprocs(Tool):
    """The list of processes with a terminal for each."""

    name = "mprocs"
    variants: ClassVar = {
        "default": "`stop: SIGTERM` (no grace, it never kills by itself), `log_dir`",
        "tuned": "`stop: hard-kill`, which does not ask",
    }
    tuned_for = frozenset({"stopping"})

    @classmethod
    def missing(cls, peers: Path) -> str:
        """Return why it cannot run."""
        return "" if any(peers.glob(PROGRAM)) else "not installed"

    def version(self) -> str:
        """Ask it."""
        return self.run(self._program, "--version").split()[-1]

    @property
    def _program(self) -> Path:
        """The program itself: `.bin/mprocs` is a script of node that starts it."""
        return next(self.peers.glob(PROGRAM))

    def configure(self, restart: bool) -> None:
        """Write mprocs.yaml, as JSON."""
        stop = "hard-kill" if self.variant == "tuned" else "SIGTERM"
        procs = {
            agent.name: {"cmd": list(agent.argv), "stop": stop, "autorestart": restart}
            for agent in self.agents
        }
        (self.folder / "mprocs.yaml").write_text(json.dumps({"procs": procs}))

    def launch(self) -> None:
        """Start it in a terminal whose screen is read along."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._server = f"127.0.0.1:{free.getsockname()[1]}"
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._bytes = bytearray()
        argv = [str(self._program), "-c", "mprocs.yaml", "-s", self._server, "--log-dir", str(self.folder)]
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            os.chdir(self.folder)
            os.execvpe(argv[0], argv, self.environ)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        threading.Thread(target=self._drain, args=[self._master], daemon=True).start()

    def _drain(self, master: int) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(master, 1 << 16):
                self._bytes += data

    def manager(self) -> int:
        """Return the pid of the program."""
        return self._pid

    def _control(self, **command: object) -> None:
        self.run(self._program, "-s", self._server, "--ctl", json.dumps(command), within=20.0)

    def stop(self, name: str) -> None:
        """Choose the row, and stop it."""
        index = [agent.name for agent in self.agents].index(name)
        self._control(c="select-proc", index=index)
        self._control(c="term-proc")

    def stop_all(self) -> None:
        """Quit, which stops all first."""
        self._control(c="quit")

    def output(self, name: str) -> bytes:
        """Read its log; a terminal ends lines with two characters."""
        return self.kept(f"{name}.log").replace(b"\r\n", b"\n")

    def told(self, name: str) -> str:
        """Read the screen."""
        stream = pyte.ByteStream(self._screen)
        stream.feed(bytes(self._bytes))
        self._bytes.clear()
        row = next((line for line in self._screen.display if re.search(rf"\b{name}\b.*(UP|DOWN)", line)), "")
        code = re.search(r"DOWN\s*\((\d+)\)", row)
        return (
            "running"
            if " UP" in row
            else f"exit {code[1]}"
            if code
            else "ended"
            if "DOWN" in row
            else "unknown"
        )

    def reap(self) -> None:
        """Collect it, and give the terminal back."""
        with contextlib.suppress(OSError, AttributeError):
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        with contextlib.suppress(OSError, AttributeError):
            os.close(self._master)
