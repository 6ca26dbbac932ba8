"""The screen on a living session: its supervisor, the backends that are known here, the person's settings."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Final

from descartes_tui.app.app import DescartesApp
from descartes_tui.app.choices import BackendChoice
from descartes_tui.runner.model.folders import config_root
from descartes_tui.runner.wire.aclient import AsyncClient

PATIENCE: Final = 2  # seconds for an orderly end


class LiveApp(DescartesApp):
    """The application of a process of its own: TERM and HUP end it like a person would, and say so."""

    def on_mount(self) -> None:
        loop = asyncio.get_running_loop()

        def end(number: int, _frame: object) -> None:
            signal.alarm(PATIENCE)  # the kernel ends us if we are stuck writing to a terminal that is gone
            loop.call_soon_threadsafe(self._end_by, number)

        # not the loop's own handlers: they wait for a loop that may be the one that is stuck
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, end)

    def _end_by(self, number: int) -> None:
        self.exit(return_code=128 + number)


def live_app(session: str) -> LiveApp:
    """Return the application for `session`; a supervisor that died is started again."""
    feed = AsyncClient(session, start=True)
    return LiveApp(feed, settings_folder=config_root(), backends=known_backends)


def known_backends() -> Sequence[BackendChoice]:
    """Return what the form for new agents offers, `command` first."""
    # deferred: it looks for plug-ins, which the screen need not wait for when it opens
    from descartes_tui.runner.backends.registry import backends

    known = [BackendChoice(name, kind.program, kind.install_hint) for name, kind in backends().items()]
    return sorted(known, key=lambda choice: (choice.name != "command", choice.name))
