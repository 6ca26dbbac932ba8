"""Any size of terminal, any storm of keys, any text of an agent: no crash, nothing raw."""

import random
from pathlib import Path

import pytest

from descartes_tui.app.actions import ACTIONS
from descartes_tui.runner.model.status import AgentStatus
from tests.app.fake_feed import FakeFeed, agent, write_log
from tests.app.screens import on_fleet, screen_on, table_rows
from tests.widgets.host import controls_in, shown
from tests.widgets.test_hostile_text import HOSTILE

FLEET = [agent(f"agent-{status.value}", status) for status in AgentStatus]
SIZES = [(1, 1), (2, 3), (10, 3), (20, 6), (40, 10), (60, 15), (80, 24), (120, 40), (200, 60), (500, 200)]


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_every_size_shows_something_and_every_dialog_opens(size: tuple[int, int]) -> None:
    async with screen_on(*FLEET, size=size) as (app, feed, pilot):
        feed.answers["show"] = {"status": "running"}
        for key in (
            "n",
            "escape",
            "?",
            "escape",
            "q",
            "escape",
            "d",
            "escape",
            "ctrl+p",
            "escape",
            "slash",
            "escape",
        ):
            await pilot.press(key)
        assert app.is_running and on_fleet(app)


async def test_a_small_terminal_is_usable() -> None:
    async with screen_on(*FLEET, size=(60, 15)) as (app, _feed, _pilot):
        rows = table_rows(app)
        assert rows[0].split()[:2] == ["name", "status"] and "○ idle" in rows[1]
        assert app.fleet_screen.log_pane.size.height >= 5
        assert "? help" in shown(app.fleet_screen.keys)[0] and "q leave" in shown(app.fleet_screen.keys)[0]


async def test_a_storm_of_resizes(tmp_path: Path) -> None:
    log = str(write_log(tmp_path / "log", ("stdout", b"some line of text\n" * 500)))
    async with screen_on(*[agent(f"a{n}", log_path=log) for n in range(30)]) as (app, _feed, pilot):
        dice = random.Random(7)
        for _ in range(60):
            await pilot.resize_terminal(dice.randint(1, 220), dice.randint(1, 70))
        await pilot.resize_terminal(100, 30)
        assert "a0" in table_rows(app)[1]


async def test_random_keys_never_act_without_confirmation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    keys = [
        action.key
        for action in ACTIONS
        if action.id not in ("start", "terminate", "restart", "pause", "resume")
    ]
    keys += [
        "up",
        "down",
        "pageup",
        "pagedown",
        "home",
        "end",
        "tab",
        "escape",
        "enter",
        "left",
        "right",
        "x",
        "5",
    ]
    feed = FakeFeed(*FLEET)
    feed.answers |= {"show": {}, "spawn": {"id": "x"}}
    async with screen_on(*FLEET, feed=feed) as (app, _feed, pilot):
        dice = random.Random(11)
        for _ in range(250):
            key = dice.choice(keys)
            if key != "q":
                await pilot.press(key)
        assert app.is_running and app.return_value is None
        assert "down" not in feed.verbs() and "stop" not in feed.verbs()


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_reaches_no_part_of_the_screen_raw(tmp_path: Path, text: str) -> None:
    log = str(write_log(tmp_path / "log", ("stdout", text.encode("utf-8", "surrogatepass") + b"\n")))
    info = agent("a", reason=text, activity=text, backend=text, command_line=text, log_path=log)
    async with screen_on(info) as (app, feed, pilot):
        feed.answers["show"] = {
            "config": {"task": text, text: text},
            "why": {"cause": text},
            "family": [{"pid": 1, "cmdline": text, "status": "S"}],
            "reason": text,
        }
        feed.events = [{"at": text, "kind": text, text: text}]
        feed.answers["pause"] = [{"agent": text, "ok": False, "code": text, "message": text}]
        for keys in ((), ("d",), ("escape", "p"), ("k",), ("escape", "q")):
            await pilot.press(*keys)
            await pilot.pause()
            assert controls_in(app.screen._compositor.render_strips()) == [], keys


async def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with screen_on(*FLEET) as (app, _feed, _pilot):
        for strip in app.screen._compositor.render_strips():
            for segment in strip:
                for color in (segment.style and segment.style.color, segment.style and segment.style.bgcolor):
                    assert not color or color.is_default
