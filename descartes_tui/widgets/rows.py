"""Which agents the table shows, in which order, and which of them are marked: the table without its paint."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from descartes_tui.runner.logs.sanitize import safe_text
from descartes_tui.runner.model.info import AgentInfo


@dataclass(slots=True)
class Rows:
    """Agents by id in the order they were declared; `shown` holds the ids that pass the filter."""

    agents: dict[str, AgentInfo] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    marked: set[str] = field(default_factory=set)
    filter: str = ""
    _place: dict[str, int] = field(default_factory=dict)

    def replace_all(self, agents: Iterable[AgentInfo]) -> None:
        """Take a complete picture; marks of agents that are still there stay."""
        self.agents = {info.id: info for info in agents}
        self.marked &= self.agents.keys()
        self._show()

    def change(self, changed: Iterable[AgentInfo], removed: Iterable[str] = ()) -> list[int] | None:
        """Take news; return the shown rows that look different now, None when rows came, went or moved."""
        changed, gone = list(changed), [key for key in removed if self.agents.pop(key, None) is not None]
        self.marked.difference_update(gone)
        moved = bool(gone) or any(info.id not in self.agents for info in changed)
        self.agents.update((info.id, info) for info in changed)
        if not moved and self.filter:
            moved = any(self._passes(info) != (info.id in self._place) for info in changed)
        if moved:
            self._show()
            return None
        return [self._place[info.id] for info in changed if info.id in self._place]

    def set_filter(self, text: str) -> None:
        """Show only agents in whose row every word of `text` occurs."""
        self.filter = text.strip().lower()
        self._show()

    def place(self, agent_id: str | None) -> int | None:
        """Return the row of an agent, None when it is not shown."""
        return None if agent_id is None else self._place.get(agent_id)

    def toggle(self, agent_id: str) -> None:
        """Mark, or take the mark away."""
        self.marked ^= {agent_id}

    def toggle_all(self) -> None:
        """Mark everything shown; if all of it is marked, nothing."""
        shown = set(self.shown)
        self.marked = self.marked - shown if shown <= self.marked else self.marked | shown

    def _show(self) -> None:
        self.shown = [key for key, info in self.agents.items() if self._passes(info)]
        self._place = {key: row for row, key in enumerate(self.shown)}

    def _passes(self, info: AgentInfo) -> bool:
        if not self.filter:
            return True
        parts = (info.name, info.status.value, info.backend, info.reason, info.activity or "", *info.tags)
        text = safe_text(" ".join(parts)).lower()
        return all(word in text for word in self.filter.split())
