"""What the scenarios share: sessions of their own, programs in a pty, memory and processor time from /proc."""

import contextlib
import os
import pty
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TUI = (sys.executable, "-m", "descartes_tui")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value, and what it is compared with in the same run."""

    scenario: str
    ours: str
    beside: str
    ratio: float | None

    def __str__(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio:6.2f} x"
        return f"{self.scenario:<58} {self.ours:>12}   {ratio:>9}  {self.beside}"


@contextlib.contextmanager
def session() -> Iterator[dict[str, str]]:
    """Give the environment of a session that nobody else uses; end it and remove its files afterwards."""
    home = Path(tempfile.mkdtemp(prefix="descartes-bench-"))
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700)
    env = {
        **os.environ,
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_RUNTIME_DIR": str(runtime),
        "DESCARTES_SESSION": "bench",
        "TERM": "xterm-256color",
    }
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling at each start is not what users have
    try:
        yield env
    finally:
        subprocess.run([*TUI, "down"], env=env, capture_output=True, check=False)
        shutil.rmtree(home, ignore_errors=True)


def call(env: dict[str, str], *words: str) -> str:
    """Run one command of ours and return what it prints; CalledProcessError when it fails."""
    return subprocess.run([*TUI, *words], env=env, capture_output=True, text=True, check=True).stdout


def sleepers(env: dict[str, str], count: int) -> Path:
    """Write a fleet file of `count` agents that print a line and then sleep."""
    path = Path(env["XDG_STATE_HOME"]).parent / "agents.yaml"
    agents = (f"  quiet-{n}: {{command: 'echo ready; exec sleep 100000'}}\n" for n in range(count))
    path.write_text("version: 1\nsession: bench\nagents:\n" + "".join(agents))
    return path


def until_shown(
    argv: Sequence[str], env: dict[str, str], marks: Sequence[bytes], within: float = 30.0
) -> float:
    """Run a program in a 40x120 terminal; return the seconds until all `marks` have been painted."""
    began = time.perf_counter()
    pid, master = pty.fork()
    if pid == 0:
        os.execvpe(argv[0], list(argv), {**env, "LINES": "40", "COLUMNS": "120"})
    try:
        seen = b""
        while not all(mark in seen for mark in marks):
            if time.perf_counter() - began > within:
                raise TimeoutError(f"{marks!r} not painted within {within} s; the end was {seen[-500:]!r}")
            if select.select([master], [], [], 0.1)[0]:
                seen += os.read(master, 1 << 16)
        return time.perf_counter() - began
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 15)
        _drain(master)
        os.close(master)
        os.waitpid(pid, 0)


def _drain(master: int) -> None:
    deadline = time.monotonic() + 1.0
    with contextlib.suppress(OSError):
        while time.monotonic() < deadline:
            if select.select([master], [], [], 0.1)[0] and not os.read(master, 1 << 16):
                return


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median(work: Callable[[], float], rounds: int) -> float:
    """Return the median of several measurements."""
    return statistics.median(work() for _ in range(rounds))


def memory(pid: int) -> tuple[int, int]:
    """Return proportional and private memory of one process in bytes (proc(5), smaps_rollup)."""
    sizes = {"Pss": 0, "Private_Clean": 0, "Private_Dirty": 0}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name = line.partition(":")[0]
        if name in sizes:
            sizes[name] = int(line.split()[1]) * 1024
    return sizes["Pss"], sizes["Private_Clean"] + sizes["Private_Dirty"]


def cpu_seconds(pids: Sequence[int]) -> float:
    """Return the processor time that processes have used, to the nanosecond (proc(5), schedstat)."""
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids) / 1e9


def named(name: str, below: Callable[[int], bool]) -> list[int]:
    """Return the pids of processes of this name (comm) for which `below` holds."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                if (folder / "comm").read_text().strip() == name and below(int(folder.name)):
                    found.append(int(folder.name))
    return found
