"""Every snippet of the README and of the docs is run: what stands there works."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from descartes_tui.runner.fleet_file import load_fleet

ROOT = Path(__file__).parent.parent
DOCUMENTS = (ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md")))
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets(language: str) -> list[object]:
    """Return the fenced snippets of one language in all documents, named by file and line."""
    return [
        pytest.param(match[2], id=f"{path.name}:{text[: match.start()].count(chr(10)) + 1}")
        for path in DOCUMENTS
        for text in [path.read_text()]
        for match in FENCE.finditer(text)
        if match[1] == language
    ]


@pytest.fixture
def alone(tmp_path: Path) -> dict[str, str]:
    """An environment whose session nobody else uses, with our command first in PATH."""
    (tmp_path / "run").mkdir(mode=0o700)
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "DESCARTES_SESSION": "documents",
    }


@pytest.mark.parametrize("snippet", snippets("python"))
def test_a_python_snippet_runs(snippet: str, alone: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", snippet], cwd=tmp_path, env=alone, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("snippet", snippets("sh"))
def test_a_shell_snippet_runs(snippet: str, alone: dict[str, str], tmp_path: Path) -> None:
    try:
        done = subprocess.run(
            ["sh", "-e", "-c", snippet], cwd=tmp_path, env=alone, capture_output=True, text=True, timeout=100
        )
    finally:
        subprocess.run(["descartes-tui", "down"], env=alone, cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_fleet_file_in_the_readme_is_valid(tmp_path: Path) -> None:
    match = re.search(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert match is not None
    file = tmp_path / "agents.yaml"
    file.write_text(match[1])
    fleet = load_fleet(file, env={})
    assert [agent.name for agent in fleet.agents] == ["planner", "web", "smoke"]


def test_the_readme_names_every_key_of_the_screen() -> None:
    from descartes_tui.app.actions import ACTIONS

    text = (ROOT / "README.md").read_text()
    missing = [action.id for action in ACTIONS if f"`{action.key}`" not in text]
    assert missing == []


def test_links_between_documents_lead_somewhere() -> None:
    for path in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text()):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name} links to {target}"
