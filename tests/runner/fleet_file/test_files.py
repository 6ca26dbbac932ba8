"""Whatever stands at the path, loading it says so in one line and never waits."""

import os
from pathlib import Path

import pytest

from descartes_tui.runner.fleet_file import default_fleet_file, example_text, load_fleet, session_of
from descartes_tui.runner.model.errors import FleetFileError
from tests.runner.fleet_file.loading import agent, loaded, problems, written

GOOD = "agents: {a: {command: ls}}\n"


def refusal(path: Path) -> str:
    with pytest.raises(FleetFileError) as caught:
        load_fleet(path, env={})
    assert len(caught.value.problems) == 1
    return str(caught.value)


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("nowhere")
    assert refusal(tmp_path / "none").endswith("none:1:1: no such file")
    assert refusal(tmp_path).endswith("this is a folder, expected a regular file")
    assert refusal(tmp_path / "fifo").endswith("this is a FIFO, expected a regular file")
    assert refusal(Path("/dev/zero")) == "/dev/zero:1:1: this is a device, expected a regular file"
    assert refusal(tmp_path / "link").endswith("the link points to nothing")
    assert "cannot be read" in refusal(tmp_path / ("x" * 300))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_rights_is_named(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    file.chmod(0)
    assert refusal(file).endswith("no permission to read this file")


@pytest.mark.parametrize(
    ("data", "line", "column", "message"),
    [
        (b"agents:\n  a: {command: caf\xe9}\n", 2, 19, "byte 0xe9 is not UTF-8"),
        (GOOD.encode("utf-16"), 1, 1, "UTF-16"),
        (b"agents:\n  a\x00: {command: ls}\n", 2, 4, "U+0000"),
        (b"agents:\n  a: {command: \x07}\n", 2, 16, "U+0007"),
    ],
)
def test_bytes_that_are_no_text_are_told_at_their_place(
    tmp_path: Path, data: bytes, line: int, column: int, message: str
) -> None:
    found = problems(tmp_path, data)
    assert [(p.line, p.column) for p in found] == [(line, column)]
    assert message in found[0].message


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    file = written(tmp_path, b"\xef\xbb\xbfsession: shop\r\nagents: {a: {command: ls}}\r\n")
    assert load_fleet(file, env={}).session == "shop"


def test_an_env_file_is_read_as_the_shell_would(tmp_path: Path) -> None:
    (tmp_path / "a.env").write_text(
        "# comment\n\nPLAIN=a b # why\nexport OUT=x\nSINGLE='a # $b \\n'\n"
        'DOUBLE="a\\n\\"b\\" #" # x\nEMPTY=\nURL=a#b\nBOTH=file\n'
    )
    (tmp_path / "b.env").write_text("PLAIN=second\n")
    found = agent(tmp_path, "env_file: [a.env, b.env]\nenvironment: {BOTH: environment}")
    assert found.environment == {
        "PLAIN": "second",
        "OUT": "x",
        "SINGLE": "a # $b \\n",
        "DOUBLE": 'a\n"b" #',
        "EMPTY": "",
        "URL": "a#b",
        "BOTH": "environment",
    }


def test_what_is_wrong_in_an_env_file_is_told_in_that_file(tmp_path: Path) -> None:
    (tmp_path / "a.env").write_text("A=1\nnonsense\n1X=2\nQ='open\n")
    found = problems(
        tmp_path, "agents: {a: {command: ls, env_file: a.env}, b: {command: ls, env_file: a.env}}"
    )
    assert [(Path(p.file).name, p.line) for p in found] == [("a.env", 2), ("a.env", 3), ("a.env", 4)]


def test_an_env_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.env").write_bytes(b"A=\xff\n")
    found = problems(tmp_path, "agents: {a: {command: ls, env_file: a.env}}")
    assert "a.env: byte 0xff is not UTF-8" in found[0].message


def test_secrets_that_everybody_may_read_give_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "a.env"
    file.write_text("API_KEY=x\n")
    file.chmod(0o644)
    text = "agents:\n  a:\n    command: ls\n    env_file: a.env\n"
    assert loaded(tmp_path, text).warnings == (
        f"{tmp_path}/agents.yaml:4:15: {file} holds API_KEY and everybody may read it: chmod 600 {file}",
    )
    file.chmod(0o600)
    assert loaded(tmp_path, text).warnings == ()


def test_the_file_of_this_folder_or_the_nearest_above_is_found(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert default_fleet_file(below) is None
    (tmp_path / "agents.yml").write_text(GOOD)
    assert default_fleet_file(below) == tmp_path / "agents.yml"
    (tmp_path / "a" / "agents.yaml").write_text(GOOD)
    assert default_fleet_file(below) == tmp_path / "a" / "agents.yaml"


@pytest.mark.parametrize(
    ("text", "session"),
    [
        ("session: shop\n", "shop"),
        ("agents: {}\nsession:   'my.shop'  # why\r\n", "my.shop"),
        ('"session" : "shop"\n', "shop"),
        ("agents:\n  session: inner\n", "the-folder"),
        ("session: not/a/name\n", "the-folder"),
        ("", "the-folder"),
    ],
)
def test_a_session_is_found_without_reading_yaml(tmp_path: Path, text: str, session: str) -> None:
    folder = tmp_path / "the folder"
    folder.mkdir()
    assert session_of(written(folder, text)) == session


def test_a_session_of_a_file_that_is_not_there_is_its_folder(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    os.mkfifo(tmp_path / "shop" / "agents.yml")
    assert session_of(tmp_path / "shop" / "agents.yaml") == "shop"
    assert session_of(tmp_path / "shop" / "agents.yml") == "shop"
    assert session_of(Path("/agents.yaml")) == "default"


def test_the_starter_file_is_valid(tmp_path: Path) -> None:
    fleet = loaded(tmp_path, example_text())
    assert [config.name for config in fleet.agents] == ["hello", "clock", "reviewer"]
