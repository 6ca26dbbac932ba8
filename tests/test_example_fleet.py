"""The example fleet: the file is valid, and its agents do real work as real processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from descartes_tui.runner.backends import backends, missing_message
from descartes_tui.runner.fleet_file import load_fleet, session_of
from descartes_tui.runner.model.config import AgentConfig, DependencyNeed, RestartWhen, StdinMode
from tests.waiting import wait_until

ROOT = Path(__file__).parents[1]
FILE = ROOT / "agents.example.yaml"
PROGRAMS = ("claude", "codex", "opencode", "gemini", "aider")


def agents() -> Mapping[str, AgentConfig]:
    return {config.name: config for config in load_fleet(FILE, env={}, backends=backends()).agents}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a small folder with the example's scripts and something to work on."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / "one.py").write_text("def one():\n    return 1\n\n\ndef two():\n    x = 2\n    return x\n")
    (folder / "README.md").write_text("# A checkout\nwith a keeper\n")
    return folder


def line_of(name: str) -> list[str]:
    """Return the command line of an agent of the fleet, with the Python that runs the tests."""
    argv = backends()["command"].invocation(agents()[name]).argv
    assert argv[:2] == ("python3", "-u")
    return [sys.executable, *argv[1:]]


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), **more}


def ran(
    name: str, folder: Path, *, given: str | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run an agent that ends by itself."""
    return subprocess.run(
        line_of(name),
        cwd=folder,
        env=environment(folder.parent, **more),
        input=given,
        stdin=subprocess.DEVNULL if given is None else None,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def running(name: str, folder: Path, **more: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Start an agent that does not end by itself; gives it and the file it prints into."""
    printed = folder.parent / f"{name}.out"
    with printed.open("wb") as output:
        child = subprocess.Popen(
            line_of(name),
            cwd=folder,
            env=environment(folder.parent, **more),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield child, printed
    finally:
        child.kill()
        child.wait()


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_the_file_is_valid_and_names_its_session() -> None:
    fleet = load_fleet(FILE, env={}, backends=backends())
    assert (fleet.session, session_of(FILE), fleet.warnings) == ("default", "default", ())
    assert all(config.working_dir == str(ROOT) for config in fleet.agents)


def test_it_shows_what_the_format_can_do() -> None:
    fleet = agents()
    local = [config for config in fleet.values() if config.backend == "command"]
    assert [config.name for config in local] == [
        "loc", "web", "poller", "watcher", "stream", "asker", "flaky",
    ]  # fmt: skip
    assert all(config.autostart for config in local)
    assert [name for name, config in fleet.items() if "service" in config.tags] == ["web", "watcher"]
    assert fleet["poller"].depends_on[0].need is DependencyNeed.HEALTHY
    assert fleet["asker"].stdin is StdinMode.PIPE
    assert fleet["flaky"].restart.when is RestartWhen.ON_FAILURE
    assert 0 < fleet["flaky"].restart.max < 10


def test_agent_programs_wait_to_be_asked_for() -> None:
    fleet = agents()
    for name in PROGRAMS:
        config = fleet[name]
        assert (config.backend, config.autostart) == (name, False)
        assert "\n" not in missing_message(backends()[name])


def test_loc_counts_lines_by_language(checkout: Path) -> None:
    answer = ran("loc", checkout)
    assert answer.returncode == 0, answer.stderr
    assert ["Python", "1", "7"] in [line.split() for line in answer.stdout.splitlines()]
    assert ["Markdown", "1", "2"] in [line.split() for line in answer.stdout.splitlines()]


def test_web_answers_and_poller_asks_it(checkout: Path) -> None:
    port = free_port()
    with running("web", checkout, WEB_PORT=port) as (child, printed):
        wait_until("the server listens", lambda: b"listening" in printed.read_bytes())
        with urlopen(f"http://127.0.0.1:{port}/files", timeout=5) as answer:
            assert json.load(answer) == {"files": ["README.md", "examples", "one.py"]}
        polled = ran("poller", checkout, WEB_PORT=port, ROUNDS="3", INTERVAL="0.01")
        assert polled.returncode == 0, polled.stderr
        assert polled.stdout.splitlines()[-1] == "done: 3 of 3 answers were good"
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) == 0


def test_a_busy_port_is_told_in_one_line(checkout: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        answer = ran("web", checkout, WEB_PORT=port)
    assert answer.returncode == 1
    assert answer.stderr == (
        f"cannot listen on 127.0.0.1:{port}: address already in use; set WEB_PORT to another port\n"
    )


def test_poller_fails_in_words_when_nobody_answers(checkout: Path) -> None:
    answer = ran("poller", checkout, WEB_PORT=free_port(), ROUNDS="2", INTERVAL="0.01")
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    assert answer.stderr.count("no good answer") == 2


def test_watcher_tells_what_happens_in_the_folder(checkout: Path) -> None:
    with running("watcher", checkout, INTERVAL="0.05") as (child, printed):
        wait_until("it watches", lambda: b"watching" in printed.read_bytes())
        (checkout / "new.txt").write_text("x")
        wait_until("the new file is told", lambda: b"new      ./new.txt (1 bytes)" in printed.read_bytes())
        (checkout / "new.txt").write_text("xy")
        wait_until("the change is told", lambda: b"changed  ./new.txt" in printed.read_bytes())
        (checkout / "new.txt").unlink()
        wait_until("the end is told", lambda: b"gone     ./new.txt" in printed.read_bytes())
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) == 0


def test_stream_prints_events_that_claude_would_be_judged_by(checkout: Path) -> None:
    answer = ran("stream", checkout, PAUSE="0")
    events = [json.loads(line) for line in answer.stdout.splitlines()]
    assert (events[0]["type"], events[0]["subtype"], events[-1]["type"]) == ("system", "init", "result")
    assert events[-1]["result"] == "two (3), one (2)"
    assert len({event["session_id"] for event in events}) == 1


def test_asker_asks_waits_and_works_with_the_answer(checkout: Path) -> None:
    child = subprocess.Popen(
        line_of("asker"),
        cwd=checkout,
        env=environment(checkout.parent),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    question = b"Which word shall I look for in this checkout? "
    assert child.stdout.read(len(question)) == question
    assert child.poll() is None
    printed, _ = child.communicate(b"Keeper\n", timeout=30)
    assert "README.md:2: with a keeper\n1 lines with 'Keeper'\n" in printed.decode()
    assert child.returncode == 0


def test_asker_ends_when_nobody_will_answer(checkout: Path) -> None:
    answer = ran("asker", checkout, given="")
    assert (answer.returncode, answer.stdout.splitlines()[-1]) == (0, "no answer: nothing to do")


def test_flaky_crashes_twice_and_then_its_work_is_done(checkout: Path) -> None:
    codes = [ran("flaky", checkout, PAUSE="0").returncode for _ in range(4)]
    assert codes == [13, 13, 0, 13]


def test_the_part_that_ends_by_itself_is_short(checkout: Path) -> None:
    """Restarts and health probes come on top; each agent alone must leave room for them."""
    started = time.monotonic()
    for name in ("loc", "stream", "flaky"):
        ran(name, checkout)
    assert time.monotonic() - started < 15
