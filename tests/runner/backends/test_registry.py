"""Which kinds of agents there are, and what is said of a program that is missing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from descartes_tui.runner.backends import backend_problems, backends, find_program, missing_message
from descartes_tui.runner.backends.registry import _plugins
from descartes_tui.runner.model.backend import BUILT_IN


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder on the import path in which installed plug-ins can be laid down."""
    monkeypatch.syspath_prepend(str(tmp_path))
    _plugins.cache_clear()
    yield tmp_path
    _plugins.cache_clear()


def installed(folder: Path, entry_points: str, code: str) -> None:
    facts = folder / "parrots-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: parrots\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[descartes_tui.backends]\n{entry_points}")
    (folder / "parrots.py").write_text(code)


def test_every_built_in_kind_is_there_with_the_facts_of_the_model() -> None:
    known = backends()
    assert set(BUILT_IN) <= set(known)
    for name, facts in BUILT_IN.items():
        backend = known[name]
        assert (backend.name, backend.program) == (name, facts.program)
        assert (backend.install_hint, backend.default_stop) == (facts.install_hint, facts.default_stop)


def test_a_plug_in_adds_a_kind_and_a_broken_one_is_named(plugins: Path) -> None:
    installed(
        plugins,
        "parrot = parrots:Parrot\nbroken = parrots:Missing\nthief = parrots:Thief\n",
        "class Parrot:\n    name = program = 'parrot'\n\nclass Thief:\n    name = 'claude'\n",
    )
    assert backends()["parrot"].program == "parrot"
    assert backends()["claude"].program == "claude"
    broken, thief = backend_problems()
    assert broken.startswith("backend plug-in broken (parrots:Missing): AttributeError: ")
    assert thief == "backend plug-in thief (parrots:Thief): ValueError: the name 'claude' is taken"


def test_a_program_is_looked_for_on_the_path_that_is_given(tmp_path: Path) -> None:
    program = tmp_path / "claude"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    claude = backends()["claude"]
    assert find_program(claude, {"PATH": str(tmp_path)}) == str(program)
    assert find_program(claude, {"PATH": "/nowhere"}) is None
    assert find_program(backends()["command"], {"PATH": str(tmp_path)}) is None


def test_a_missing_program_is_told_in_one_line() -> None:
    assert missing_message(backends()["claude"]) == (
        "claude is not installed: npm install -g @anthropic-ai/claude-code"
    )


def test_backends_load_neither_yaml_nor_asyncio_nor_textual() -> None:
    code = (
        "import sys, descartes_tui.runner.backends\n"
        "print([m for m in ('yaml', 'asyncio', 'textual', 'rich') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"


def test_looking_for_a_fleet_file_loads_no_yaml() -> None:
    code = (
        "import sys\nfrom descartes_tui.runner.fleet_file import default_fleet_file, session_of\n"
        "print('yaml' in sys.modules, 'asyncio' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "False False\n"
