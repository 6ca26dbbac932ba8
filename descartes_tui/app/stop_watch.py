"""Keeps the panel of stops in step with the fleet, and says at the end how they went."""

from collections.abc import Mapping

from descartes_tui.app.actions import ACTIONS, Group
from descartes_tui.app.desk import Desk
from descartes_tui.app.stop_tally import StopTally, count_swept
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.wire.updates import Changed, Snapshot
from descartes_tui.widgets.key_bar import KeyHint
from descartes_tui.widgets.stop_panel import StopPanel


class StopWatch:
    """Sees every stop, whoever asked for it: this screen, another one, a command, a limit."""

    def __init__(self, screen: Desk, panel: StopPanel) -> None:
        self._screen, self._panel = screen, panel
        self._tally = StopTally()

    def take(self, before: Mapping[str, AgentInfo], news: Snapshot | Changed) -> None:
        """Take news that the screen's table knows already; `before` are the pictures they replace."""
        self._tally.take(before, news.agents)
        if self._screen.stopping:
            return
        if self._tally.ended:
            self._screen.run_worker(self._tell(self._tally), name="sum of the stops", exit_on_error=False)
        self._tally = StopTally(since=news.seq)

    def show(self) -> None:
        """Show who is being stopped, and whom a key would force."""
        screen, stopping = self._screen, self._screen.stopping
        chosen = {info.id for info in screen.table.targets}
        hints = [
            KeyHint(action.id, action.label, action.title, screen.can(action))
            for action in ACTIONS
            if action.group is Group.STOPS
        ]
        self._panel.show(stopping, chosen, hints, len(self._tally.ended))

    async def _tell(self, tally: StopTally) -> None:
        try:
            swept = await count_swept(self._screen.services.feed, tally)
        except Exception:  # what was swept stands in the events; who ended is known here
            swept = 0
        self._screen.notify(
            tally.sentence(swept),
            severity="warning" if tally.was_forced else "information",
            markup=False,
            timeout=6,
        )
