"""What every verb has at hand: the fleet, its feed, and how to act on several agents at once."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from descartes_tui.runner.fleet.fleet import Fleet
from descartes_tui.runner.fleet.tasks import Tasks
from descartes_tui.runner.model.errors import AgentError, NotFound, Timeout
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import IllegalStep, Verb, is_allowed
from descartes_tui.runner.supervisor.feed import Feed
from descartes_tui.runner.wire.faults import BadRequest, code_of

REFUSALS: Final = (AgentError, IllegalStep)
"""What a fleet raises when something cannot be done; anything else is a fault of ours."""

Deed = Callable[[str], Awaitable[object]]


@dataclass(slots=True)
class Desk:
    """Shared by all connections. `tasks` holds work that goes on when its client has left."""

    fleet: Fleet
    feed: Feed
    session: str
    tasks: Tasks = field(default_factory=Tasks)
    ending: asyncio.Event = field(default_factory=asyncio.Event)
    started_at: float = field(default_factory=time.time)

    def one(self, agent: str) -> str:
        """Return the id of the one agent that `agent` selects; NotFound, or BadRequest when it is several."""
        found = self.fleet.resolve([agent])
        if len(found) > 1:
            names = ", ".join(self.fleet.info(one).name for one in found)
            raise BadRequest(f"{agent!r} selects several agents ({names}); name one of them")
        return found[0]

    async def each(
        self, verb: Verb, agents: list[str], deed: Deed, *, within: float | None, wait: bool = True
    ) -> list[dict[str, Any]]:
        """Do `deed` to all agents in parallel and tell for each how it went.

        After `within` seconds, or at once without `wait`, the answer is given and the work goes on.
        """
        if not wait:
            return [self._begin(verb, agent, deed) for agent in agents]
        names = {agent: self.fleet.info(agent).name for agent in agents}
        work = {
            agent: self.tasks.start(_outcome(deed(agent)), f"{verb.value} {names[agent]}") for agent in agents
        }
        if work:
            await asyncio.wait(work.values(), timeout=within)
        late = Timeout(verb.value, within or 0.0)
        return [
            self._result(agent, names[agent], task.result() if task.done() else late)
            for agent, task in work.items()
        ]

    def _begin(self, verb: Verb, agent: str, deed: Deed) -> dict[str, Any]:
        info = self.fleet.info(agent)
        if not is_allowed(verb, info.status):
            return _refusal(agent, info.name, "refused", f"{info.name}: it is {info.status.value}")
        self.tasks.start(_outcome(deed(agent)), f"{verb.value} {info.name}")
        return _success(info, "goes on in the background")

    def _result(self, agent: str, name: str, outcome: Exception | None) -> dict[str, Any]:
        if outcome is not None:
            return _refusal(agent, name, code_of(outcome), str(outcome))
        try:
            info = self.fleet.info(agent)
        except NotFound:  # removed, as it was asked
            return {"agent": name, "id": agent, "ok": True, "status": None, "note": ""}
        return _success(info, info.reason)


async def _outcome(deed: Awaitable[object]) -> Exception | None:
    try:
        await deed
    except REFUSALS as refusal:
        return refusal
    return None


def _success(info: AgentInfo, note: str) -> dict[str, Any]:
    return {"agent": info.name, "id": info.id, "ok": True, "status": info.status.value, "note": note}


def _refusal(agent: str, name: str, code: str, message: str) -> dict[str, Any]:
    return {"agent": name, "id": agent, "ok": False, "code": code, "message": message}
