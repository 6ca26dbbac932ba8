"""What `descartes_tui.runner` offers, and what it must not load."""

import subprocess
import sys
from pathlib import Path

import pytest

import descartes_tui.runner
from descartes_tui.runner import AgentConfig, InvalidConfig, ProcessRunnerConfig, StdinMode


def test_every_public_name_can_be_imported() -> None:
    for name in descartes_tui.runner.__all__:
        assert getattr(descartes_tui.runner, name) is not None
    with pytest.raises(AttributeError):
        descartes_tui.runner.NoSuchName  # noqa: B018


def test_importing_everything_of_the_runner_loads_no_textual() -> None:
    script = (
        "import sys, pkgutil, importlib, descartes_tui.runner as r\n"
        "[getattr(r, name) for name in r.__all__]\n"
        "for m in pkgutil.walk_packages(r.__path__, r.__name__ + '.'): importlib.import_module(m.name)\n"
        "assert not [m for m in sys.modules if m.split('.')[0] == 'textual'], 'textual was loaded'"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_what_a_keeper_loads_is_next_to_nothing() -> None:
    root = str(Path(descartes_tui.__file__).parents[1])
    script = (
        f"import sys; sys.path.insert(0, {root!r})\n"
        "import descartes_tui.runner.process.keeper\n"
        "print(*sorted(m for m in sys.modules if not m.startswith('_')))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], check=True, capture_output=True, text=True
    )
    loaded = set(done.stdout.split())
    heavy = {
        "asyncio",
        "dataclasses",
        "inspect",
        "logging",
        "msgspec",
        "pathlib",
        "psutil",
        "subprocess",
        "yaml",
    }
    assert not loaded & heavy


def test_a_configuration_takes_lists_paths_and_plain_words() -> None:
    config = AgentConfig(
        name="a",
        command=["cat"],
        stdin="pipe",  # type: ignore[arg-type]
        working_dir=Path("/tmp"),  # type: ignore[arg-type]
        tags=["x"],  # type: ignore[arg-type]
    )
    assert (config.command, config.stdin, config.working_dir, config.tags) == (
        ("cat",),
        StdinMode.PIPE,
        "/tmp",
        ("x",),
    )
    assert ProcessRunnerConfig(working_dir=Path("/tmp")).working_dir == "/tmp"  # type: ignore[arg-type]
    with pytest.raises(InvalidConfig, match="expected null or pipe"):
        AgentConfig(name="a", stdin="open")  # type: ignore[arg-type]
