"""The real command in a world of its own: isolated folders, a real supervisor, everything ended afterwards."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

LIMIT = 60  # seconds after which a command is taken for hanging


@dataclass
class World:
    """Where commands run: a folder to stand in, and an environment with state folders of its own."""

    folder: Path
    env: dict[str, str]

    def run(
        self, *args: str, stdin: str | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `descartes-tui ARGS` to its end."""
        return subprocess.run(
            command(*args),
            cwd=self.folder,
            env={**self.env, **(env or {})},
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )

    def ok(self, *args: str) -> str:
        """Run a command that must succeed, and return what it printed on stdout."""
        done = self.run(*args)
        assert done.returncode == 0, (args, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def json(self, *args: str) -> Any:
        """Run a command that must succeed and print one JSON value."""
        return json.loads(self.ok(*args, "--json"))

    def agent(self, name: str) -> dict[str, Any]:
        """Return one agent as `ps --json --all` shows it."""
        found: dict[str, Any] = next(a for a in self.json("ps", "--all") if a["name"] == name)
        return found

    def popen(self, *args: str, **more: Any) -> "subprocess.Popen[str]":
        """Start a command and return it running."""
        more = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        return subprocess.Popen(command(*args), cwd=self.folder, env=self.env, text=True, **more)


def command(*args: str) -> list[str]:
    """Return the argument vector of a `descartes-tui` command."""
    return [sys.executable, "-m", "descartes_tui", *args]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world; whatever runs in it is ended with the test."""
    folders = {name: tmp_path / name for name in ("state", "run", "config", "work")}
    for folder in folders.values():
        folder.mkdir()
    env = {key: value for key, value in os.environ.items() if not key.startswith(("DESCARTES_", "XDG_"))}
    env |= {f"XDG_{name.upper()}_HOME": str(folders[name]) for name in ("state", "config")}
    env |= {"XDG_RUNTIME_DIR": str(folders["run"]), "PYTHONDONTWRITEBYTECODE": "", "TERM": "xterm"}
    made = World(folders["work"], env)
    yield made
    state = folders["state"] / "descartes-tui"
    for session in sorted(state.iterdir()) if state.is_dir() else ():
        made.run("--session", session.name, "down", "--timeout", "10")
