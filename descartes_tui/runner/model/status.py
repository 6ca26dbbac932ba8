"""The states an agent can be in, and the only steps between them that are legal."""

from collections.abc import Mapping
from enum import Enum
from typing import Final


class AgentStatus(Enum):
    """Where an agent stands; `AgentInfo.reason` says why."""

    IDLE = "idle"  # declared, not started, or waiting for something that `reason` names
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    BACKOFF = "backoff"  # will be restarted at `next_at`
    COMPLETED = "completed"
    FAILED = "failed"
    TERMINATED = "terminated"  # ended because somebody asked

    @property
    def has_process(self) -> bool:
        """True while a run may have living processes."""
        return self in WITH_PROCESS

    @property
    def has_ended(self) -> bool:
        """True when the last run is over and none will follow by itself."""
        return self in ENDED


WITH_PROCESS: Final = frozenset(
    {AgentStatus.STARTING, AgentStatus.RUNNING, AgentStatus.PAUSED, AgentStatus.STOPPING}
)
ENDED: Final = frozenset({AgentStatus.COMPLETED, AgentStatus.FAILED, AgentStatus.TERMINATED})

_IDLE, _STARTING, _RUNNING = AgentStatus.IDLE, AgentStatus.STARTING, AgentStatus.RUNNING
_PAUSED, _STOPPING, _BACKOFF = AgentStatus.PAUSED, AgentStatus.STOPPING, AgentStatus.BACKOFF
_COMPLETED, _FAILED, _TERMINATED = AgentStatus.COMPLETED, AgentStatus.FAILED, AgentStatus.TERMINATED

NEXT: Final[Mapping[AgentStatus, frozenset[AgentStatus]]] = {
    _IDLE: frozenset({_STARTING, _FAILED, _TERMINATED}),
    _STARTING: frozenset({_RUNNING, _STOPPING, _BACKOFF, _FAILED}),
    _RUNNING: frozenset({_PAUSED, _STOPPING, _BACKOFF, _COMPLETED, _FAILED, _TERMINATED}),
    _PAUSED: frozenset({_RUNNING, _STOPPING, _BACKOFF, _COMPLETED, _FAILED, _TERMINATED}),
    _STOPPING: frozenset({_TERMINATED, _COMPLETED, _FAILED, _BACKOFF, _IDLE}),
    _BACKOFF: frozenset({_IDLE, _STARTING, _FAILED, _TERMINATED}),
    _COMPLETED: frozenset({_IDLE, _STARTING}),
    _FAILED: frozenset({_IDLE, _STARTING}),
    _TERMINATED: frozenset({_IDLE, _STARTING}),
}
"""From each status, the statuses that may follow. IDLE follows an ended one when a new start has to wait."""


class IllegalStep(ValueError):
    """A step that NEXT does not list."""

    def __init__(self, old: AgentStatus, new: AgentStatus) -> None:
        super().__init__(f"an agent that is {old.value} cannot become {new.value}")
        self.old, self.new = old, new


def step(old: AgentStatus, new: AgentStatus) -> AgentStatus:
    """Return `new`, or raise IllegalStep where NEXT does not list it."""
    if new not in NEXT[old]:
        raise IllegalStep(old, new)
    return new


class Verb(Enum):
    """What a person can ask of one agent."""

    START = "start"
    STOP = "stop"
    KILL = "kill"
    PAUSE = "pause"
    RESUME = "resume"
    RESTART = "restart"
    SEND = "send"
    SIGNAL = "signal"
    REMOVE = "rm"


ALLOWED: Final[Mapping[Verb, frozenset[AgentStatus]]] = {
    Verb.START: frozenset({_IDLE, _BACKOFF}) | ENDED,
    Verb.STOP: frozenset({_IDLE, _STARTING, _RUNNING, _PAUSED, _STOPPING, _BACKOFF}),
    Verb.KILL: WITH_PROCESS,
    Verb.PAUSE: frozenset({_RUNNING, _PAUSED}),
    Verb.RESUME: frozenset({_PAUSED, _RUNNING}),
    Verb.RESTART: frozenset(AgentStatus),
    Verb.SEND: frozenset({_RUNNING, _PAUSED}),
    Verb.SIGNAL: WITH_PROCESS,
    Verb.REMOVE: frozenset({_IDLE}) | ENDED,
}
"""In which states each verb is accepted: the runner refuses, and the screen greys, by this same table."""


def is_allowed(verb: Verb, status: AgentStatus) -> bool:
    """True when the runner would accept `verb` for an agent in `status`."""
    return status in ALLOWED[verb]


class Health(Enum):
    """What the health probe last proved."""

    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class Verdict(Enum):
    """How a run ended, judged from everything known, not from the exit code alone."""

    DONE = "done"
    DONE_WITH_REFUSALS = "done_with_refusals"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    GAVE_UP = "gave_up_after_retries"
    CUT_OFF = "cut_off"
    KILLED_AFTER_GRACE = "killed_after_grace"
    OUT_OF_MEMORY = "out_of_memory"
    FAILED_TO_START = "failed_to_start"
    DEPENDENCY_FAILED = "dependency_failed"
    OVER_BUDGET = "over_budget"
    UNKNOWN = "unknown"  # nobody was left to see the exit: the run's keeper was killed
