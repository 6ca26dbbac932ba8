"""How much an agent may use: memory, time and processes of its whole family."""

from dataclasses import replace
from typing import Final

from descartes_tui.runner.fleet_file.nodes import Mapping, Node
from descartes_tui.runner.fleet_file.values import Values, dotted
from descartes_tui.runner.model.config import AgentLimits, OnLimit

LATER: Final = ("cost_usd", "tokens")
LEAST_MEMORY, MOST_MEMORY = 1 << 20, 1 << 50  # bytes; no process gets along with less
SHORTEST: Final = 0.01  # seconds
MOST_PROCESSES: Final = 4_194_304  # no Linux has more (PID_MAX_LIMIT)
KEYS: Final = ("memory", "runtime", "processes", "on_limit")
_ACTIONS: Final = tuple(action.value for action in OnLimit)


def agent_limits(values: Values, node: Node, path: str) -> AgentLimits | None:
    """Return the limits of a mapping {memory, runtime, processes, on_limit}."""
    table = _supported(values, node, path)
    if table is None:
        return None
    limits = AgentLimits()
    if value := table.get("memory"):
        memory = values.size(value, dotted(path, "memory"), low=LEAST_MEMORY, high=MOST_MEMORY)
        limits = replace(limits, memory=memory)
    if value := table.get("runtime"):
        limits = replace(limits, runtime=values.duration(value, dotted(path, "runtime"), low=SHORTEST))
    if value := table.get("processes"):
        most = values.whole(value, dotted(path, "processes"), 1, MOST_PROCESSES)
        limits = replace(limits, processes=most)
    if value := table.get("on_limit"):
        word = values.word(value, dotted(path, "on_limit"), _ACTIONS)
        limits = replace(limits, on_limit=OnLimit(word)) if word else limits
    return limits


def _supported(values: Values, node: Node, path: str) -> Mapping | None:
    """Return the mapping without the keys that a later version will know."""
    if isinstance(node, Mapping):
        for key, (place, _) in node.entries.items():
            if key in LATER:
                message = "not supported by this version: remove it"
                values.report.add(place.place, dotted(path, key), message)
        kept = {key: entry for key, entry in node.entries.items() if key not in LATER}
        node = Mapping(node.place, kept)
    return values.mapping(node, path, KEYS)
