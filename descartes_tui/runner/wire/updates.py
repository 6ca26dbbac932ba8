"""What a watcher of a session is told."""

from dataclasses import dataclass

from descartes_tui.runner.model.info import AgentInfo


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole fleet: what was known before is void. `seq` is the number of the newest event in it."""

    agents: tuple[AgentInfo, ...]
    seq: int
    session: str


@dataclass(frozen=True, slots=True)
class Changed:
    """New pictures of some agents, and ids of agents that are forgotten."""

    agents: tuple[AgentInfo, ...]
    removed: tuple[str, ...]
    seq: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The supervisor is away. Agents go on; a Snapshot follows when it is back. `ended`: it left on purpose."""

    reason: str
    ended: bool = False


Update = Snapshot | Changed | Disconnected
