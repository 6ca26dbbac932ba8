"""Stops on the screen: whoever asked, they are shown while they last, can be forced, and are summed up."""

from typing import Any

import pytest

from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus, Verdict
from tests.app.fake_feed import NOW, FakeFeed, agent
from tests.app.screens import screen_on, toasts
from tests.waiting import wait_for
from tests.widgets.host import shown


def stopping(name: str) -> AgentInfo:
    return agent(name, AgentStatus.STOPPING, reason="TERM sent to 1 process, KILL in 5s", next_at=NOW + 5)


def ended(name: str, verdict: Verdict = Verdict.INTERRUPTED, **facts: Any) -> AgentInfo:
    return agent(name, AgentStatus.TERMINATED, verdict=verdict, **facts)


NAMES = tuple(f"a{n}" for n in range(7))
FLEET = tuple(agent(name) for name in NAMES)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
async def test_a_stop_asked_for_elsewhere_is_shown_and_summed_up(size: tuple[int, int]) -> None:
    feed = FakeFeed(*FLEET)
    feed.events = [
        {"seq": 3, "kind": "swept", "agent_id": "id-a1", "processes": [{"how": "kill"}, {"how": "kept"}]},
        {"seq": 4, "kind": "swept", "agent_id": "id-a2", "processes": [{"how": "term"}]},
        {"seq": 5, "kind": "swept", "agent_id": "id-elsewhere", "processes": [{"how": "term"}]},
    ]
    async with screen_on(*FLEET, feed=feed, size=size) as (app, _feed, pilot):
        panel = app.fleet_screen.stops
        log_height = app.fleet_screen.log_pane.size.height
        assert not panel.display
        feed.tell(*map(stopping, NAMES))
        await wait_for("panel", lambda: "stopping 7" in "".join(shown(panel)[:1]))
        await pilot.pause()
        assert "KILL in 5s" in shown(panel)[1]
        assert app.fleet_screen.log_pane.size.height >= 5
        feed.tell(ended("a0"), ended("a1", exit_signal=15), ended("a6", Verdict.KILLED_AFTER_GRACE))
        await wait_for("less", lambda: "stopping 4, 3 down" in "".join(shown(panel)[:1]))
        feed.tell(*map(ended, NAMES[2:5]), ended("a5", exit_signal=9))
        await wait_for(
            "sum", lambda: toasts(app) == ["5 stopped, 1 killed after grace, 1 killed, 2 leftovers swept"]
        )
        await pilot.pause()
        assert not panel.display and app.fleet_screen.log_pane.size.height == log_height
        assert ("events", {"since": 1, "follow": False}) in feed.calls


async def test_force_kills_the_selected_without_asking_and_force_all_kills_all() -> None:
    async with screen_on(*FLEET[:3]) as (app, feed, pilot):
        await pilot.press("K", "F")
        assert feed.calls == []
        feed.tell(stopping("a1"), stopping("a2"))
        await wait_for("panel", lambda: app.fleet_screen.stops.display)
        await pilot.press("K")  # the cursor is on one that runs
        assert feed.calls == []
        await pilot.press("down", "K")
        await wait_for("force", lambda: feed.calls == [("kill", {"agents": ["id-a1"], "wait": False})])
        await pilot.press("F")
        await wait_for(
            "all", lambda: feed.calls[1:] == [("kill", {"agents": ["id-a1", "id-a2"], "wait": False})]
        )
        assert app.screen is app.fleet_screen


async def test_a_click_on_the_panel_goes_to_the_agent() -> None:
    async with screen_on(*FLEET) as (app, feed, pilot):
        feed.tell(stopping("a5"))
        await wait_for("panel", lambda: app.fleet_screen.stops.display)
        await pilot.pause()
        await pilot.click("#stops", offset=(5, 1))
        await wait_for("cursor", lambda: getattr(app.fleet_screen.table.selected, "name", "") == "a5")
        assert shown(app.fleet_screen.stops)[1].startswith(" ▸ a5")


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        (ended("a0"), ["a0 stopped"]),
        (ended("a0", Verdict.KILLED_AFTER_GRACE, exit_signal=9), ["a0 killed after grace"]),
        (ended("a0", exit_signal=9), ["a0 killed"]),
        (agent("a0", AgentStatus.COMPLETED), []),  # by itself: nobody stopped it
        (agent("a0", AgentStatus.FAILED), []),
    ],
)
async def test_a_stop_faster_than_a_picture_is_told_as_well(after: AgentInfo, sentence: list[str]) -> None:
    async with screen_on(FLEET[0]) as (app, feed, pilot):
        feed.tell(after)
        status = after.status
        await wait_for("news", lambda: app.fleet_screen.agents[0].status is status)
        await wait_for("sum", lambda: toasts(app) == sentence)
        await pilot.pause()
        assert toasts(app) == sentence


async def test_a_restart_is_no_end() -> None:
    async with screen_on(FLEET[0]) as (app, feed, pilot):
        feed.tell(stopping("a0"))
        await wait_for("panel", lambda: app.fleet_screen.stops.display)
        feed.tell(FLEET[0])
        await wait_for("over", lambda: not app.fleet_screen.stops.display)
        await pilot.pause()
        assert toasts(app) == []


async def test_a_history_that_cannot_be_asked_costs_only_the_leftovers() -> None:
    class Mute(FakeFeed):
        def stream(self, verb: str, **args: Any) -> Any:
            raise ConnectionError("gone")

    feed = Mute(FLEET[0])
    async with screen_on(FLEET[0], feed=feed) as (app, _feed, _pilot):
        feed.tell(ended("a0"))
        await wait_for("sum", lambda: toasts(app) == ["a0 stopped"])
