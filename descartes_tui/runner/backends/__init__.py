"""How each kind of agent is started and understood."""

from descartes_tui.runner.backends.base import HeadlessCliAdapter
from descartes_tui.runner.backends.claude import ClaudeCodeAdapter
from descartes_tui.runner.backends.registry import backend_problems, backends, find_program, missing_message

__all__ = [
    "ClaudeCodeAdapter",
    "HeadlessCliAdapter",
    "backend_problems",
    "backends",
    "find_program",
    "missing_message",
]
