"""Every example of the docs is a valid fleet file, and every key is explained."""

import re
from pathlib import Path
from textwrap import indent

import pytest

from descartes_tui.runner.backends import backends
from descartes_tui.runner.fleet_file import load_fleet
from descartes_tui.runner.fleet_file.agent import KEYS
from descartes_tui.runner.model.backend import BUILT_IN
from descartes_tui.runner.model.config import AgentConfig
from tests.runner.fleet_file.loading import written

DOCS = Path(__file__).parents[3] / "docs"
PAGES = ("fleet-file.md", "backends.md")


def blocks(language: str) -> list[tuple[str, str]]:
    """Return page and text of every block of code in `language`."""
    pattern = re.compile(rf"^```{language}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [(page, text) for page in PAGES for text in pattern.findall((DOCS / page).read_text())]


def test_there_are_examples() -> None:
    assert len(blocks("yaml")) >= 10


@pytest.mark.parametrize(("page", "text"), blocks("yaml"))
def test_every_example_is_a_valid_fleet_file(tmp_path: Path, page: str, text: str) -> None:
    (tmp_path / "shop").mkdir()
    for name in (".env", ".env.local"):
        (tmp_path / name).write_text("")
    whole = text if "agents:" in text else "agents:\n  example:\n" + indent(text, "    ")
    assert load_fleet(written(tmp_path, whole), env={"TOKEN": "t"}, backends=backends()).agents


@pytest.mark.parametrize(("page", "text"), blocks("python"))
def test_every_python_example_runs(page: str, text: str) -> None:
    names: dict[str, object] = {}
    exec(compile(text, page, "exec"), names)
    parrot = names["Parrot"]
    assert isinstance(parrot, type)
    assert parrot().invocation(AgentConfig("a", task="hello")).argv == ("parrot", "--say", "hello")


def test_every_key_is_explained() -> None:
    text = (DOCS / "fleet-file.md").read_text()
    assert [key for key in KEYS if f"`{key}`" not in text and f"`{key}." not in text] == []


def test_every_backend_stands_in_the_table_with_its_facts() -> None:
    text = (DOCS / "backends.md").read_text()
    for facts in BUILT_IN.values():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{facts.name}` |"))
        assert f"{facts.default_stop.signal}, {facts.default_stop.grace:g} s" in row
        assert facts.install_hint in row
        assert ("**hangs**" in row) is facts.open_stdin_hangs
