"""What to run and how: one agent's entry of the fleet, complete and checked."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Final

from descartes_tui.runner.model.errors import InvalidConfig
from descartes_tui.runner.model.names import NAME_PATTERN as NAME_PATTERN

SECRET_WORDS: Final = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|PRIVATE|AUTH", re.IGNORECASE)
MASK: Final = "••••••"


class StdinMode(Enum):
    """What the agent's standard input is."""

    NULL = "null"  # /dev/null: an open pipe hangs several agent programs
    PIPE = "pipe"


class RestartWhen(Enum):
    """After which endings a run is followed by another."""

    NEVER = "never"
    ON_FAILURE = "on-failure"
    ALWAYS = "always"


class DependencyNeed(Enum):
    """What must be true of another agent before this one starts."""

    STARTED = "started"
    HEALTHY = "healthy"
    COMPLETED = "completed"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Dependency:
    """Wait for `agent`; `pattern` is the regular expression of a LOG need; `timeout` in seconds bounds it."""

    agent: str
    need: DependencyNeed = DependencyNeed.STARTED
    pattern: str = ""
    timeout: float = 300.0


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """Restart with exponential back-off: at most `max` times within `within` seconds (0 = no bound)."""

    when: RestartWhen = RestartWhen.NEVER
    max: int = 5
    within: float = 600.0
    backoff_min: float = 1.0
    backoff_max: float = 60.0


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A probe: exactly one of `exec`, `http`, `log` is set. Times in seconds."""

    exec: tuple[str, ...] = ()
    http: str = ""
    log: str = ""
    interval: float = 30.0
    timeout: float = 5.0
    retries: int = 3
    start_period: float = 10.0
    on_failure: str = "none"  # none | restart | stop


@dataclass(frozen=True, slots=True)
class StopPolicy:
    """The stop ladder: optional text to stdin, then `signal` to the family, after `grace` seconds KILL."""

    stdin: str = ""
    signal: str = "TERM"
    grace: float = 5.0


class OnLimit(Enum):
    """What is done with a family that goes over one of its limits."""

    WARN = "warn"
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class AgentLimits:
    """How much one run's whole family may use; None = no bound.

    `memory` in bytes of resident memory, `runtime` in seconds (time spent paused does not count),
    `processes` as a number.
    """

    memory: int | None = None
    runtime: float | None = None
    processes: int | None = None
    on_limit: OnLimit = OnLimit.PAUSE


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """One named agent. Only `name` and what its backend needs are required.

    `command` is an argument vector, or a string that runs in `/bin/sh -c`. `working_dir` is used as given
    by the process that starts the agent, so callers pass an absolute path. `environment` is added to the
    environment of the caller. Raises InvalidConfig when built from values that can never run.
    """

    name: str
    backend: str = "command"
    task: str = ""
    command: Sequence[str] | str = ()
    args: tuple[str, ...] = ()  # added to the command line that a backend other than `command` makes
    model: str = ""
    system_prompt: str = ""
    context: str = ""
    working_dir: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: StdinMode = StdinMode.NULL
    tty: bool = False
    autostart: bool = True
    tags: tuple[str, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    restart: RestartPolicy = RestartPolicy()
    success_exit_codes: tuple[int, ...] = (0,)
    health: HealthCheck | None = None
    stop: StopPolicy | None = None  # None: the backend's own
    keep_leftovers: bool = False
    secret: tuple[str, ...] = ()
    limits: AgentLimits | None = None

    def __post_init__(self) -> None:
        if NAME_PATTERN.fullmatch(self.name) is None:
            raise InvalidConfig(
                f"agent name {self.name!r}: expected a letter or digit, then at most 62 of A-Z a-z 0-9 . _ -",
                key="name",
            )
        self._take_what_callers_write()
        for key, value in self.environment.items():
            if not key or "=" in key or "\0" in key or "\0" in value:
                raise InvalidConfig(f"environment variable {key!r} cannot be passed to a process", key=key)

    def _take_what_callers_write(self) -> None:
        """Accept lists, paths and the words of a fleet file; frozen, so that none of it can change under us."""
        if not isinstance(self.command, str):
            object.__setattr__(self, "command", tuple(self.command))
        object.__setattr__(self, "tags", tuple(self.tags))
        object.__setattr__(self, "working_dir", os.fspath(self.working_dir))
        try:
            object.__setattr__(self, "stdin", StdinMode(self.stdin))
        except ValueError:
            raise InvalidConfig(f"stdin {self.stdin!r}: expected null or pipe", key="stdin") from None

    def is_secret(self, key: str) -> bool:
        """True when the value of environment variable `key` must never be shown or stored."""
        return key in self.secret or SECRET_WORDS.search(key) is not None

    def shown(self) -> dict[str, object]:
        """Return the configuration as plain values, secrets masked, defaults left out."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain["environment"] = {k: MASK if self.is_secret(k) else v for k, v in self.environment.items()}
        return plain


@dataclass(frozen=True, slots=True)
class FleetConfig:
    """A whole fleet: agents in file order, and how many may run at once (None = no bound)."""

    session: str
    agents: tuple[AgentConfig, ...]
    file: str = ""
    max_concurrent: int | None = None
    start_interval: float = 0.0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProcessRunnerConfig:
    """How a LocalProcessRunner works. `working_dir` is where agents run that name no folder of their own.

    `state_dir` holds the runs' folders; the default is a private folder that is removed by `shutdown_all`.
    """

    working_dir: str = ""
    enable_json_streaming: bool = True
    enable_health_checks: bool = True
    health_check_interval_secs: float = 30.0
    max_concurrent_agents: int | None = None
    state_dir: str = ""
    portable: bool = False  # force the psutil launcher, the only one where there is no fork

    def __post_init__(self) -> None:
        object.__setattr__(self, "working_dir", os.fspath(self.working_dir))
        object.__setattr__(self, "state_dir", os.fspath(self.state_dir))
