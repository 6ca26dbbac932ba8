"""What a kind of agent must tell so that it can be started and understood."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

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
