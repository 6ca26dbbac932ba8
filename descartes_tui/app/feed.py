"""What the screen needs from whoever runs the agents: their pictures as they change, and a way to ask."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol

from descartes_tui.runner.model.info import AgentInfo


@dataclass(frozen=True, slots=True)
class FleetPicture:
    """The complete fleet: all agents in the order they were declared."""

    session: str
    agents: tuple[AgentInfo, ...]


@dataclass(frozen=True, slots=True)
class FleetNews:
    """What changed since the last picture or news."""

    changed: tuple[AgentInfo, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FleetLost:
    """The supervisor cannot be reached just now; a complete picture follows when it can again."""

    cause: str


class Feed(Protocol):
    """The fleet as the screen sees it. Errors of `call` are AgentError's children."""

    def watch(self) -> AsyncIterator[FleetPicture | FleetNews | FleetLost]:
        """Yield a picture, then news; survives the supervisor's death and begins again with a picture."""

    async def call(self, verb: str, **args: Any) -> Any:
        """Ask for `verb` of the wire with `args` and return its answer as plain values."""

    async def recent_events(self, agent_id: str, count: int) -> list[dict[str, Any]]:
        """Return the last `count` events of one agent, oldest first, as the wire gives them."""
