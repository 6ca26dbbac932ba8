"""The screen follows the fleet: pictures, news, and the supervisor's absence."""

from collections.abc import AsyncIterator
from dataclasses import replace

from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.runner.wire.updates import Disconnected, Update
from tests.app.fake_feed import FakeFeed, agent
from tests.app.screens import screen_on, table_rows, toasts
from tests.waiting import wait_for
from tests.widgets.host import shown

A, B = agent("a"), agent("b")


async def test_news_change_the_row_the_counts_and_the_log() -> None:
    async with screen_on(A, B) as (app, feed, _pilot):
        feed.tell(replace(B, status=AgentStatus.FAILED, reason="exit code 2"))
        await wait_for("row", lambda: "✗ failed" in table_rows(app)[2])
        assert "● 1 running  ✗ 1 failed" in shown(app.fleet_screen.header)[0]


async def test_agents_come_and_go() -> None:
    async with screen_on(A) as (app, feed, _pilot):
        feed.tell(B)
        await wait_for("b", lambda: len(app.fleet_screen.agents) == 2)
        feed.tell(removed=("id-a",))
        await wait_for("only b", lambda: [info.name for info in app.fleet_screen.agents] == ["b"])
        assert app.fleet_screen.table.selected == B


async def test_a_lost_supervisor_is_said_and_the_selection_is_kept() -> None:
    async with screen_on(A, B) as (app, feed, pilot):
        await pilot.press("down")
        feed.lose()
        await wait_for("banner", lambda: "reconnecting …" in shown(app.fleet_screen.header)[0])
        feed.picture(A, replace(B, restarts=1))
        await wait_for("back", lambda: "reconnecting" not in shown(app.fleet_screen.header)[0])
        assert app.fleet_screen.table.selected is not None and app.fleet_screen.table.selected.restarts == 1


async def test_a_feed_that_breaks_is_told() -> None:
    class Broken(FakeFeed):
        async def watch(self) -> AsyncIterator[Update]:
            for word in ("no luck",):
                raise RuntimeError(f"[b]{word}")
            yield Disconnected("")

    async with screen_on(feed=Broken()) as (app, _feed, _pilot):
        await wait_for("toast", lambda: any("no luck" in text for text in toasts(app)))


async def test_a_new_agent_is_gone_to_when_it_is_known() -> None:
    async with screen_on(A) as (app, feed, _pilot):
        app.fleet_screen.go_to("id-b")
        feed.tell(B)
        await wait_for("b selected", lambda: app.fleet_screen.table.selected == B)
