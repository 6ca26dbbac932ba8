"""What the keys of the screen work on: the widgets in view, and the fleet behind them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.screen import Screen

from descartes_tui.app.actions import Action
from descartes_tui.app.choices import BackendChoice
from descartes_tui.app.feed import Feed
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.agent_table import AgentTable
from descartes_tui.widgets.log_pane import LogPane


@dataclass(frozen=True, slots=True)
class Services:
    """Where the screen gets its facts from."""

    feed: Feed
    backends: Callable[[], Sequence[BackendChoice]]
    clock: Callable[[], float]


class Desk(Screen[None]):
    """The screen as the deeds see it."""

    table: AgentTable
    log_pane: LogPane

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services

    @property
    def agents(self) -> Sequence[AgentInfo]:
        """All agents, in the order they were declared."""
        return tuple(self.table.rows.agents.values())

    @property
    def stopping(self) -> Sequence[AgentInfo]:
        """The agents that are being stopped."""
        return tuple(info for info in self.agents if info.status is AgentStatus.STOPPING)

    def can(self, action: Action) -> bool:
        """True when the action would do something now."""
        raise NotImplementedError

    def do(self, action_id: str) -> None:
        """Do what the registry calls `action_id`, if that is possible now."""
        raise NotImplementedError

    def go_to(self, agent_id: str) -> None:
        """Put the cursor on an agent, now or when it is known, taking away a filter that hides it."""
        raise NotImplementedError

    def open_filter_line(self) -> None:
        """Let the person type what the rows are filtered by."""
        raise NotImplementedError

    def open_send_line(self, info: AgentInfo) -> None:
        """Let the person type lines for an agent's standard input."""
        raise NotImplementedError

    def toggle_zoom(self) -> None:
        """Give the log the whole screen, or take it back."""
        raise NotImplementedError
