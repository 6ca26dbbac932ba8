"""A complete picture of one agent at one moment: the table can be drawn from it alone."""

from dataclasses import dataclass

from descartes_tui.runner.model.status import AgentStatus, Health, Verdict


@dataclass(frozen=True, slots=True)
class Usage:
    """What the whole family uses: percent of one core, bytes of resident memory, living processes."""

    cpu_percent: float | None = None
    memory_bytes: int | None = None
    processes: int | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens counted by the agent's own stream; None where it does not tell."""

    input: int | None = None
    output: int | None = None


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """Snapshot of one agent. Times are seconds since 1970; None where unknown or not yet."""

    id: str
    name: str
    status: AgentStatus
    reason: str = ""
    backend: str = "command"
    tags: tuple[str, ...] = ()
    pid: int | None = None
    run: int = 0  # 0: never started
    restarts: int = 0
    started_at: float | None = None
    ended_at: float | None = None
    exit_code: int | None = None
    exit_signal: int | None = None
    verdict: Verdict | None = None
    health: Health = Health.UNKNOWN
    activity: str | None = None
    usage: Usage = Usage()
    tokens: Tokens = Tokens()
    cost_usd: float | None = None
    session_id: str | None = None
    log_path: str | None = None
    # what the screen needs beyond the stable JSON form
    status_since: float | None = None
    next_at: float | None = None  # when the wait in `reason` is over (back-off, stop escalation)
    takes_input: bool = False
    tty: bool = False
    last_output_at: float | None = None
    log_bytes: int = 0
    command_line: str = ""
    autostart: bool = True
    who: str = ""  # brought the present status about: a person, a policy, a probe, a limit, …


@dataclass(frozen=True, slots=True)
class FamilyMember:
    """One process of a run. `start_ticks` together with `pid` names it for ever (proc(5), field 22)."""

    pid: int
    ppid: int
    name: str
    cmdline: str
    status: str
    start_ticks: int = 0
    cpu_seconds: float = 0.0
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ExitStatus:
    """How a run's leader ended: exactly one of `code` and `signal` is set; both None when nobody saw it."""

    code: int | None = None
    signal: int | None = None

    @property
    def success(self) -> bool:
        """True for exit code 0."""
        return self.code == 0
