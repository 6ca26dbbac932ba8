"""How each kind of agent is started."""

from dataclasses import replace

import pytest

from descartes_tui.runner.backends import backends
from descartes_tui.runner.model.backend import BUILT_IN
from descartes_tui.runner.model.config import AgentConfig, StdinMode
from descartes_tui.runner.model.errors import InvalidConfig

CLIS = [name for name in BUILT_IN if name != "command"]

LINES = {
    "claude": ["claude", "-p", "Do it", "--output-format", "stream-json", "--verbose"],
    "codex": ["codex", "exec", "--json", "--skip-git-repo-check", "Do it"],
    "opencode": ["opencode", "run", "--format", "json", "--", "Do", "it"],
    "gemini": ["gemini", "-p", "Do it", "-o", "stream-json", "--skip-trust"],
    "copilot": ["copilot", "-p", "Do it", "--output-format", "json"],
    "cline": ["cline", "--json", "--auto-approve", "false", "Do it"],
    "aider": [
        "aider", "--no-check-update", "--no-show-release-notes", "--analytics-disable", "--no-pretty",
        "--no-gitignore", "--message", "Do it",
    ],
}  # fmt: skip

FULL = {
    "claude": [*LINES["claude"], "--model", "m", "--append-system-prompt", "Be brief.", "--x", "y"],
    "codex": ["codex", "exec", "--json", "--skip-git-repo-check", "-m", "m", "--x", "y", "Be brief.\n\nDo it"],
    "opencode": [
        "opencode", "run", "--format", "json", "-m", "m", "--x", "y", "--", "Be", "brief.\n\nDo", "it",
    ],
    "gemini": [
        "gemini", "-p", "Be brief.\n\nDo it", "-o", "stream-json", "--skip-trust", "-m", "m", "--x", "y",
    ],
    "copilot": ["copilot", "-p", "Be brief.\n\nDo it", "--output-format", "json", "--model", "m", "--x", "y"],
    "cline": ["cline", "--json", "--auto-approve", "false", "-m", "m", "--x", "y", "Be brief.\n\nDo it"],
    "aider": [
        "aider", "--model", "m", *LINES["aider"][1:-2], "--x", "y", "--message", "Be brief.\n\nDo it",
    ],
}  # fmt: skip


def argv(config: AgentConfig) -> list[str]:
    return list(backends()[config.backend].invocation(config).argv)


@pytest.mark.parametrize("name", CLIS)
def test_a_task_alone_gives_the_measured_command_line(name: str) -> None:
    assert argv(AgentConfig("a", name, "Do it")) == LINES[name]


@pytest.mark.parametrize("name", CLIS)
def test_model_system_prompt_and_arguments_have_their_places(name: str) -> None:
    config = AgentConfig("a", name, "Do it", model="m", system_prompt="Be brief.", args=("--x", "y"))
    assert argv(config) == FULL[name]


@pytest.mark.parametrize("name", CLIS)
def test_nothing_is_granted_by_default(name: str) -> None:
    line = " ".join(argv(AgentConfig("a", name, "Do it")))
    granting = ("dangerous", "yolo", "allow", "full-access", "yes", "auto-approve true", "--auto ", "bypass")
    assert not [word for word in granting if word in line]


@pytest.mark.parametrize("name", CLIS)
def test_a_task_that_looks_like_an_option_stays_a_task(name: str) -> None:
    line = argv(AgentConfig("a", name, "--help me"))
    assert "--help" not in line or line.index("--") < line.index("--help")
    assert "--help me" not in line


@pytest.mark.parametrize("name", CLIS)
def test_what_cannot_work_is_refused_with_its_key(name: str) -> None:
    good = AgentConfig("a", name, "Do it")
    for key, config in {"task": replace(good, task=" "), "command": replace(good, command=["ls"])}.items():
        with pytest.raises(InvalidConfig) as caught:
            argv(config)
        assert caught.value.key == key


@pytest.mark.parametrize("name", CLIS)
def test_a_pipe_on_stdin_is_refused_where_it_hangs(name: str) -> None:
    config = AgentConfig("a", name, "Do it", stdin=StdinMode.PIPE)
    if name in ("codex", "opencode", "cline"):
        with pytest.raises(InvalidConfig, match=f"makes {name} wait for ever"):
            argv(config)
    else:
        assert argv(config) == LINES[name]


def test_opencode_gets_numbers_as_text() -> None:
    assert argv(AgentConfig("a", "opencode", "Make 3  files of 1.5 kB"))[5:] == [
        *("Make", "\t3", "", "files", "of", "\t1.5", "kB"),
    ]


def test_cline_takes_another_approval_from_the_arguments() -> None:
    line = argv(AgentConfig("a", "cline", "Do it", args=("--auto-approve", "true")))
    assert line == ["cline", "--json", "--auto-approve", "true", "Do it"]


def test_a_command_is_run_as_it_is_or_by_the_shell() -> None:
    assert argv(AgentConfig("a", command=["ls", "-l"])) == ["ls", "-l"]
    assert argv(AgentConfig("a", command="ls | wc")) == ["/bin/sh", "-c", "ls | wc"]


@pytest.mark.parametrize("config", [AgentConfig("a"), AgentConfig("a", command=" ")])
def test_without_a_command_there_is_nothing_to_start(config: AgentConfig) -> None:
    with pytest.raises(InvalidConfig) as caught:
        argv(config)
    assert caught.value.key == "command"


def test_arguments_belong_into_the_command() -> None:
    with pytest.raises(InvalidConfig) as caught:
        argv(AgentConfig("a", command=["ls"], args=("-l",)))
    assert caught.value.key == "args"
