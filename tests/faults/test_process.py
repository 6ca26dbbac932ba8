"""Agents that misbehave, under a real supervisor: nobody survives, and what happened is said."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from descartes_tui.runner.wire.errors import WireError
from tests.faults.shop import Shop, gone, holds_for, paused_by
from tests.runner.process.harness import cpu_ticks
from tests.torture.looking import everybody, look

SHORT = {"grace": 0.3}
FAMILIES = {  # and how many processes each has when it is grown
    "own_session": 1, "tools": 4, "zoo": 8, "chain": 1, "storm": 1, "born_in_stop": 1, "games": 4,
    "gone_folder": 2, "renames": 2, "stranger": 2, "zombies": 1, "closes_stdin": 1, "execs": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "verb"),
    [*((kind, "stop") for kind in FAMILIES), ("zoo", "kill"), ("chain", "kill"), ("tools", "kill")],
)
def test_nobody_of_a_nasty_family_survives(shop: Shop, kind: str, verb: str) -> None:
    agent = shop.nasty("web", kind, stop=SHORT)
    pids = [seen.pid for seen in shop.grown(agent, FAMILIES[kind])]
    keeper = shop.keeper(agent)
    (result,) = shop.call(verb, agents=["web"], timeout=20.0)
    assert result["ok"] and result["status"] == "terminated"
    assert all(gone(pid) for pid in pids)
    shop.wait("the keeper's end", lambda: gone(keeper))


def test_many_restarts_of_a_nasty_family_leave_one(shop: Shop) -> None:
    agent = shop.nasty("web", "tools", stop={"grace": 0.0})
    for number in range(2, 22):
        shop.call("restart", agents=["web"], timeout=20.0)
        shop.call("wait", agents=["web"], condition="running", timeout=20.0)
        agent = shop.agent("web")
        assert agent["run"] == number
    keepers = [
        seen for seen in everybody().values() if seen.name == "descartes-keep" and seen.ppid == shop.warm
    ]
    assert [seen.pid for seen in keepers] == [shop.keeper(agent)]


def test_what_the_leader_leaves_is_named_and_its_code_known_at_once(shop: Shop) -> None:
    shop.nasty("web", "leader_dies")
    shop.wait("the code", lambda: shop.agent("web")["exit_code"] == 3)
    agent = shop.ended("web")
    assert agent["status"] == "failed"
    assert "3 leftovers killed" in agent["reason"]
    assert len(shop.events("swept")[0]["processes"]) == 3


def test_leftovers_that_are_wanted_stay_until_they_are_stopped(shop: Shop) -> None:
    agent = shop.shell("web", "(sleep 0.2; echo late; sleep 100) & echo early; exit 0", keep_leftovers=True)
    shop.wrote(agent, "late")
    assert shop.agent("web")["exit_code"] == 0
    shop.call("kill", agents=["web"], timeout=20.0)
    assert Path(agent["log_path"]).read_text() == "early\nlate\n"


def test_who_ignores_term_is_killed_when_its_grace_is_over(shop: Shop) -> None:
    agent = shop.shell("web", "trap '' TERM; echo deaf; while :; do sleep 1; done", stop={"grace": 1.0})
    shop.wrote(agent, "deaf")
    began = time.monotonic()
    shop.call("stop", agents=["web"], timeout=20.0)
    assert 0.9 < time.monotonic() - began < 2.5
    agent = shop.agent("web")
    assert agent["verdict"] == "killed_after_grace"
    assert "killed after 1s of grace" in agent["reason"]


def test_who_takes_its_time_within_the_grace_ends_by_itself(shop: Shop) -> None:
    agent = shop.shell(
        "web", "trap 'echo one; sleep 0.4; echo two; exit 0' TERM; echo up; while :; do sleep 0.01; done"
    )
    shop.wrote(agent, "up")
    shop.call("stop", agents=["web"], timeout=20.0)
    assert shop.agent("web")["exit_code"] == 0
    lines = Path(agent["log_path"]).read_text().splitlines()
    assert [line for line in lines if line != "Terminated"] == [
        "up",
        "one",
        "two",
    ]  # the shell names its child


def test_one_that_stopped_itself_says_so_and_runs_its_handler_when_asked_to_end(shop: Shop) -> None:
    agent = shop.shell("web", "trap 'echo bye; exit 0' TERM; echo up; kill -STOP $$; sleep 100")
    shop.wait("the word", lambda: "stopped by itself" in shop.agent("web")["reason"])
    assert shop.agent("web")["status"] == "running"
    began = time.monotonic()
    shop.call("stop", agents=["web"], timeout=20.0)
    assert time.monotonic() - began < 4  # not the whole grace of 5 s
    assert Path(agent["log_path"]).read_text() == "up\nbye\n"


@pytest.mark.parametrize("kind", ["zoo", "chain", "storm", "tools"])
def test_a_paused_family_uses_no_time(shop: Shop, kind: str) -> None:
    agent = shop.nasty("web", kind, stop=SHORT)
    shop.grown(agent, FAMILIES[kind])
    (result,) = shop.call("pause", agents=["web"])
    assert result["ok"], result
    pids = [seen.pid for seen in shop.family(agent)]
    assert paused_by(pids)
    used = [cpu_ticks(pid) for pid in pids]
    holds_for(0.3, "the pause", lambda: paused_by(pids))
    assert [cpu_ticks(pid) for pid in pids] == used
    assert [seen.pid for seen in shop.family(agent)] == pids


def test_only_resume_ends_a_pause(shop: Shop) -> None:
    agent = shop.nasty("web", "tools", stop=SHORT)
    pids = [seen.pid for seen in shop.grown(agent, 4)]
    shop.call("pause", agents=["web"])
    shop.call("signal", agents=["web"], signal="CONT")
    holds_for(0.2, "the pause", lambda: paused_by(pids))
    shop.call("resume", agents=["web"])
    shop.wait("life", lambda: not paused_by(pids))


def test_a_paused_agent_that_is_stopped_ends_in_order(shop: Shop) -> None:
    agent = shop.nasty("web", "polite")
    shop.wait("the handler", lambda: (seen := look(agent["pid"])) and seen.state == "S")
    shop.call("pause", agents=["web"])
    shop.call("stop", agents=["web"], timeout=20.0)
    assert (shop.agent("web")["exit_code"], Path(agent["log_path"]).read_text()) == (0, "bye\n")


def test_pausing_and_resuming_twice_changes_nothing(shop: Shop) -> None:
    shop.nasty("web", "closes_stdout")
    for verb, status in (
        ("pause", "paused"),
        ("pause", "paused"),
        ("resume", "running"),
        ("resume", "running"),
    ):
        (result,) = shop.call(verb, agents=["web"])
        assert result["ok"] or "already" in result["message"] or status in result["message"]
        assert shop.agent("web")["status"] == status


def test_exit_codes_are_told_and_only_failures_are_tried_again(shop: Shop) -> None:
    policy = {"when": "on-failure", "max": 1, "backoff_min": 0.01, "backoff_max": 0.02}
    codes = (0, 1, 2, 127, 255)
    for code in codes:
        config = {"name": f"web{code}", "command": f"exit {code}", "restart": policy}
        shop.call("spawn", config=config, env=shop.env)
    for code in codes:
        agent = shop.ended(f"web{code}")
        assert (agent["exit_code"], agent["exit_signal"]) == (code, None)
        assert agent["restarts"] == (1 if code else 0)


def test_death_by_a_signal_is_named(shop: Shop) -> None:
    names = ("SEGV", "KILL", "PIPE", "TERM", "ABRT")
    for name in names:
        shop.call("spawn", config={"name": name, "command": f"kill -{name} $$"}, env=shop.env)
    for name in names:
        agent = shop.ended(name)
        assert (agent["exit_code"], agent["exit_signal"]) == (None, getattr(signal, f"SIG{name}"))
        assert f"killed by SIG{name}" in agent["reason"]


def test_who_becomes_another_program_is_the_same_agent(shop: Shop) -> None:
    agent = shop.nasty("web", "execs")
    shop.wait("the last program", lambda: (seen := look(agent["pid"])) and seen.name == "sleep")
    after = shop.agent("web")
    assert (after["status"], after["pid"], after["run"]) == ("running", agent["pid"], 1)


def test_an_exit_is_known_while_a_child_holds_the_output(shop: Shop) -> None:
    config = {"name": "web", "command": "sleep 100 & exit 4", "keep_leftovers": True}
    shop.call("spawn", config=config, env=shop.env)
    began = time.monotonic()
    shop.wait("the code", lambda: shop.agent("web")["exit_code"] == 4)
    assert time.monotonic() - began < 1.0
    shop.call("stop", agents=["web"], timeout=20.0)


def test_closed_output_is_no_end_and_costs_nothing(shop: Shop) -> None:
    agent = shop.nasty("web", "closes_stdout")
    keeper = shop.keeper(agent)
    shop.wait("the closing", lambda: not Path(f"/proc/{agent['pid']}/fd/1").exists())
    used = cpu_ticks(keeper)
    holds_for(0.5, "running", lambda: shop.agent("web")["status"] == "running")
    assert cpu_ticks(keeper) - used <= 2


def test_much_input_for_one_that_never_reads_is_refused_in_words(shop: Shop) -> None:
    shop.shell("web", "sleep 100", stdin="pipe")
    data = "eHh4" * 200_000
    with pytest.raises(WireError, match="stdin is full"):
        for _ in range(20):
            shop.call("send", agent="web", data=data)
    assert shop.agent("web")["status"] == "running"


def test_a_word_on_stdin_ends_it_without_any_signal(shop: Shop) -> None:
    script = "trap 'echo signalled' TERM; echo up; read word; echo got $word; exit 0"
    agent = shop.shell("web", script, stdin="pipe", stop={"stdin": "exit\n"})
    shop.wrote(agent, "up")
    shop.call("stop", agents=["web"], timeout=20.0)
    assert Path(agent["log_path"]).read_text() == "up\ngot exit\n"


CANNOT_START = [
    (["no-such-program"], "", "not found"),
    (["/tmp"], "", "is a folder"),
    (["/etc/passwd"], "", "not executable"),
    (["true"], "/no/such/folder", "no such file"),
    (["true"], "/etc/passwd", "no folder"),
    (["sh", "x" * 200_000], "", "the system takes 131071"),
]


def test_what_cannot_start_fails_once_with_its_cause(shop: Shop) -> None:
    for number, (command, folder, cause) in enumerate(CANNOT_START):
        name = f"web{number}"
        config = {"name": name, "command": command, "working_dir": folder, "restart": {"when": "always"}}
        with pytest.raises(WireError, match=cause):
            shop.call("spawn", config=config, env=shop.env)
        agent = shop.agent(name)
        assert (agent["status"], agent["verdict"], agent["run"]) == ("failed", "failed_to_start", 1)
        assert cause in agent["reason"] and "\n" not in agent["reason"]


def test_an_argument_with_a_zero_is_refused(shop: Shop) -> None:
    with pytest.raises(WireError) as caught:
        shop.call("spawn", config={"name": "web", "command": ["echo", "a\0b"]}, env=shop.env)
        agent = shop.ended("web")
        raise WireError("failed", agent["reason"])
    assert "\n" not in str(caught.value) and "internal" not in str(caught.value)


def test_another_user_in_the_family_is_ended_too(shop: Shop) -> None:
    agent = shop.nasty("web", "stranger", stop=SHORT)
    child = next(seen for seen in shop.grown(agent, 2) if seen.pid != agent["pid"])
    if os.geteuid() == 0:
        shop.wait("the other user", lambda: Path(f"/proc/{child.pid}").stat().st_uid == 65534)
    shop.call("stop", agents=["web"], timeout=20.0)
    assert gone(child.pid)


def test_a_session_inside_an_agent_belongs_to_its_family(shop: Shop, tmp_path: Path) -> None:
    inner = f"{sys.executable} -m descartes_tui --session inner spawn deep -- sleep 1000 && echo inside; sleep 1000"
    (tmp_path / "inner").mkdir()
    env = {"XDG_STATE_HOME": str(tmp_path / "inner"), "XDG_RUNTIME_DIR": str(tmp_path / "inner")}
    agent = shop.shell("web", inner, environment=env, stop=SHORT)
    shop.wrote(agent, "inside")
    pids = [seen.pid for seen in shop.family(agent)]
    assert len(pids) >= 6  # shell, sleep, and the inner supervisor, warm process, keeper, agent
    shop.call("stop", agents=["web"], timeout=30.0)
    assert all(gone(pid) for pid in pids)


def test_fifty_stop_together_within_one_grace(shop: Shop) -> None:
    agents = [
        {
            "name": f"a{n}",
            "command": "trap '' TERM; sleep 1000 & while :; do wait; done",
            "stop": {"grace": 1.0},
        }
        if n % 5 == 0
        else {"name": f"a{n}", "command": ["sleep", "1000"], "stop": {"grace": 1.0}}
        for n in range(50)
    ]
    shop.call("up", fleet={"session": shop.session, "agents": agents}, env=shop.env)
    shop.call("wait", all=True, condition="running", timeout=30.0)
    pids = [agent["pid"] for agent in shop.call("list")]
    began = time.monotonic()
    results = shop.call("stop", all=True, timeout=30.0)
    assert time.monotonic() - began < 1.0 + 2.5
    assert [result["ok"] for result in results] == [True] * 50
    assert all(gone(pid) for pid in pids)
