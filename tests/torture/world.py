"""A session of its own below this process: every process that it ever starts stays findable and is ended."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from descartes_tui.runner.wire.client import Client, sendable
from tests.torture.looking import Seen, below, everybody, look, open_files

SESSION = "torture"
PR_SET_CHILD_SUBREAPER = 36
ZOO = str(Path(__file__).with_name("zoo.py"))


class World:
    """Folders, environment, and the tree of processes. A sub-reaper: whoever loses its parent comes to us."""

    def __init__(self) -> None:
        become_subreaper()
        self.root = Path(tempfile.mkdtemp(prefix="descartes-torture-"))
        self.folders = {name: self.root / name for name in ("disk", "run", "config", "truth", "work")}
        for folder in self.folders.values():
            folder.mkdir(mode=0o700)
        self.folders["truth"].chmod(0o777)
        self.disk_is_small = self._mount()
        os.environ["XDG_STATE_HOME"] = str(self.folders["disk"])
        os.environ["XDG_RUNTIME_DIR"] = str(self.folders["run"])
        os.environ["XDG_CONFIG_HOME"] = str(self.folders["config"])
        self.env = {**sendable(os.environ), "ZOO_TRUTH": str(self.folders["truth"])}
        self.state = self.folders["disk"] / "descartes-tui" / SESSION
        self.clients: dict[int, subprocess.Popen[bytes]] = {}

    # -- the disk -----------------------------------------------------------------------------------------

    def _mount(self) -> bool:
        """Put the state on a small disk of its own, where that is allowed."""
        if os.geteuid() != 0 or shutil.which("mount") is None:
            return False
        options = ["-t", "tmpfs", "-o", "size=768m", "none", str(self.folders["disk"])]
        return subprocess.run(["mount", *options], capture_output=True).returncode == 0

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Leave no room on the state's disk."""
        ballast = self.folders["disk"] / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * (1 << 20))
        with ballast.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * 4096)
        try:
            yield
        finally:
            ballast.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Whatever is opened in the state folder meanwhile cannot be written."""
        where = str(self.folders["disk"])
        subprocess.run(["mount", "--bind", where, where], check=True)
        try:
            subprocess.run(["mount", "-o", "remount,ro,bind", where], check=True)
            yield
        finally:
            subprocess.run(["umount", "-l", where], check=True)

    # -- the session --------------------------------------------------------------------------------------

    def client(self) -> Client:
        """Return a connection to the supervisor, which is started where none runs."""
        return Client.connect(SESSION, start=True, timeout=15.0)

    def call(self, verb: str, *, timeout: float | None = None, **args: Any) -> Any:
        """Ask the supervisor one thing."""
        with self.client() as client:
            return client.call(verb, timeout=timeout, **args)

    def command(self, *words: str) -> "subprocess.Popen[bytes]":
        """Start a `descartes-tui` command beside us; it is known as a client until it ends."""
        program = [sys.executable, "-m", "descartes_tui", "--session", SESSION, *words]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        client: subprocess.Popen[bytes] = subprocess.Popen(program, env=self.env, **quiet)  # type: ignore[call-overload]
        self.clients[client.pid] = client
        return client

    # -- processes ----------------------------------------------------------------------------------------

    def reap(self) -> None:
        """Collect those who came to us and have ended; clients keep their own status."""
        for seen in everybody().values():
            if seen.ppid == os.getpid() and seen.is_zombie and seen.pid not in self.clients:
                with suppress(ChildProcessError):
                    os.waitpid(seen.pid, os.WNOHANG)
        self.clients = {pid: client for pid, client in self.clients.items() if client.poll() is None}

    def supervisor(self) -> int | None:
        """Return the pid of the living supervisor, as its lock names it."""
        with suppress(OSError, ValueError):
            pid = int((self.state / "supervisor.lock").read_text())
            seen = look(pid)
            if seen is not None and not seen.is_zombie and pid in below([os.getpid()], everybody()):
                return pid
        return None

    def warm(self) -> int | None:
        """Return the pid of the supervisor's warm process."""
        supervisor = self.supervisor()
        mine = (seen for seen in everybody().values() if seen.ppid == supervisor and not seen.is_zombie)
        return next((seen.pid for seen in mine if seen.name == "descartes-warm"), None)

    def keepers(self, world: dict[int, Seen] | None = None) -> dict[int, Path]:
        """Return the living keepers and the folders of their runs, told by the lock that they hold open."""
        world = world or everybody()
        found = {}
        for pid in below([os.getpid()], world):
            if world[pid].name == "descartes-keep" and not world[pid].is_zombie:
                locks = [Path(name).parent for name in open_files(pid) if name.endswith("/lock")]
                if locks:
                    found[pid] = locks[0]
        return found

    def kill(self, pids: Iterable[int], number: int = signal.SIGKILL) -> None:
        """Send a signal to some processes of ours."""
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def close(self, *, keep: bool = False) -> None:
        """End everything below us by pid, and remove the folders."""
        with suppress(Exception):
            self.call("down", timeout=3.0)
        end_all_below()
        if self.disk_is_small and not keep:
            subprocess.run(["umount", "-l", str(self.folders["disk"])], check=False)
        if not keep:
            shutil.rmtree(self.root, ignore_errors=True)


def become_subreaper() -> None:
    """Have everybody below this process who loses its parent come to us, so that nobody can hide."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_all_below(but: Iterable[int] = ()) -> None:
    """Kill all descendants of this process by pid, but for those given, until there are none."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        below_us = below([os.getpid()], everybody()) - set(but)
        for pid in below_us:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        left = [pid for pid in below_us if not _is_zombie(pid)]
        if not left:
            return
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _is_zombie(pid: int) -> bool:
    seen = look(pid)
    return seen is None or seen.is_zombie


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a file, {} when there is none."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
