"""Runs held by keepers: started through the warm process, found again after a restart of the supervisor."""

import asyncio
import contextlib
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from descartes_tui.runner.model.errors import CommunicationError
from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.layout import CONTROL, ENDING, LOCK
from descartes_tui.runner.model.run import Ended, Lost, RunEvent, RunLink, RunSpec, StartFailed, Swept
from descartes_tui.runner.process import zygote
from descartes_tui.runner.process.link import KeeperLink
from descartes_tui.runner.process.strays import sweep_strays

_PACKAGE_ROOT: Final = Path(__file__).parents[3]
_CONNECT_SECONDS: Final = 5.0
_FORK_SECONDS: Final = 5.0


class KeeperLauncher:
    """Starts runs that outlive this process. Owns the warm process; `close` lets it end, keepers stay."""

    def __init__(self, script: Path = Path(zygote.__file__)) -> None:
        self._script = script
        self._warm: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._answers = bytearray()
        self._forked: dict[str, asyncio.Future[str]] = {}  # by run: "" or why there was no fork
        self._heard_at = 0.0
        self._reaped: dict[int, int] = {}  # keepers and strays whose status the warm process has seen

    async def launch(self, spec: RunSpec, on_event: Callable[[RunEvent], None]) -> RunLink:
        """Start a run; Started or StartFailed follows as an event. Raises CommunicationError without a fork."""
        ours, theirs = socket.socketpair()
        link = KeeperLink(ours, spec.folder, spec.run_id, on_event, self._on_lost)
        try:
            await self._order(spec, theirs)
        except OSError as error:
            cause = f"the agent could not be started: {error}"
            if _is_given_up(spec.folder, cause):  # else its keeper was forked before the warm process died
                ours.close()
                raise CommunicationError(cause) from error
        finally:
            theirs.close()
        link.listen()
        return link

    async def adopt(self, folder: Path, run_id: str, on_event: Callable[[RunEvent], None]) -> RunLink | None:
        """Take up a run by its folder: a held lock means that its keeper lives; see model.run.Launcher."""
        deadline = time.monotonic() + _CONNECT_SECONDS
        while is_held(folder):
            connection = _connect(folder)
            if connection is not None:
                link = KeeperLink(connection, folder, run_id, on_event, self._on_lost)
                link.listen()
                if await link.greet():
                    return link
            if time.monotonic() > deadline:
                raise CommunicationError(f"the keeper of {folder} does not answer")
            await asyncio.sleep(0.02)
        ending = read_ending(folder)
        on_event(ending if ending is not None else await self._sweep(folder, run_id))
        return None

    @property
    def warm_pid(self) -> int | None:
        """Pid of the warm process, None while there is none."""
        return None if self._warm is None else self._warm.pid

    async def close(self) -> None:
        """Let the warm process end. Keepers and their agents go on."""
        if self._channel is not None and self._warm is not None:
            self._drop_warm()

    # -- the warm process ---------------------------------------------------------------------------------

    async def _order(self, spec: RunSpec, owner: socket.socket) -> None:
        """Have a keeper forked by the warm process, which is started first, and again if it was killed."""
        body = json.dumps({**asdict(spec), "folder": str(spec.folder)}).encode()
        for attempt in (1, 2):
            forked = self._forked[spec.run_id] = asyncio.get_running_loop().create_future()
            channel = None
            try:
                channel = self._warmed()
                _send(channel, body, owner)
                cause = await self._patiently(forked)
            except OSError:
                if channel is self._channel:  # else it was dropped already, and another is in its place
                    self._drop_warm()
                if attempt == 2:
                    raise
            else:
                if cause:
                    raise OSError(f"no keeper could be forked: {cause}")
                return
            finally:
                forked.cancel()
                del self._forked[spec.run_id]

    async def _patiently(self, forked: asyncio.Future[str]) -> str:
        """Wait for a fork as long as the warm process shows any life; TimeoutError (an OSError) when not."""
        self._heard_at = time.monotonic()
        while not forked.done():
            await asyncio.wait((forked,), timeout=_FORK_SECONDS)
            if not forked.done() and time.monotonic() - self._heard_at > _FORK_SECONDS:
                raise TimeoutError("the warm process does not answer")
        return forked.result()

    def _warmed(self) -> socket.socket:
        """Return the channel to a living warm process."""
        if self._warm is not None and self._warm.poll() is not None:
            self._drop_warm()
        if self._channel is None:
            ours, theirs = socket.socketpair()
            self._warm = subprocess.Popen(
                [sys.executable, "-I", "-S", str(self._script), str(_PACKAGE_ROOT), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
            theirs.close()
            ours.settimeout(_FORK_SECONDS)
            self._channel = ours
            asyncio.get_running_loop().add_reader(ours.fileno(), self._hear_warm)
        return self._channel

    def _drop_warm(self) -> None:
        channel, self._channel = self._channel, None
        warm, self._warm = self._warm, None
        if channel is not None:
            with contextlib.suppress(RuntimeError):
                asyncio.get_running_loop().remove_reader(channel.fileno())
            channel.close()
        for forked in self._forked.values():
            if not forked.done():
                forked.set_exception(BrokenPipeError("the warm process was killed"))
        if warm is not None:
            try:
                warm.wait(1.0)
            except subprocess.TimeoutExpired:  # stopped or stuck: it holds nothing that could be lost
                warm.kill()
                warm.wait()

    def _hear_warm(self) -> None:
        """Take what the warm process tells: which keepers and strays it has reaped."""
        channel = self._channel
        if channel is None:
            return
        try:
            data = channel.recv(65536, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop_warm()
            return
        self._heard_at = time.monotonic()
        self._answers += data
        *lines, rest = bytes(self._answers).split(b"\n")
        self._answers = bytearray(rest)
        for line in lines:
            self._note(json.loads(line))

    def _note(self, message: dict[str, Any]) -> None:
        forked = self._forked.get(message.get("run_id", ""))
        if forked is not None and not forked.done():
            forked.set_result(message.get("failed", ""))
        if "reaped" in message:
            self._reaped[message["reaped"]] = message["status"]
            while len(self._reaped) > 10_000:
                del self._reaped[next(iter(self._reaped))]

    async def _on_lost(self, link: KeeperLink) -> None:
        """A keeper's connection broke: tell the ending it wrote, or sweep what a killed keeper left."""
        deadline = time.monotonic() + _CONNECT_SECONDS
        while is_held(link.folder) and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        ending = read_ending(link.folder)
        if ending is None:
            ending = await self._sweep(link.folder, link.run_id)
        link.conclude(ending)

    async def _sweep(self, folder: Path, run_id: str) -> Lost:
        return await sweep_strays(folder, run_id, self._reaped, self.warm_pid)


def _send(channel: socket.socket, body: bytes, owner: socket.socket) -> None:
    message = struct.pack("<I", len(body)) + body
    sent = socket.send_fds(channel, [message], [owner.fileno()])
    channel.sendall(message[sent:])


def _connect(folder: Path) -> socket.socket | None:
    """Connect to a keeper; the path is shortened, for socket addresses end at 107 bytes (unix(7))."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with contextlib.ExitStack() as stack:
        try:
            path = str(folder / CONTROL)
            if sys.platform == "linux":
                directory = os.open(folder, os.O_PATH | os.O_DIRECTORY)
                stack.callback(os.close, directory)
                path = f"/proc/self/fd/{directory}/{CONTROL}"
            connection.connect(path)
        except OSError:
            connection.close()
            return None
    return connection


def _is_given_up(folder: Path, cause: str) -> bool:
    """Write down that a run was not started, so that no late keeper begins it; False when one has begun."""
    flags = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    with contextlib.ExitStack() as stack:
        try:
            lock = os.open(folder / LOCK, flags, 0o600)
            stack.callback(os.close, lock)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ending = os.open(folder / ENDING, flags | os.O_EXCL, 0o600)
            stack.callback(os.close, ending)
            os.write(ending, json.dumps({"start_failed": cause}).encode())
        except (BlockingIOError, FileExistsError):
            return False  # it lives, or is over already
        except OSError:
            pass  # no room or no right to write it down
    return True


def is_held(folder: Path) -> bool:
    """True while a keeper holds the run's lock: the one sign of life that no reused pid can fake."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def read_ending(folder: Path) -> Ended | StartFailed | Lost | None:
    """Return what the keeper wrote at the end; None when there is nothing, or nothing readable."""
    try:
        facts = json.loads((folder / ENDING).read_bytes())
        if "start_failed" in facts:
            return StartFailed(str(facts["start_failed"]), int(facts.get("errno", 0)))
        swept = tuple(Swept(int(pid), str(name), str(how)) for pid, name, how in facts.get("swept", ()))
        if facts.get("lost"):
            code, number = facts.get("exit", (None, None))
            return Lost(float(facts["at"]), swept, ExitStatus(code, number))
        code, number = facts["exit"]
        return Ended(ExitStatus(code, number), float(facts["at"]), swept, int(facts.get("log_bytes", 0)))
    except (OSError, ValueError, KeyError, TypeError):
        return None
