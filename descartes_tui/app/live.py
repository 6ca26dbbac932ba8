"""The screen on a living session: its supervisor, the backends that are known here, the person's settings."""

from collections.abc import Sequence

from descartes_tui.app.app import DescartesApp
from descartes_tui.app.spawn_form import BackendChoice
from descartes_tui.runner.backends.registry import backends
from descartes_tui.runner.model.folders import config_root
from descartes_tui.runner.wire.aclient import AsyncClient


def live_app(session: str) -> DescartesApp:
    """Return the application for `session`; a supervisor that died is started again."""
    feed = AsyncClient(session, start=True)
    return DescartesApp(feed, settings_folder=config_root(), backends=known_backends)


def known_backends() -> Sequence[BackendChoice]:
    """Return what the form for new agents offers, `command` first."""
    known = [BackendChoice(name, kind.program, kind.install_hint) for name, kind in backends().items()]
    return sorted(known, key=lambda choice: (choice.name != "command", choice.name))
