"""Tells, without starting anything, whether a session has agents that a supervisor should take up."""

from pathlib import Path
from typing import Final

from descartes_tui.runner.model.folders import volatile_folder

AGENT_SUFFIX: Final = ".agent.json"


def is_active_session(session: str) -> bool:
    """True when agents of `session` are declared: a supervisor would find something to adopt."""
    return holds_agents(volatile_folder(session))


def holds_agents(folder: Path) -> bool:
    """True when the volatile folder of a session holds declared agents."""
    return any(folder.glob(f"*{AGENT_SUFFIX}")) if folder.is_dir() else False
