"""What happened, in order: every state step and every action is one event."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Event:
    """One fact of the history. `seq` grows by one within a session; `at` is seconds since 1970.

    Kinds: `status` (facts `old`, `new`, `reason`), `action` (`verb`, `by`), `signal` (`signal`, `processes`),
    `swept` (`processes`), `exit` (`code`, `signal`), `health`, `supervisor`, `spawn_failed`.
    """

    seq: int
    at: float
    agent: str | None  # the agent's name
    agent_id: str | None
    run: int | None
    kind: str
    facts: Mapping[str, object] = field(default_factory=dict)
