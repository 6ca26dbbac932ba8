"""The whole thing: the real program on a real terminal, keys acting on real processes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.app.real_screen import RealScreen, real_screen
from tests.waiting import wait_until

FLEET = """
version: 1
session: {session}
agents:
  counter:
    command: "n=0; while true; do echo line $n; n=$((n+1)); sleep 0.1; done"
  asker:
    stdin: pipe
    command: [{python}, -u, -c, "while True: print('you said', input('name? '))"]
  deaf:
    autostart: false
    command: [sh, -c, "trap '' TERM; echo hears nothing; while :; do sleep 0.1; done"]
    stop: {{grace: 60s}}
  resting:
    autostart: false
    command: "sleep 1000"
"""


class Place:
    """A folder with a fleet, and state of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("DESCARTES", "TEXTUAL"))
        }
        self.env = {
            **kept,
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_CONFIG_HOME": str(folder / "config"),
        }
        (folder / "agents.yaml").write_text(FLEET.format(session="trial", python=sys.executable))

    def ask(self, *arguments: str) -> str:
        """Run one command and return what it printed."""
        argv = [sys.executable, "-m", "descartes_tui", "--session", "trial", *arguments]
        return subprocess.run(
            argv, env=self.env, cwd=self.folder, capture_output=True, text=True, timeout=30
        ).stdout

    def agent(self, name: str) -> dict[str, Any]:
        """Return what the command line says of one agent."""
        agents: list[dict[str, Any]] = json.loads(self.ask("ps", "--json"))
        return next(agent for agent in agents if agent["name"] == name)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.ask("down", "--timeout", "10")


@pytest.fixture
def screen(place: Place) -> Iterator[RealScreen]:
    with real_screen(place.folder, place.env) as screen:
        screen.wait_for("● 2 running")
        yield screen


def test_keys_act_on_real_processes(place: Place, screen: RealScreen) -> None:
    pid = place.agent("counter")["pid"]
    screen.wait_for("line 3")
    screen.press("p")
    screen.wait_for("‖ paused")
    wait_until("stopped", lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    screen.press("r")
    wait_until("going on", lambda: psutil.Process(pid).status() != psutil.STATUS_STOPPED)
    screen.press("t")
    screen.wait_for("■ terminated")
    assert not psutil.pid_exists(pid)
    screen.press("s")
    screen.wait_for("counter · run 2")
    screen.press("k")
    screen.wait_for("Kill counter?")
    screen.press("y")
    wait_until("killed", lambda: place.agent("counter")["pid"] is None)
    screen.press("end", "s")
    wait_until("started", lambda: place.agent("resting")["status"] == "running")


def test_a_stop_is_shown_while_it_lasts_and_can_be_forced(place: Place, screen: RealScreen) -> None:
    screen.press("down", "down", "s")
    screen.wait_for("hears nothing")
    pid = place.agent("deaf")["pid"]
    screen.press("d")
    screen.wait_for("asked by")
    screen.press("d")
    wait_until("details gone", lambda: not any("asked by" in row for row in screen.rows()))
    screen.press("t")
    screen.wait_for("stopping 1   K force")
    assert "▸ deaf" in screen.wait_for("  TERM sent to")
    screen.wait_for("KILL in 5")
    assert psutil.pid_exists(pid)
    screen.press("K")
    screen.wait_for("deaf killed")
    assert not psutil.pid_exists(pid)
    assert not any("stopping 1" in row for row in screen.rows())


def test_input_reaches_the_agent_and_its_prompt_is_seen(screen: RealScreen) -> None:
    screen.press("down")
    screen.wait_for("name?")
    screen.press("i", "Ada", "enter")
    screen.wait_for("you said Ada")


def test_a_new_agent_is_spawned_from_the_form(place: Place, screen: RealScreen) -> None:
    screen.press("n")
    screen.wait_for("New agent")
    screen.press("echo made here; exec sleep 1000", "\x13")
    screen.wait_for("made here")
    assert place.agent("agent")["status"] == "running"


def test_leaving_detaches_and_coming_back_finds_everything(place: Place, screen: RealScreen) -> None:
    pid = place.agent("counter")["pid"]
    screen.press("q")
    screen.wait_for("2 agents keep running")
    screen.press("d")
    assert screen.wait_end() == 0
    assert psutil.pid_exists(pid)
    with real_screen(place.folder, place.env, "--session", "trial") as again:
        again.wait_for("● 2 running")
        again.press("q")
        again.wait_for("Leave?")
        again.press("s")
        assert again.wait_end() == 0
    assert not psutil.pid_exists(pid)
    assert b"\x1b[?1049l" in again.raw


def test_the_supervisor_may_be_killed_while_the_screen_is_open(place: Place, screen: RealScreen) -> None:
    pid = place.agent("counter")["pid"]
    supervisor = next(
        process.pid
        for process in psutil.process_iter(["cmdline", "environ"])
        if "supervisor" in (process.info["cmdline"] or [])
        and (process.info["environ"] or {}).get("XDG_STATE_HOME") == place.env["XDG_STATE_HOME"]
    )
    os.kill(supervisor, signal.SIGKILL)
    wait_until("another one", lambda: place.ask("ps", "--json").startswith("["))
    screen.wait_for("cpu")
    assert place.agent("counter")["pid"] == pid
    screen.press("p")
    screen.wait_for("‖ paused")


def test_a_signal_to_the_screen_ends_it_and_hurts_no_agent(place: Place, screen: RealScreen) -> None:
    pid = place.agent("counter")["pid"]
    screen.process.send_signal(signal.SIGTERM)
    assert screen.wait_end() == 128 + signal.SIGTERM
    assert b"\x1b[?1049l" in screen.raw and b"\x1b[?1003l" in screen.raw
    assert psutil.pid_exists(pid)


def test_keys_that_follow_each_other_at_once_act_in_order(place: Place, screen: RealScreen) -> None:
    screen.press("\x1b[Bp")
    wait_until("the second agent paused", lambda: place.agent("asker")["status"] == "paused")
    assert place.agent("counter")["status"] == "running"
    screen.press("riAda\r")
    screen.wait_for("you said Ada")


def test_a_screen_whose_guard_and_terminal_are_gone_ends_and_hurts_no_agent(
    place: Place, screen: RealScreen
) -> None:
    pid = place.agent("counter")["pid"]
    children = psutil.Process(screen.process.pid).children()
    (child,) = (one for one in children if "supervisor" not in one.cmdline())
    stuck = Path(f"/proc/{child.pid}/wchan")  # painting waits in a lock once nobody reads what it paints
    for _ in range(200):
        with suppress(BlockingIOError):
            screen.press("?", "escape")
    wait_until("a screen that is stuck", lambda: "futex" in stuck.read_text())
    screen.lose_terminal()
    screen.process.kill()
    wait_until("the end of the screen", lambda: not child.is_running() or child.status() == "zombie")
    assert psutil.pid_exists(pid)
