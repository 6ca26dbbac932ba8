"""Helpers that drive the whole application with an invented fleet."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot
from textual.screen import Screen

from descartes_tui.app.app import DescartesApp
from descartes_tui.app.choices import BackendChoice
from descartes_tui.runner.model.info import AgentInfo
from tests.app.fake_feed import NOW, FakeFeed
from tests.waiting import wait_for
from tests.widgets.host import shown

BACKENDS = (BackendChoice("command"), BackendChoice("claude", "surely-not-installed", "npm i claude"))


@asynccontextmanager
async def screen_on(
    *agents: AgentInfo,
    size: tuple[int, int] = (110, 36),
    settings: Path | None = None,
    feed: FakeFeed | None = None,
) -> AsyncIterator[tuple[DescartesApp, FakeFeed, Pilot[int]]]:
    """Give the application with these agents on its screen, their feed and a pilot."""
    feed = feed or FakeFeed(*agents)
    app = DescartesApp(feed, settings_folder=settings, backends=lambda: BACKENDS, clock=lambda: NOW)
    async with app.run_test(size=size) as pilot:
        await wait_for("the fleet on the screen", lambda: len(app.fleet_screen.agents) == len(agents))
        await pilot.pause()
        yield app, feed, pilot


def toasts(app: DescartesApp) -> list[str]:
    """Return the texts of the toasts that are shown."""
    return [notification.message for notification in app._notifications]


def table_rows(app: DescartesApp) -> Sequence[str]:
    """Return the rows of the table as they are painted."""
    return shown(app.fleet_screen.table)


async def type_text(pilot: Pilot[int], text: str) -> None:
    """Press the keys that write `text`."""
    for character in text:
        await pilot.press(
            {" ": "space", "/": "slash", ".": "full_stop", "=": "equals_sign"}.get(character, character)
        )


def on_fleet(app: DescartesApp) -> bool:
    """True when nothing lies over the fleet."""
    return app.screen is app.fleet_screen


def top(app: DescartesApp) -> Screen[object]:
    """Return the screen that lies over all others."""
    return app.screen
