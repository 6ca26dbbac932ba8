"""The form for a new agent: checked while it is typed, nothing lost."""

from pathlib import Path

import pytest
from textual.widgets import Input, Select, Static, TextArea

from descartes_tui.app.spawn_checks import (
    command_problem,
    folder_problem,
    free_name,
    name_problem,
    parse_environment,
    program_problem,
)
from descartes_tui.app.spawn_form import SpawnForm
from descartes_tui.runner.model.config import StdinMode
from descartes_tui.runner.model.errors import SpawnFailed
from descartes_tui.runner.wire.codec import config_from_json
from tests.app.fake_feed import agent
from tests.app.screens import on_fleet, screen_on, type_text
from tests.waiting import wait_for


def problem(app: object, field: str) -> str:
    label = app.screen.query_one(f"#problem-{field}", Static)  # type: ignore[attr-defined]
    return str(label.content) if label.display else ""


async def test_a_command_is_spawned_with_everything_that_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with screen_on(agent("agent")) as (app, feed, pilot):
        feed.answers["spawn"] = {"id": "id-new"}
        await pilot.press("n")
        form = app.screen
        assert isinstance(form, SpawnForm)
        assert form.query_one("#name", Input).value == "agent-2"
        await type_text(pilot, "echo hi")
        form.query_one("#environment", TextArea).text = "MODE=fast\nEMPTY="
        await pilot.press("ctrl+s")
        await wait_for("spawn", lambda: feed.verbs() == ["spawn"])
        config = config_from_json(feed.calls[0][1]["config"])
        assert (config.name, config.backend, config.command) == ("agent-2", "command", "echo hi")
        assert config.environment == {"MODE": "fast", "EMPTY": ""} and config.stdin is StdinMode.NULL
        assert config.working_dir == str(tmp_path) and feed.calls[0][1]["env"]["PATH"]
        await wait_for("closed", lambda: on_fleet(app))
        feed.tell(agent("new"))
        await wait_for("selected", lambda: getattr(app.fleet_screen.table.selected, "name", "") == "new")


async def test_problems_stand_beside_their_field_while_typing() -> None:
    async with screen_on(agent("taken")) as (app, feed, pilot):
        await pilot.press("n")
        assert problem(app, "task") == ""
        await type_text(pilot, "nosuchprogram x")
        assert problem(app, "task") == "nosuchprogram: no such program"
        app.screen.query_one("#name", Input).value = "taken"
        await wait_for("name in use", lambda: "alive" in problem(app, "name"))
        app.screen.query_one("#name", Input).value = "-bad-"
        await wait_for("name form", lambda: "begin with" in problem(app, "name"))
        app.screen.query_one("#folder", Input).value = "/no/such"
        await wait_for("folder", lambda: problem(app, "folder") == "no such folder")
        app.screen.query_one("#environment", TextArea).text = "A=1\nnonsense"
        await wait_for("environment", lambda: problem(app, "environment") == "line 2: expected KEY=value")
        await pilot.press("ctrl+s")
        assert feed.calls == [] and app.screen.query_one("#name").has_focus


async def test_another_backend_asks_for_a_task_and_says_what_is_missing() -> None:
    async with screen_on() as (app, _feed, pilot):
        await pilot.press("n")
        app.screen.query_one("#backend", Select).value = "claude"
        await wait_for("name", lambda: app.screen.query_one("#name", Input).value == "claude")
        await wait_for(
            "program",
            lambda: problem(app, "backend") == "surely-not-installed is not installed: npm i claude",
        )
        assert str(app.screen.query_one("#label-task", Static).content) == "task"


async def test_a_refusal_is_shown_in_the_form_and_nothing_is_lost() -> None:
    async with screen_on() as (app, feed, pilot):
        feed.answers["spawn"] = SpawnFailed("agent", "the folder is on fire \x1b[2J")
        await pilot.press("n")
        await type_text(pilot, "echo hi")
        await pilot.press("enter")
        error = app.screen.query_one("#spawn-error", Static)
        await wait_for("refusal", lambda: "on fire ␛" in str(error.content))
        assert app.screen.query_one("#task", Input).value == "echo hi"
        await pilot.press("escape")
        assert on_fleet(app)


@pytest.mark.parametrize("name", ["a", "A9._-", "x" * 63])
def test_good_names(name: str) -> None:
    assert name_problem(name, set()) == ""


@pytest.mark.parametrize("name", ["", " a", "-a", "a b", "x" * 64, "ä", "a/b", "a\n"])
def test_bad_names(name: str) -> None:
    assert name_problem(name, set())


@pytest.mark.parametrize(
    "command", ["python3 -u x.py", "A=1 env", "echo a | cat", "cd /tmp && ls", "$HOME/x"]
)
def test_commands_that_may_run(command: str) -> None:
    assert command_problem(command, Path("/")) == ""


@pytest.mark.parametrize("command", ["", "   ", "echo 'open", "./nothing-here", "nosuchprogram"])
def test_commands_that_cannot_run(command: str) -> None:
    assert command_problem(command, Path("/"))


def test_folders(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert folder_problem(str(tmp_path)) == folder_problem("") == folder_problem("~") == ""
    assert folder_problem(str(tmp_path / "file")) == "this is a file, not a folder"
    assert folder_problem("~nobody-of-this-name") and folder_problem("a\0b")


def test_environments() -> None:
    assert parse_environment("A=1\n\n B=x=y \n") == ({"A": "1", "B": "x=y "}, "")
    assert parse_environment("A B=1")[1] == parse_environment("=1")[1] == "line 1: expected KEY=value"


def test_names_and_programs_that_are_suggested_or_missed() -> None:
    assert free_name("agent", {"agent", "agent-2"}) == "agent-3"
    assert program_problem("python3", "") == "" == program_problem("", "")
    assert program_problem("surely-not", "apt it") == "surely-not is not installed: apt it"
