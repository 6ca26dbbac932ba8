"""Everything that can go wrong for a caller: one root, few children, each with its facts."""

from dataclasses import dataclass


class AgentError(Exception):
    """Root of all errors that the runner raises on purpose."""


class InvalidConfig(AgentError):
    """A configuration that cannot be run; `key` names the offending entry."""

    def __init__(self, message: str, *, key: str = "") -> None:
        super().__init__(message)
        self.key = key


class SpawnFailed(AgentError):
    """An agent could not be started: `agent` by name, `cause` in one line."""

    def __init__(self, agent: str, cause: str) -> None:
        super().__init__(f"{agent}: {cause}")
        self.agent, self.cause = agent, cause


class TooManyAgents(SpawnFailed):
    """Spawning one more would pass `max_concurrent_agents`."""

    def __init__(self, agent: str, limit: int) -> None:
        super().__init__(agent, f"{limit} agents are running already, the limit of max_concurrent_agents")
        self.limit = limit


class ExecutionError(AgentError):
    """The agent is not in a state that allows what was asked, or the system refused it."""

    def __init__(self, agent: str, message: str) -> None:
        super().__init__(f"{agent}: {message}")
        self.agent = agent


class CommunicationError(AgentError):
    """Bytes could not be passed: stdin closed or full, or the supervisor or keeper cannot be reached."""


class NotFound(AgentError):
    """No agent has this id or name; `close` lists names that look alike."""

    def __init__(self, agent: str, close: tuple[str, ...] = ()) -> None:
        hint = f" (did you mean {', '.join(close)}?)" if close else ""
        super().__init__(f"no agent {agent!r}{hint}")
        self.agent, self.close = agent, close


class Timeout(AgentError):
    """Something did not happen in the time that was allowed for it, in seconds."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"{what} did not happen within {seconds:g} s")
        self.what, self.seconds = what, seconds


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a fleet file: where it stands, and what to write instead."""

    file: str
    line: int  # counted from 1
    column: int  # counted from 1
    path: str  # the key, like `agents.web.restart.policy`
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class FleetFileError(InvalidConfig):
    """A fleet file with problems, all of them, in the order they stand in the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
