"""Every key does what the help says, and asks the fleet for exactly the right thing."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from descartes_tui.app.details import DetailsScreen
from descartes_tui.app.dialog import Dialog
from descartes_tui.app.help import HelpScreen
from descartes_tui.app.spawn_form import SpawnForm
from descartes_tui.runner.model.errors import ExecutionError
from descartes_tui.runner.model.status import AgentStatus
from tests.app.fake_feed import agent, write_log
from tests.app.screens import on_fleet, screen_on, table_rows, toasts, top, type_text
from tests.waiting import wait_for
from tests.widgets.host import shown

RUNNING, IDLE = agent("runner"), agent("idler", AgentStatus.IDLE)


@pytest.mark.parametrize(
    ("key", "status", "call"),
    [
        ("s", AgentStatus.IDLE, ("start", {"agents": ["id-a"]})),
        ("p", AgentStatus.RUNNING, ("pause", {"agents": ["id-a"]})),
        ("r", AgentStatus.PAUSED, ("resume", {"agents": ["id-a"]})),
        ("t", AgentStatus.RUNNING, ("stop", {"agents": ["id-a"], "wait": False})),
        ("R", AgentStatus.FAILED, ("restart", {"agents": ["id-a"]})),
    ],
)
async def test_a_key_asks_the_fleet(key: str, status: AgentStatus, call: tuple[str, object]) -> None:
    async with screen_on(agent("a", status)) as (app, feed, pilot):
        await pilot.press(key)
        await wait_for("call", lambda: feed.calls == [call])
        assert toasts(app) == []


@pytest.mark.parametrize(
    ("key", "status"),
    [("s", AgentStatus.RUNNING), ("p", AgentStatus.IDLE), ("r", AgentStatus.FAILED), ("t", AgentStatus.COMPLETED),
     ("k", AgentStatus.IDLE), ("i", AgentStatus.COMPLETED)],
)  # fmt: skip
async def test_a_grey_key_does_nothing(key: str, status: AgentStatus) -> None:
    async with screen_on(agent("a", status)) as (app, feed, pilot):
        await pilot.press(key)
        await pilot.pause()
        assert feed.calls == [] and on_fleet(app) and not app.fleet_screen.line.display


async def test_kill_asks_and_only_yes_kills() -> None:
    async with screen_on(RUNNING) as (app, feed, pilot):
        await pilot.press("k")
        assert isinstance(top(app), Dialog)
        await pilot.press("x", "p", "escape")
        assert on_fleet(app) and feed.calls == []
        await pilot.press("k", "y")
        await wait_for("kill", lambda: feed.calls == [("kill", {"agents": ["id-runner"], "wait": False})])


async def test_marked_agents_are_acted_on_and_the_unable_are_named() -> None:
    async with screen_on(RUNNING, IDLE, agent("third")) as (app, feed, pilot):
        await pilot.press("*", "p")
        await wait_for("call", lambda: feed.calls == [("pause", {"agents": ["id-runner", "id-third"]})])
        await wait_for("toast", lambda: any("idler (idle)" in text for text in toasts(app)))
        await pilot.press("escape")
        assert not app.fleet_screen.table.rows.marked


async def test_a_refusal_is_told_with_the_agent_and_what_to_do() -> None:
    async with screen_on(RUNNING) as (app, feed, pilot):
        feed.answers["pause"] = [
            {"agent": "runner", "ok": False, "code": "refused", "message": "it is \x1b[2J[b]stopping[/b]"}
        ]
        await pilot.press("p")
        await wait_for("toast", lambda: toasts(app))
        assert "Could not pause runner: it is ␛[b]stopping[/b]. Press d" in toasts(app)[0]


async def test_a_call_that_fails_is_told_and_the_screen_lives_on() -> None:
    async with screen_on(RUNNING) as (app, feed, pilot):
        feed.answers["stop"] = ExecutionError("runner", "no supervisor")
        await pilot.press("t")
        await wait_for(
            "toast", lambda: any("Could not terminate runner: no supervisor." in t for t in toasts(app))
        )
        await pilot.press("down", "p")
        await wait_for("next call", lambda: feed.verbs() == ["stop", "pause"])


async def test_input_sends_lines_until_escape() -> None:
    async with screen_on(RUNNING) as (app, feed, pilot):
        await pilot.press("i")
        await type_text(pilot, "yes qk")
        await pilot.press("enter")
        await wait_for("sent", lambda: feed.verbs() == ["send"])
        assert base64.b64decode(feed.calls[0][1]["data"]) == b"yes qk\n"
        assert feed.calls[0][1]["agent"] == "id-runner"
        await pilot.press("enter")
        await wait_for("empty line", lambda: len(feed.calls) == 2)
        await pilot.press("escape")
        assert not app.fleet_screen.line.display and app.fleet_screen.table.has_focus


async def test_input_for_an_agent_without_stdin_says_how_to_get_one() -> None:
    async with screen_on(replace(RUNNING, takes_input=False)) as (app, _feed, pilot):
        await pilot.press("i")
        assert "`stdin: pipe`" in toasts(app)[0] and not app.fleet_screen.line.display


async def test_the_filter_narrows_while_typing_and_escape_shows_all() -> None:
    async with screen_on(RUNNING, IDLE) as (app, _feed, pilot):
        await pilot.press("slash")
        await type_text(pilot, "idle")
        await wait_for("one row", lambda: app.fleet_screen.table.rows.shown == ["id-idler"])
        await pilot.press("enter")
        assert app.fleet_screen.table.has_focus
        assert app.fleet_screen.table.selected is not None and app.fleet_screen.table.selected.name == "idler"
        await pilot.press("escape")
        assert len(app.fleet_screen.table.rows.shown) == 2


async def test_the_keys_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    log = write_log(tmp_path / "1/log", ("stdout", b"fine\n"), ("stderr", b"oops \x1b[31mred\x1b[0m\n"))
    async with screen_on(replace(RUNNING, log_path=str(log))) as (app, _feed, pilot):
        pane = app.fleet_screen.log_pane
        await wait_for("log", lambda: any("oops" in row for row in shown(pane)))
        await pilot.press("f", "w", "T", "o")
        title = shown(pane)[0]
        assert "stdout" in title and "wrapped" in title and "times" in title and "not following" in title
        await pilot.press("o", "o", "y")
        assert app.clipboard == "fine\noops red"
        await pilot.press("x")
        await wait_for("saved", lambda: (tmp_path / "runner-run1.log").exists())
        assert (tmp_path / "runner-run1.log").read_bytes() == log.read_bytes()
        await pilot.press("x")
        await wait_for("saved again", lambda: (tmp_path / "runner-run1-2.log").exists())


async def test_zoom_and_focus(tmp_path: Path) -> None:
    async with screen_on(RUNNING) as (app, _feed, pilot):
        screen = app.fleet_screen
        await pilot.press("tab")
        assert screen.log_pane.has_focus
        await pilot.press("escape", "enter")
        assert screen.log_pane.has_focus
        await pilot.press("z")
        await wait_for("zoomed", lambda: not screen.table.display and screen.log_pane.size.height > 30)
        await pilot.press("tab", "z")
        await wait_for("both", lambda: screen.table.display and screen.table.has_focus)


async def test_details_help_and_form_open_and_close() -> None:
    async with screen_on(RUNNING) as (app, feed, pilot):
        feed.answers["show"] = {"status": "running", "why": {"cause": "because"}}
        for key, kind in (("d", DetailsScreen), ("?", HelpScreen), ("n", SpawnForm)):
            await pilot.press(key)
            assert isinstance(top(app), kind)
            await pilot.press("escape")
            assert on_fleet(app)


async def test_the_footer_is_greyed_by_the_same_table() -> None:
    async with screen_on(RUNNING) as (app, feed, _pilot):
        hints = {hint.action: hint.enabled for hint in app.fleet_screen.keys.hints}
        assert hints["pause"] and not hints["start"]
        feed.tell(replace(RUNNING, status=AgentStatus.COMPLETED))
        await wait_for("news", lambda: "✓ completed" in table_rows(app)[1])
        hints = {hint.action: hint.enabled for hint in app.fleet_screen.keys.hints}
        assert hints["start"] and not hints["pause"]


async def test_a_key_in_the_footer_can_be_clicked() -> None:
    async with screen_on(RUNNING, size=(170, 30)) as (app, _feed, pilot):
        text = shown(app.fleet_screen.keys)[0]
        await pilot.click("#keys", offset=(text.index("? help") + 1, 0))
        assert isinstance(top(app), HelpScreen)
