"""The kinds of agents that can be named, the built-in ones and those of plug-ins."""

import shutil
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Final

from descartes_tui.runner.backends.aider import AiderAdapter
from descartes_tui.runner.backends.claude import ClaudeCodeAdapter
from descartes_tui.runner.backends.cline import ClineAdapter
from descartes_tui.runner.backends.codex import CodexAdapter
from descartes_tui.runner.backends.command import CommandBackend
from descartes_tui.runner.backends.copilot import CopilotAdapter
from descartes_tui.runner.backends.gemini import GeminiAdapter
from descartes_tui.runner.backends.opencode import OpencodeAdapter
from descartes_tui.runner.model.backend import ModelBackend

GROUP: Final = "descartes_tui.backends"
_BUILT_IN: Final[tuple[ModelBackend, ...]] = (
    CommandBackend(),
    ClaudeCodeAdapter(),
    CodexAdapter(),
    OpencodeAdapter(),
    GeminiAdapter(),
    CopilotAdapter(),
    AiderAdapter(),
    ClineAdapter(),
)


def backends() -> Mapping[str, ModelBackend]:
    """Return every kind by name: the built-in ones, then those of the entry points `descartes_tui.backends`.

    A plug-in cannot take a built-in name. One that is broken is left out; `backend_problems` names it.
    """
    return {backend.name: backend for backend in (*_plugins()[0], *_BUILT_IN)}


def backend_problems() -> tuple[str, ...]:
    """Return one line for each plug-in that could not be used."""
    return _plugins()[1]


def find_program(backend: ModelBackend, env: Mapping[str, str]) -> str | None:
    """Return where the program of `backend` lies on the PATH of `env`; None when it is not installed.

    A backend whose program the configuration names has none to find.
    """
    return shutil.which(backend.program, path=env.get("PATH", "")) if backend.program else None


def missing_message(backend: ModelBackend) -> str:
    """Return one line that says what is missing and how to get it."""
    return f"{backend.program} is not installed: {backend.install_hint}"


@cache
def _plugins() -> tuple[tuple[ModelBackend, ...], tuple[str, ...]]:
    taken = {backend.name for backend in _BUILT_IN}
    found: list[ModelBackend] = []
    problems: list[str] = []
    for entry in entry_points(group=GROUP):
        try:
            backend: ModelBackend = entry.load()()
            if backend.name in taken:
                raise ValueError(f"the name {backend.name!r} is taken")
            found.append(backend)
            taken.add(backend.name)
        except Exception as error:  # code of others: whatever it does, the built-in kinds go on working
            problems.append(f"backend plug-in {entry.name} ({entry.value}): {type(error).__name__}: {error}")
    return tuple(found), tuple(problems)
