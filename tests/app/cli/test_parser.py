"""What was typed is understood, or refused in one line that says what to do."""

import pytest

from descartes_tui.app.cli.exit import CommandError, Exit
from descartes_tui.app.cli.parser import parse
from descartes_tui.app.cli.verbs import MODULES


@pytest.mark.parametrize("verb", sorted(MODULES))
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parse([*([] if verb == "open" else [verb]), "--help"])
    assert end.value.code == 0
    assert "--session" in capsys.readouterr().out


def test_global_options_are_understood_before_and_after_the_verb() -> None:
    for argv in (["--session", "shop", "--json", "ps"], ["ps", "--session", "shop", "--json"]):
        options, _ = parse(argv)
        assert (options.session, options.json, options.verb) == ("shop", True, "ps")


def test_an_option_after_the_verb_wins() -> None:
    assert parse(["--session", "a", "ps", "--session", "b"])[0].session == "b"


def test_list_is_ps() -> None:
    assert parse(["list"])[0].verb == "ps"


def test_no_verb_opens_the_screen() -> None:
    assert parse([])[0].verb == "open"
    assert parse(["--session", "shop"])[0].session == "shop"


@pytest.mark.parametrize("file", ["agents.yaml", "fleets/a.yml", "./fleet"])
def test_a_fleet_file_opens_the_screen(file: str) -> None:
    options, _ = parse([file])
    assert (options.verb, options.file) == ("open", file)


def test_options_and_agents_mix() -> None:
    options, _ = parse(["logs", "web", "-n", "5", "worker", "-f"])
    assert (options.agents, options.lines, options.follow) == (["web", "worker"], 5, True)


def test_spawn_takes_backend_and_task() -> None:
    options, _ = parse(["spawn", "my-agent", "claude", "Write a poem", "--model", "opus"])
    assert (options.name, options.backend, options.task) == ("my-agent", "claude", ["Write a poem"])
    assert options.model == "opus"
    assert options.command is None


def test_spawn_takes_a_command_after_two_dashes_untouched() -> None:
    options, _ = parse(["spawn", "tests", "-e", "CI=1", "--", "make", "--json", "--", "-x"])
    assert options.command == ["make", "--json", "--", "-x"]
    assert (options.env, options.json) == (["CI=1"], False)


def test_send_takes_text_that_looks_like_an_option_after_two_dashes() -> None:
    options, _ = parse(["send", "web", "--", "-n", "x"])
    assert (options.agent, options.text) == ("web", ["-n", "x"])


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["stpo", "web"], "did you mean 'stop'"),
        (["frobnicate"], "unknown verb"),
        (["show"], "required: AGENT"),
        (["ps", "--frob"], "--frob"),
        (["logs", "web", "-n", "many"], "-n"),
        (["logs", "web", "--grep", "("], "regular expression"),
        (["logs", "web", "--since", "yore"], "no time"),
        (["ps", "--timeout", "-1"], "--timeout"),
        (["signal"], "required: SIG"),
    ],
)
def test_what_is_not_understood_is_refused_in_one_line(argv: list[str], said: str) -> None:
    with pytest.raises(CommandError) as refusal:
        parse(argv)
    assert refusal.value.code == Exit.USAGE
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)
