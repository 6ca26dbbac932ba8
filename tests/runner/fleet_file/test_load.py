"""What a fleet file says is what the agents get."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from descartes_tui.runner.fleet_file import load_fleet
from descartes_tui.runner.fleet_file.load import MAX_AGENTS
from descartes_tui.runner.model.backend import BUILT_IN, Invocation
from descartes_tui.runner.model.config import (
    AgentConfig,
    AgentLimits,
    Dependency,
    DependencyNeed,
    HealthCheck,
    OnLimit,
    RestartPolicy,
    RestartWhen,
    StdinMode,
    StopPolicy,
)
from descartes_tui.runner.model.errors import FleetFileError, InvalidConfig
from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.status import Verdict
from tests.runner.fleet_file.loading import agent, loaded, problems, written


def test_an_agent_has_what_its_entry_says(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    found = agent(
        tmp_path,
        """\
        command: [python, -u, agent.py]
        working_dir: ./shop
        environment: {KEY: value, EMPTY: ""}
        model: opus
        system_prompt: Be brief.
        context: a shop
        stdin: pipe
        tty: true
        autostart: false
        tags: [core, web]
        restart: {policy: always, max: 0, within: 10m, backoff: 500ms..1m30s}
        success_exit_codes: [0, 143]
        health: {exec: [true-ish, -x], interval: 5s, timeout: 1s, retries: 2, start_period: 0s, on_failure: restart}
        stop: {stdin: "exit\\n", signal: INT, grace: 2s}
        keep_leftovers: true
        secret: [KEY]
        """,
    )
    assert found == AgentConfig(
        name="a",
        command=("python", "-u", "agent.py"),
        working_dir=str(tmp_path / "shop"),
        environment={"KEY": "value", "EMPTY": ""},
        model="opus",
        system_prompt="Be brief.",
        context="a shop",
        stdin=StdinMode.PIPE,
        tty=True,
        autostart=False,
        tags=("core", "web"),
        restart=RestartPolicy(RestartWhen.ALWAYS, 0, 600.0, 0.5, 90.0),
        success_exit_codes=(0, 143),
        health=HealthCheck(("true-ish", "-x"), "", "", 5.0, 1.0, 2, 0.0, "restart"),
        stop=StopPolicy("exit\n", "INT", 2.0),
        keep_leftovers=True,
        secret=("KEY",),
    )


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("{memory: 4GiB}", AgentLimits(memory=4 << 30)),
        (
            "{memory: 512MiB, runtime: 2h, processes: 200, on_limit: stop}",
            AgentLimits(512 << 20, 7200.0, 200, OnLimit.STOP),
        ),
        ("{runtime: '${LONG:-90s}', on_limit: warn}", AgentLimits(runtime=90.0, on_limit=OnLimit.WARN)),
    ],
)
def test_limits_have_units(tmp_path: Path, text: str, limits: AgentLimits) -> None:
    assert agent(tmp_path, f"limits: {text}").limits == limits


def test_limits_of_an_agent_are_put_over_the_defaults(tmp_path: Path) -> None:
    fleet = loaded(
        tmp_path,
        "defaults: {limits: {memory: 1GiB, on_limit: stop}}\n"
        "agents: {a: {command: ls, limits: {memory: 2GiB}}, b: {command: ls}}",
    )
    assert [config.limits for config in fleet.agents] == [
        AgentLimits(memory=2 << 30, on_limit=OnLimit.STOP),
        AgentLimits(memory=1 << 30, on_limit=OnLimit.STOP),
    ]


def test_what_is_left_out_is_what_the_model_says(tmp_path: Path) -> None:
    assert agent(tmp_path, "command: ls") == AgentConfig("a", command="ls", working_dir=str(tmp_path))


def test_the_top_of_the_file(tmp_path: Path) -> None:
    fleet = loaded(
        tmp_path,
        "version: 1\nsession: shop\nlimits: {max_concurrent: 8, start_interval: 200ms}\n"
        "agents: {b: {command: ls}, a: {command: ls}}",
    )
    assert (fleet.session, fleet.max_concurrent, fleet.start_interval) == ("shop", 8, 0.2)
    assert [config.name for config in fleet.agents] == ["b", "a"]
    assert fleet.file == str(tmp_path / "agents.yaml")


def test_without_a_name_the_session_is_called_like_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "my shop!"
    folder.mkdir()
    assert loaded(folder, "agents: {a: {command: ls}}").session == "my-shop"


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("never", RestartPolicy()),
        ("always", RestartPolicy(RestartWhen.ALWAYS)),
        ("{max: 2}", RestartPolicy(RestartWhen.ON_FAILURE, max=2)),
        (
            "{policy: always, backoff: 3s}",
            RestartPolicy(RestartWhen.ALWAYS, backoff_min=3.0, backoff_max=3.0),
        ),
    ],
)
def test_a_restart_policy_is_a_word_or_a_mapping(tmp_path: Path, text: str, policy: RestartPolicy) -> None:
    assert agent(tmp_path, f"restart: {text}").restart == policy


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("[b]", Dependency("b")),
        ("b", Dependency("b")),
        ("{b: started}", Dependency("b")),
        ("{b: healthy}", Dependency("b", DependencyNeed.HEALTHY)),
        ("{b: completed}", Dependency("b", DependencyNeed.COMPLETED)),
        ("{b: 'log: ready \\d+$'}", Dependency("b", DependencyNeed.LOG, r"ready \d+$")),
        ("{b: {log: ready, timeout: 30s}}", Dependency("b", DependencyNeed.LOG, "ready", 30.0)),
        ("{b: {condition: log, log: ready}}", Dependency("b", DependencyNeed.LOG, "ready")),
        ("{b: {condition: healthy, timeout: 1m}}", Dependency("b", DependencyNeed.HEALTHY, timeout=60.0)),
    ],
)
def test_a_dependency_has_many_forms(tmp_path: Path, text: str, need: Dependency) -> None:
    fleet = loaded(
        tmp_path,
        f"agents:\n  a: {{command: ls, depends_on: {text}}}\n  b: {{command: ls, health: {{exec: ok}}}}\n",
    )
    assert fleet.agents[0].depends_on == (need,)


def test_replicas_have_numbers_and_are_meant_together(tmp_path: Path) -> None:
    fleet = loaded(
        tmp_path,
        """\
        agents:
          worker: {command: ls, replicas: 2, environment: {A: b}}
          all: {command: ls, depends_on: [worker]}
          one: {command: ls, depends_on: {worker-2: completed}}
        """,
    )
    assert [config.name for config in fleet.agents] == ["worker-1", "worker-2", "all", "one"]
    assert fleet.agents[1].environment == {"A": "b", "DESCARTES_REPLICA": "2"}
    assert fleet.agents[2].depends_on == (Dependency("worker-1"), Dependency("worker-2"))
    assert fleet.agents[3].depends_on == (Dependency("worker-2", DependencyNeed.COMPLETED),)


def test_defaults_lie_under_each_agent(tmp_path: Path) -> None:
    fleet = loaded(
        tmp_path,
        """\
        defaults:
          environment: {A: default, B: default}
          tags: [all]
          restart: {policy: on-failure, max: 2}
          stop: {grace: 9s}
          success_exit_codes: [0, 3]
          task: from the defaults
        agents:
          own:
            command: ls
            environment: {B: own}
            tags: [mine]
            restart: {max: 7}
            stop: {signal: HUP}
            success_exit_codes: [1]
          plain: {command: ls}
        """,
    )
    own, plain = fleet.agents
    assert own.environment == {"A": "default", "B": "own"}
    assert own.tags == ("all", "mine")
    assert own.restart == RestartPolicy(RestartWhen.ON_FAILURE, max=7)
    assert own.stop == StopPolicy(signal="HUP", grace=9.0)
    assert own.success_exit_codes == (1,)
    assert plain.environment == {"A": "default", "B": "default"}
    assert (plain.tags, plain.success_exit_codes) == (("all",), (0, 3))


def test_an_own_task_file_puts_the_default_task_aside(tmp_path: Path) -> None:
    (tmp_path / "task.md").write_text("From the file.\n")
    fleet = loaded(
        tmp_path,
        "defaults: {task: default}\nagents:\n  a: {backend: claude, task_file: task.md}\n  b: {backend: claude}\n",
    )
    assert [config.task for config in fleet.agents] == ["From the file.", "default"]


def test_a_stop_that_is_told_in_part_keeps_the_rest_of_its_backend(tmp_path: Path) -> None:
    found = agent(tmp_path, "backend: cline\ntask: x\nstop: {grace: 60s}")
    assert found.stop == replace(BUILT_IN["cline"].default_stop, grace=60.0)
    assert agent(tmp_path, "backend: cline\ntask: x").stop is None


def test_anchors_and_merge_keys_work(tmp_path: Path) -> None:
    fleet = loaded(
        tmp_path,
        """\
        agents:
          a: &base {command: ls, model: one, tags: &tags [x]}
          b: {<<: *base, model: two}
          c: {<<: [{model: three}, *base]}
          d: {command: ls, tags: *tags}
        """,
    )
    assert [config.model for config in fleet.agents] == ["one", "two", "three", ""]
    assert [config.tags for config in fleet.agents] == [("x",)] * 4


def test_variables_are_filled_in_wherever_text_stands(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    found = agent(
        tmp_path,
        """\
        command: [run, "${A}", "$$A $A $(id) ${NONE:-x y}"]
        model: ${A}-${B:?b is needed}
        working_dir: ${WHERE}
        environment: {PRICE: 5$$, NESTED: "${LOOP}"}
        replicas: ${COUNT:-1}
        tty: ${FLAG}
        stop: {grace: "${GRACE}"}
        health: {http: "http://127.0.0.1:${PORT}/", log_: x}
        """.replace(", log_: x", ""),
        env={
            "A": "env",
            "B": "b",
            "WHERE": "here",
            "LOOP": "${LOOP}",
            "FLAG": "true",
            "GRACE": "7s",
            "PORT": "80",
        },
        variables={"A": "var"},
    )
    assert found.command == ("run", "var", "$A $A $(id) x y")
    assert found.model == "var-b"
    assert found.working_dir == str(tmp_path / "here")
    assert found.environment == {"PRICE": "5$", "NESTED": "${LOOP}"}
    assert found.tty is True
    assert found.stop == StopPolicy(grace=7.0)
    assert found.health is not None
    assert found.health.http == "http://127.0.0.1:80/"


def test_regular_expressions_keep_their_dollar(tmp_path: Path) -> None:
    found = agent(tmp_path, "health: {log: '^ready (?:${X})?$$'}")
    assert found.health is not None
    assert found.health.log == "^ready (?:${X})?$$"


def test_a_health_command_as_text_runs_in_a_shell(tmp_path: Path) -> None:
    found = agent(tmp_path, "health: {exec: test -e ok}")
    assert found.health is not None
    assert found.health.exec == ("/bin/sh", "-c", "test -e ok")


def test_stdin_null_may_be_the_null_of_yaml_or_the_word(tmp_path: Path) -> None:
    for word in ("null", "~", "'null'"):
        assert agent(tmp_path, f"stdin: {word}").stdin is StdinMode.NULL


def test_a_command_of_many_lines_is_left_to_the_shell(tmp_path: Path) -> None:
    assert agent(tmp_path, "command: |\n  cat <<END\n  it's\n  END").command == "cat <<END\nit's\nEND\n"


def test_home_is_the_callers(tmp_path: Path) -> None:
    (tmp_path / "home" / "x").mkdir(parents=True)
    found = agent(tmp_path, "working_dir: ~/x", env={"HOME": str(tmp_path / "home")})
    assert found.working_dir == str(tmp_path / "home" / "x")


def test_ten_thousand_agents_that_wait_for_each_other_in_a_row_are_read_soon(tmp_path: Path) -> None:
    rows = [f"  a{n}: {{command: ls, depends_on: [a{n + 1}]}}" for n in range(MAX_AGENTS - 1)]
    text = "agents:\n" + "\n".join(rows) + f"\n  a{MAX_AGENTS - 1}: {{command: ls}}\n"
    started = os.times().user
    fleet = load_fleet(written(tmp_path, text), env={})
    assert len(fleet.agents) == MAX_AGENTS
    assert os.times().user - started < 6.0  # generous: it takes a second on an idle machine


def test_more_agents_than_the_bound_are_refused(tmp_path: Path) -> None:
    text = "agents:\n" + "".join(f"  a{n}: {{command: ls, replicas: 1000}}\n" for n in range(11))
    assert "more than 10,000 agents" in problems(tmp_path, text)[0].message


class Parrot:
    """A backend of a plug-in."""

    name = "parrot"
    program = "parrot"
    install_hint = ""
    default_stop = StopPolicy(grace=42.0)

    def invocation(self, config: AgentConfig) -> Invocation:
        if config.task == "sing":
            raise InvalidConfig("parrots do not sing", key="task")
        return Invocation(("parrot", config.task))

    def verdict(self, config: AgentConfig, exit_status: ExitStatus, tail: bytes) -> Verdict:
        return Verdict.DONE


def test_a_backend_of_a_plug_in_can_be_named_and_is_asked(tmp_path: Path) -> None:
    file = written(tmp_path, "agents:\n  a: {backend: parrot, task: talk, stop: {signal: INT}}\n")
    config = load_fleet(file, env={}, backends={"parrot": Parrot()}).agents[0]
    assert config.stop == StopPolicy(signal="INT", grace=42.0)
    file = written(tmp_path, "agents:\n  a: {backend: parrot, task: sing}\n")
    with pytest.raises(FleetFileError, match=r"agents\.a\.task: parrots do not sing"):
        load_fleet(file, env={}, backends={"parrot": Parrot()})
