"""A supervisor that finds runs which nothing but their keepers remembers, or remembers them wrongly."""

import shutil
from pathlib import Path

from descartes_tui.runner.model.folders import session_folder, volatile_folder
from descartes_tui.runner.wire.client import Client
from tests.runner.sessions import kill_supervisor
from tests.waiting import wait_until

SLEEPER = {"name": "sleeper", "command": ["sleep", "1000"]}


def spawned(session: str) -> dict[str, object]:
    """Start the sleeper and return its picture."""
    with Client.connect(session, start=True) as client:
        client.call("spawn", config=SLEEPER, env={"PATH": "/usr/bin:/bin"})
        client.call("wait", agents=["sleeper"], condition="running", timeout=20)
        (agent,) = client.call("list")
        return dict(agent)


def test_a_living_run_is_seen_and_can_be_stopped_when_store_and_declarations_are_gone(session: str) -> None:
    agent = spawned(session)
    kill_supervisor(session)
    for path in [*session_folder(session).glob("events.db*"), *volatile_folder(session).glob("*.json")]:
        path.unlink()
    with Client.connect(session) as client:
        (found,) = client.call("list")
        assert (found["name"], found["pid"], found["status"]) == ("sleeper", agent["pid"], "running")
        client.call("stop", agents=["sleeper"], timeout=20)
        (stopped,) = client.call("list")
        assert stopped["status"] == "terminated"
    wait_until("the end of the process", lambda: not Path(f"/proc/{agent['pid']}").exists())


def test_a_picture_older_than_the_run_is_corrected(session: str, tmp_path: Path) -> None:
    spawned(session)
    kept = tmp_path / "kept"
    shutil.copytree(
        session_folder(session), kept, ignore=lambda folder, names: [n for n in names if "events" not in n]
    )
    with Client.connect(session) as client:
        client.call("restart", agents=["sleeper"], timeout=20)
        client.call("wait", agents=["sleeper"], condition="running", timeout=20)
        (second,) = client.call("list")
    kill_supervisor(session)
    for path in session_folder(session).glob("events.db*"):
        path.unlink()
    for path in kept.iterdir():
        shutil.copy(path, session_folder(session))
    with Client.connect(session) as client:
        (found,) = client.call("list")
    assert (found["run"], found["log_path"], found["pid"]) == (2, second["log_path"], second["pid"])
