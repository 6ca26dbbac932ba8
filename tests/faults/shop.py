"""A session for the fault suite: real agents that misbehave, and at the end the proof that nobody is left."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from descartes_tui.runner.model.folders import session_folder
from descartes_tui.runner.wire.client import Client, sendable
from tests.runner.sessions import kill_supervisor, own_sessions, supervisor_pid
from tests.torture.looking import Seen, below, everybody, look
from tests.torture.world import ZOO, become_subreaper, end_all_below
from tests.waiting import wait_until

Agent = dict[str, Any]


class Shop:
    """One session with its supervisor, and a view of it through /proc."""

    def __init__(self, session: str, truth: Path) -> None:
        self.session, self.truth = session, truth
        self.env = {**sendable(os.environ), "ZOO_TRUTH": str(truth)}

    @property
    def state(self) -> Path:
        """The session's state folder."""
        return session_folder(self.session)

    def call(self, verb: str, **args: Any) -> Any:
        """Ask the supervisor, which is started where none runs."""
        with Client.connect(self.session, start=True) as client:
            return client.call(verb, **args)

    def spawn(self, name: str, *command: str, **config: Any) -> Agent:
        """Spawn an agent and wait until it runs."""
        agent = {"name": name, "command": list(command), **config}
        self.call("spawn", config=agent, env=self.env)
        self.call("wait", agents=[name], condition="running", timeout=20.0)
        return self.agent(name)

    def shell(self, name: str, script: str, **config: Any) -> Agent:
        """Spawn a shell script."""
        return self.spawn(name, "/bin/sh", "-c", script, **config)

    def nasty(self, name: str, kind: str, *words: str, **config: Any) -> Agent:
        """Spawn one of the zoo."""
        return self.spawn(name, sys.executable, "-S", "-E", ZOO, kind, *words, **config)

    def agent(self, name: str) -> Agent:
        """Return an agent as `list` shows it."""
        return next(agent for agent in self.call("list") if agent["name"] == name)

    def ended(self, name: str) -> Agent:
        """Wait for the end of an agent, and return it."""
        self.call("wait", agents=[name], condition="exit", timeout=30.0)
        return self.agent(name)

    def wait(self, what: str, condition: Callable[[], object]) -> None:
        """Wait for a condition."""
        wait_until(what, condition, within=20.0)

    def wrote(self, agent: Agent, text: str) -> None:
        """Wait for a text in an agent's log."""
        self.wait(f"{text!r} in the log", lambda: text in Path(agent["log_path"]).read_text())

    # -- what /proc says ----------------------------------------------------------------------------------

    def keeper(self, agent: Agent) -> int:
        """Return the pid of the keeper of a running agent."""
        seen = look(agent["pid"])
        assert seen is not None
        return seen.ppid

    def family(self, agent: Agent) -> list[Seen]:
        """Return the living family of a running agent."""
        world = everybody()
        found = [world[pid] for pid in below([self.keeper(agent)], world)]
        return [seen for seen in found if not seen.is_zombie]

    def grown(self, agent: Agent, count: int) -> list[Seen]:
        """Wait until a family has so many processes, and return them."""
        self.wait(f"a family of {count}", lambda: len(self.family(agent)) >= count)
        return self.family(agent)

    @property
    def supervisor(self) -> int:
        """The supervisor's pid."""
        pid = supervisor_pid(self.session)
        assert pid is not None
        return pid

    @property
    def warm(self) -> int:
        """The warm process's pid."""
        found = (seen.pid for seen in everybody().values() if seen.ppid == self.supervisor)
        return next(pid for pid in found if (seen := look(pid)) and seen.name == "descartes-warm")

    def kill_supervisor(self) -> None:
        """Kill the supervisor with SIGKILL, and see it gone."""
        pid = kill_supervisor(self.session)
        self.wait("the supervisor's death", lambda: gone(pid))

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Return the events of one kind."""
        with Client.connect(self.session) as client:
            return [event for event in client.stream("events") if event["kind"] == kind]


def gone(pid: int) -> bool:
    """True when a process is no more, or a zombie."""
    seen = look(pid)
    return seen is None or seen.is_zombie


def holds_for(seconds: float, what: str, condition: Callable[[], object]) -> None:
    """Look again and again that a condition goes on holding."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert condition(), f"{what} did not hold"


@contextmanager
def open_shop(tmp_path: Path) -> Iterator[Shop]:
    """Give a shop. Afterwards it is closed by `down`, and whoever is still there is a survivor."""
    become_subreaper()
    before = below([os.getpid()], everybody())
    (tmp_path / "truth").mkdir(mode=0o777)
    with own_sessions(tmp_path) as session:
        yield Shop(session, tmp_path / "truth")
    try:
        wait_until("an empty house", lambda: not _left(before), within=10.0)
    except AssertionError:
        raise AssertionError(f"survivors: {[str(seen) for seen in _left(before)]}") from None
    finally:
        end_all_below(but=before)


def _left(before: set[int]) -> list[Seen]:
    world = everybody()
    for pid in below([os.getpid()], world) - before:
        if world[pid].is_zombie and world[pid].ppid == os.getpid():
            _reap(pid)
    return [world[pid] for pid in below([os.getpid()], world) - before if not world[pid].is_zombie]


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def paused_by(pids: list[int]) -> bool:
    """True when all of them are stopped."""
    return all((seen := look(pid)) is not None and seen.state == "T" for pid in pids)


def end(pid: int) -> None:
    """Kill one process that a test started."""
    os.kill(pid, signal.SIGKILL)
