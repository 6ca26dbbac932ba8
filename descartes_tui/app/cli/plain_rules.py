"""When a plain `up` is over: who keeps it alive, and who is ended once the others are done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from descartes_tui.runner.model.config import AgentConfig, FleetConfig, RestartWhen, StdinMode

SERVICE: Final = "service"
OVER: Final = frozenset(("completed", "failed", "terminated"))


@dataclass(frozen=True, slots=True)
class Rules:
    """`names`: the agents of this `up`; `services` run for ever, `asking` wait for somebody to answer."""

    names: frozenset[str]
    services: frozenset[str]
    asking: frozenset[str]

    @classmethod
    def of(cls, fleet: FleetConfig, names: Sequence[str], *, everything: bool) -> "Rules":
        """Return the rules for these agents; with `everything`, all are waited for."""
        mine = [agent for agent in fleet.agents if agent.name in names]
        services = frozenset(agent.name for agent in mine if is_service(agent))
        asking = frozenset(agent.name for agent in mine if agent.stdin is StdinMode.PIPE) - services
        if len(services | asking) == len(mine):  # there is nobody else: then these are what is waited for
            asking = frozenset()
        if everything or len(services) == len(mine):
            services = asking = frozenset()
        return cls(frozenset(names), services, asking)

    def keeps_alive(self, agents: Sequence[dict[str, Any]]) -> bool:
        """True while an agent goes on that has an end of its own."""
        return any(
            agent["name"] not in self.services | self.asking and not is_over([agent]) for agent in agents
        )


def is_service(config: AgentConfig) -> bool:
    """True for an agent that is not expected to end by itself."""
    return SERVICE in config.tags or config.restart.when is RestartWhen.ALWAYS


def is_over(agents: Sequence[dict[str, Any]]) -> bool:
    """True when all agents have ended and none will be started again by itself."""
    return all(agent["status"] in OVER or _is_unused(agent) for agent in agents)


def _is_unused(agent: dict[str, Any]) -> bool:
    return agent["status"] == "idle" and not agent["reason"]
