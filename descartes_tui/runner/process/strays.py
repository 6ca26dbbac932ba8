"""What a killed keeper leaves behind: found by mark and ledger, swept, and its last output saved."""

import asyncio
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.layout import ENDING, LEDGER, LOCK, MARK, RUN_FACTS, STDERR, STDOUT
from descartes_tui.runner.model.run import Lost, Swept
from descartes_tui.runner.process import kernel
from descartes_tui.runner.process.files import BOOT_ID
from descartes_tui.runner.process.pump import DiskFull, Pump

PROGRAMS: Final = ("descartes-warm", "descartes-keep")  # a keeper is called like its parent at first
_GRACE_SECONDS: Final = 1.0
_SWEEP_SECONDS: Final = 10.0


async def sweep_strays(folder: Path, run_id: str, reaped: dict[int, int], warm: int | None = None) -> Lost:
    """End every process of a run whose keeper was killed, save its last output, write and return its ending.

    The run's FIFOs are opened first: with their last holder gone, what they hold would be gone too.
    `reaped` maps pids to wait statuses that the warm process has seen: the leader's may be among them.
    `warm` is the pid of the warm process, which inherits what a killed keeper held.
    """
    return await asyncio.get_running_loop().run_in_executor(None, _sweep, folder, run_id, reaped, warm)


def _sweep(folder: Path, run_id: str, reaped: dict[int, int], warm: int | None) -> Lost:
    with _closed_to_keepers(folder):
        return _sweep_alone(folder, run_id, reaped, warm)


@contextmanager
def _closed_to_keepers(folder: Path) -> Iterator[None]:
    """Hold the run's lock: a keeper that is only now being forked must not begin what is about to be over."""
    try:
        descriptor = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:  # the folder is gone or read-only: no keeper can begin there either
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _sweep_alone(folder: Path, run_id: str, reaped: dict[int, int], warm: int | None) -> Lost:
    sources = _open_sources(folder)
    facts = _facts(folder)
    swept: dict[int, Swept] = {}
    began = time.monotonic()
    same_boot = facts.get("boot_id", "") == BOOT_ID
    while same_boot and (strays := find_strays(folder, run_id, warm)):
        age = time.monotonic() - began
        number = signal.SIGTERM if age < _GRACE_SECONDS else signal.SIGKILL
        for stat in strays:
            _end(stat, number, swept)
        if age > _SWEEP_SECONDS:
            break  # what does not die now is named in the ending and cannot be waited for
        time.sleep(0.02)
    _save_output(folder, sources)
    lost = Lost(time.time(), tuple(swept.values()), _exit_of(int(str(facts.get("pid", 0))), reaped))
    _write_ending(folder, lost)
    return lost


def find_strays(folder: Path, run_id: str, warm: int | None = None) -> list[kernel.Stat]:
    """Return the living processes that carry the run's mark, stand in its ledger, or descend from those.

    Children of the warm process that are no keepers were a killed keeper's; those without any mark count too.
    """
    ledger = _ledger(folder)
    stats = {stat.pid: stat for stat in _all_processes()}
    found = {
        pid for pid, stat in stats.items() if (pid, stat.start_ticks) in ledger or _is_marked(pid, run_id)
    }
    orphans = (stat for stat in stats.values() if stat.ppid == warm and stat.name not in PROGRAMS)
    found |= {stat.pid for stat in orphans if not _marks(stat.pid)}
    grown = True
    while grown:
        below = {pid for pid, stat in stats.items() if stat.ppid in found} - found
        found |= below
        grown = bool(below)
    found.discard(os.getpid())
    return [stats[pid] for pid in sorted(found) if stats[pid].is_alive]


def _all_processes() -> list[kernel.Stat]:
    if not kernel.IS_LINUX:
        return []
    found = (kernel.read_stat(int(entry)) for entry in os.listdir("/proc") if entry.isdigit())
    return [stat for stat in found if stat is not None]


def _is_marked(pid: int, run_id: str) -> bool:
    return f"{MARK}={run_id}".encode() in _marks(pid)


def _marks(pid: int) -> list[bytes]:
    """Return the marks of runs in a process's environment."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return [entry for entry in file.read().split(b"\0") if entry.startswith(f"{MARK}=".encode())]
    except OSError:
        return []


def _ledger(folder: Path) -> set[tuple[int, int]]:
    try:
        lines = (folder / LEDGER).read_text().splitlines()
        return {(int(pid), int(ticks)) for pid, ticks in (line.split() for line in lines)}
    except (OSError, ValueError):
        return set()


def _end(stat: kernel.Stat, number: int, swept: dict[int, Swept]) -> None:
    try:
        sent = (kernel.send if kernel.HAS_PIDFD else kernel.send_by_number)(
            stat.pid, stat.start_ticks, number
        )
    except PermissionError:
        return
    if sent:
        how = "kill" if number == signal.SIGKILL else "term"
        swept[stat.pid] = Swept(stat.pid, stat.name, how)
        if stat.is_stopped and number != signal.SIGKILL:
            kernel.send_by_number(stat.pid, stat.start_ticks, signal.SIGCONT)


def _open_sources(folder: Path) -> list[tuple[int, int]]:
    sources = []
    for name, stream in (("out", STDOUT), ("err", STDERR)):
        try:
            descriptor = os.open(folder / name, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue  # a terminal run, or one that never came so far
        sources.append((descriptor, stream))
    return sources


def _save_output(folder: Path, sources: list[tuple[int, int]]) -> None:
    """Move what the FIFOs still hold to the end of the log."""
    try:
        directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        directory = -1
    try:
        pump = Pump(directory)
        for descriptor, stream in sources:
            while pump.drain(descriptor, stream):
                pass
        pump.close()
    except (OSError, DiskFull):
        pass  # no folder or no room: nothing more can be saved
    for descriptor in [d for d, _ in sources] + ([directory] if directory >= 0 else []):
        os.close(descriptor)


def _facts(folder: Path) -> dict[str, object]:
    try:
        facts = json.loads((folder / RUN_FACTS).read_bytes())
    except (OSError, ValueError):
        return {"boot_id": BOOT_ID}
    return facts if isinstance(facts, dict) else {"boot_id": BOOT_ID}


def _exit_of(pid: int, reaped: dict[int, int]) -> ExitStatus:
    status = reaped.get(pid)
    if status is None:
        return ExitStatus()
    if os.WIFSIGNALED(status):
        return ExitStatus(signal=os.WTERMSIG(status))
    return ExitStatus(code=os.WEXITSTATUS(status))


def _write_ending(folder: Path, lost: Lost) -> None:
    ending = {
        "lost": True,
        "at": lost.at,
        "exit": [lost.exit.code, lost.exit.signal],
        "swept": [[entry.pid, entry.name, entry.how] for entry in lost.swept],
    }
    try:
        temporary = folder / f"{ENDING}.lost"
        temporary.write_text(json.dumps(ending))
        temporary.rename(folder / ENDING)
    except OSError:
        pass  # the folder is gone: the fleet has been told
