"""Quick verbs stay quick: they load nothing that they do not need, and never Textual."""

import json
import subprocess
import sys

import pytest

from tests.app.cli.conftest import World

HEAVY = (
    "asyncio",
    "dataclasses",
    "inspect",
    "msgspec",
    "psutil",
    "rich",
    "sqlite3",
    "subprocess",
    "textual",
    "yaml",
)
PROGRAM = """
import json, sys
from descartes_tui.cli import main
code = main(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def loaded(world: World, *args: str) -> tuple[int, set[str]]:
    """Run a command and return its exit code and the modules it had loaded in the end."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *args],
        cwd=world.folder,
        env=world.env,
        capture_output=True,
        text=True,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    return code, set(modules)


@pytest.mark.parametrize("args", [("ps",), ("ps", "--json"), ("list",)])
def test_ps_loads_nothing_heavy(world: World, args: tuple[str, ...]) -> None:
    (world.folder / "agents.yaml").write_text("version: 1\nsession: quick\nagents: {}\n")
    world.ok("--session", "quick", "spawn", "sleeper", "--", "sleep", "1000")
    code, modules = loaded(world, *args)
    assert code == 0
    assert modules.isdisjoint(HEAVY), modules.intersection(HEAVY)


@pytest.mark.parametrize(
    "args",
    [
        ("version",),
        ("stop", "--all"),
        ("spawn", "x", "--", "true"),
        ("logs", "x"),
        ("validate",),
        ("events",),
    ],
)
def test_no_verb_loads_textual(world: World, args: tuple[str, ...]) -> None:
    _, modules = loaded(world, *args)
    assert "textual" not in modules
