"""What happened, in order: every state step and every action is one event."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Event:
    """One fact of the history. `seq` grows by one within a session; `at` is seconds since 1970.

    Kinds: `status` (facts `old`, `new`, `reason`, `by`), `action` (`verb`, `by`), `signal` (`signal`,
    `processes`: how many, `pids`, `by`), `swept` (`processes`: pid, name and how, each), `exit` (`code`, `signal`,
    `pid` and `by` whom it was asked to end), `limit` (`limit`, `value`, `bound`, `action`, `text`), `gave_up`
    (`restarts`, `lines`), `held_back` (`cause`, `next_at`), `repaired` (`cause`), `health`, `supervisor`,
    `spawn_failed`.
    """

    seq: int
    at: float
    agent: str | None  # the agent's name
    agent_id: str | None
    run: int | None
    kind: str
    facts: Mapping[str, object] = field(default_factory=dict)
