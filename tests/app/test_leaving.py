"""Leaving the screen: what is said, what is stopped, what stays."""

from dataclasses import replace

from rich.text import Text
from textual.widgets import Static

from descartes_tui.app.dialog import Dialog
from descartes_tui.app.stopping import StoppingScreen
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.stop_panel import StopPanel
from tests.app.fake_feed import NOW, agent
from tests.app.screens import on_fleet, screen_on, top
from tests.waiting import wait_for
from tests.widgets.host import shown

A, B, DONE = agent("a"), agent("b", AgentStatus.PAUSED), agent("done", AgentStatus.COMPLETED)


def text_of(app: object) -> str:
    parts = [static.content for static in app.screen.query(Static)]  # type: ignore[attr-defined]
    return "\n".join(part.plain if isinstance(part, Text) else str(part) for part in parts)


async def test_leaving_says_what_happens_to_each_and_detaches() -> None:
    async with screen_on(A, B, DONE) as (app, feed, pilot):
        await pilot.press("q")
        assert isinstance(top(app), Dialog)
        text = text_of(app)
        assert "2 agents keep running" in text and "‖ paused" in text and "done" not in text
        await pilot.press("d")
        await wait_for("exit", lambda: app.return_value == 0)
        assert feed.calls == []


async def test_escape_stays() -> None:
    async with screen_on(A) as (app, feed, pilot):
        await pilot.press("q", "escape")
        assert on_fleet(app) and app.return_value is None
        await pilot.press("ctrl+c", "escape")
        await pilot.press("ctrl+q", "escape")
        assert app.is_running and feed.calls == []


async def test_stop_all_shows_who_is_left_and_ends_the_supervisor() -> None:
    async with screen_on(A, B, DONE) as (app, feed, pilot):
        await pilot.press("q", "s")
        await wait_for("stop", lambda: feed.calls == [("stop", {"all": True, "wait": False})])
        assert isinstance(top(app), StoppingScreen)
        feed.tell(replace(A, status=AgentStatus.STOPPING, reason="TERM sent, KILL in 5s", next_at=NOW + 4))
        panel = app.screen.query_one(StopPanel)
        await wait_for(
            "progress", lambda: "TERM sent" in (row := "".join(shown(panel)[1:2])) and "KILL in 4s" in row
        )
        assert "waits its turn" in shown(panel)[2]
        await pilot.press("K", "down", "down", "K")
        await wait_for("kill", lambda: feed.calls[1:] == [("kill", {"agents": ["id-b"], "wait": False})])
        await pilot.press("F")
        await wait_for(
            "all", lambda: feed.calls[2:] == [("kill", {"agents": ["id-a", "id-b"], "wait": False})]
        )
        feed.tell(replace(A, status=AgentStatus.TERMINATED), replace(B, status=AgentStatus.TERMINATED))
        await wait_for("down", lambda: feed.verbs()[-1] == "down")
        await wait_for("exit", lambda: app.return_value == 0)


async def test_stopping_can_be_left_early() -> None:
    async with screen_on(A) as (app, feed, pilot):
        await pilot.press("q", "s", "escape")
        await wait_for("back", lambda: on_fleet(app))
        await pilot.press("q", "s", "d")
        await wait_for("exit", lambda: app.return_value == 0)
        assert "down" not in feed.verbs()


async def test_with_nothing_running_the_question_is_a_short_one() -> None:
    async with screen_on(DONE) as (app, _feed, pilot):
        await pilot.press("q")
        assert "No agent is running" in text_of(app)
        await pilot.press("enter")
        await wait_for("exit", lambda: app.return_value == 0)
