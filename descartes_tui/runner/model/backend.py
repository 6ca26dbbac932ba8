"""What a kind of agent must tell so that it can be started and understood."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from descartes_tui.runner.model.config import AgentConfig, StopPolicy
from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.status import Verdict


@dataclass(frozen=True, slots=True)
class Invocation:
    """How to start one agent: its argument vector and what to add to its environment."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


class ModelBackend(Protocol):
    """One kind of agent. Implementations hold no state and touch no process."""

    name: str
    program: str  # what must be found on PATH; "" when the configuration names it
    install_hint: str  # one line: how to get the program
    default_stop: StopPolicy

    def invocation(self, config: AgentConfig) -> Invocation:
        """Return how to start `config`; InvalidConfig when a key is missing or cannot be honoured."""

    def verdict(self, config: AgentConfig, exit_status: ExitStatus, tail: bytes) -> Verdict:
        """Judge a run that ended by itself from its exit and the last 64 KiB of its log."""


@dataclass(frozen=True, slots=True)
class BackendFacts:
    """What is known of a built-in kind before anything is started.

    `open_stdin_hangs`: with an open pipe on its standard input the program waits for ever.
    """

    name: str
    program: str  # what must be found on PATH; "" when the configuration names it
    install_hint: str
    default_stop: StopPolicy = StopPolicy()
    open_stdin_hangs: bool = False


BUILT_IN: Final[Mapping[str, BackendFacts]] = {
    facts.name: facts
    for facts in (
        BackendFacts("command", "", ""),
        BackendFacts(
            "claude",
            "claude",
            "npm install -g @anthropic-ai/claude-code",
            StopPolicy(signal="INT", grace=5.0),
        ),
        BackendFacts("codex", "codex", "npm install -g @openai/codex", open_stdin_hangs=True),
        BackendFacts("opencode", "opencode", "npm install -g opencode-ai", open_stdin_hangs=True),
        BackendFacts("gemini", "gemini", "npm install -g @google/gemini-cli", StopPolicy(grace=8.0)),
        BackendFacts("copilot", "copilot", "npm install -g @github/copilot"),
        BackendFacts("aider", "aider", "pip install aider-chat"),
        BackendFacts(
            "cline",
            "cline",
            "npm install -g cline",
            StopPolicy(signal="INT", grace=10.0),
            open_stdin_hangs=True,
        ),
    )
}
"""The kinds of agents that need no plug-in. Stop policies as measured: docs/backends.md."""
