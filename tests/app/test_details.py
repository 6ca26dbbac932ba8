"""The details of one agent: asked for once a second while they are open, never an error in a toast."""

from textual.containers import VerticalScroll
from textual.widgets import Static

from descartes_tui.app.details import DetailsScreen
from tests.app.fake_feed import agent
from tests.app.screens import on_fleet, screen_on
from tests.waiting import wait_for


def text_of(app: object) -> str:
    return str(app.screen.query_one("#details-text", Static).content)  # type: ignore[attr-defined]


async def test_they_live_while_they_are_open() -> None:
    async with screen_on(agent("a")) as (app, feed, pilot):
        feed.answers["show"] = {"status": "running", "why": {"cause": "first"}}
        feed.events = [{"seq": 3, "kind": "status", "old": "idle", "new": "starting"}]
        await pilot.press("d")
        await wait_for("first", lambda: "first" in text_of(app) and "idle → starting" in text_of(app))
        feed.answers["show"] = {"status": "stopping", "why": {"cause": "second"}}
        feed.events += [{"seq": 4, "kind": "signal", "signal": 15, "processes": 1}]
        await wait_for("second", lambda: "second" in text_of(app) and "TERM sent" in text_of(app))
        assert text_of(app).count("idle → starting") == 1
        assert "◑ stopping" in str(app.screen.query_one("#details-title", Static).content)
        assert ("events", {"since": 3, "agent": "id-a", "follow": False}) in feed.calls
        await pilot.press("escape")
        assert on_fleet(app)


async def test_a_supervisor_that_is_away_is_said_and_asked_again() -> None:
    async with screen_on(agent("a")) as (app, feed, pilot):
        feed.answers["show"] = ConnectionError("gone \x1b[2J")
        await pilot.press("d")
        await wait_for("said", lambda: "Could not ask about a: gone ␛. Trying again" in text_of(app))
        feed.answers["show"] = {"status": "running", "why": {"cause": "back"}}
        await wait_for("back", lambda: "back" in text_of(app))


async def test_a_look_does_not_move_what_is_read() -> None:
    async with screen_on(agent("a"), size=(80, 24)) as (app, feed, pilot):
        feed.answers["show"] = {"config": {f"key{n}": "value" for n in range(60)}, "why": {"cause": "one"}}
        await pilot.press("d")
        assert isinstance(app.screen, DetailsScreen)
        box = app.screen.query_one("#details", VerticalScroll)
        await wait_for("facts", lambda: box.max_scroll_y > 20)
        await pilot.press("pagedown", "pagedown")
        await wait_for("scrolled", lambda: box.scroll_y > 10 and box.scroll_y == box.scroll_target_y)
        place = box.scroll_y
        feed.answers["show"] = {**feed.answers["show"], "why": {"cause": "two"}}
        await wait_for("news", lambda: "two" in text_of(app))
        await pilot.pause()
        assert box.scroll_y == place
