"""What observers of a fleet are told."""

from dataclasses import dataclass

from descartes_tui.runner.model.event import Event
from descartes_tui.runner.model.info import AgentInfo


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """Something in the picture of an agent is new."""

    info: AgentInfo


@dataclass(frozen=True, slots=True)
class AgentRemoved:
    """The agent is forgotten."""

    id: str


@dataclass(frozen=True, slots=True)
class EventHappened:
    """One more event; it is in the store at the latest after `Fleet.flush`."""

    event: Event


Change = AgentChanged | AgentRemoved | EventHappened
