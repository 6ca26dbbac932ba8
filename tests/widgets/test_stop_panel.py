"""The strip of stops: hidden while nothing stops, who is still there, keys that can be clicked."""

import pytest

from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.key_bar import KeyHint
from descartes_tui.widgets.stop_panel import StopPanel
from tests.app.fake_feed import NOW, agent
from tests.waiting import wait_for
from tests.widgets.host import Host, controls_in, shown, strips

HINTS = (KeyHint("force", "K", "force", enabled=False), KeyHint("force_all", "F", "force all"))


def stopping(name: str, reason: str = "TERM sent to 2 processes, KILL in 5s") -> AgentInfo:
    return agent(name, AgentStatus.STOPPING, reason=reason, next_at=NOW + 4)


class Clock:
    """Time that passes when the test says so."""

    now = NOW

    def __call__(self) -> float:
        return self.now


async def test_it_is_there_only_while_something_stops() -> None:
    panel = StopPanel(clock=lambda: NOW)
    async with Host(panel).run_test(size=(70, 8)) as pilot:
        assert not panel.display and panel.rows == 0
        panel.show([stopping("web")], (), HINTS, ended=2)
        await pilot.pause()
        assert shown(panel)[0] == " ◑ stopping 1, 2 down   K force  F force all"
        row = shown(panel)[1]
        assert row.startswith("   web  TERM sent to 2 processes ") and row.endswith("KILL in 4s")
        panel.show([], (), HINTS)
        assert not panel.display


async def test_the_countdown_goes_on_by_itself() -> None:
    clock = Clock()
    panel = StopPanel(clock=clock)
    async with Host(panel).run_test(size=(70, 8)) as pilot:
        panel.show([stopping("web")], (), HINTS)
        await pilot.pause()
        clock.now = NOW + 2
        await wait_for("countdown", lambda: shown(panel)[1].endswith("KILL in 2s"))


async def test_what_does_not_die_comes_first_then_what_is_chosen_and_the_rest_is_counted() -> None:
    panel = StopPanel(most_rows=3, clock=lambda: NOW)
    fleet = [stopping(f"a{n}") for n in range(9)]
    fleet.append(stopping("stuck", "KILL sent, 1 still there: dd (pid 7, D)"))
    async with Host(panel).run_test(size=(80, 8)) as pilot:
        panel.show(fleet, {"id-a7"}, HINTS)
        await pilot.pause()
        rows = shown(panel)
        assert "stuck" in rows[1] and "1 still there: dd (pid 7, D)" in rows[1]
        assert rows[2].startswith(" ▸ a7") and rows[3] == "   and 8 more"


@pytest.mark.parametrize("width", [1, 5, 12, 30, 80, 200])
async def test_any_width_and_any_text(width: int) -> None:
    panel = StopPanel(clock=lambda: NOW)
    async with Host(panel).run_test(size=(width, 5)) as pilot:
        panel.show([stopping("n" * 63, "\x1b[2J\n, KILL in 5s"), stopping("漢字", "漢字" * 80)], (), HINTS)
        await pilot.pause()
        assert all(strip.cell_length == width for strip in strips(panel)) and not controls_in(strips(panel))


async def test_clicks_force_and_choose_but_not_where_it_is_grey() -> None:
    class Clicked(Host):
        heard: list[str] = []  # noqa: RUF012 - one application in one test

        def on_stop_panel_pressed(self, event: StopPanel.Pressed) -> None:
            self.heard.append(event.action)

        def on_stop_panel_clicked(self, event: StopPanel.Clicked) -> None:
            self.heard.append(event.agent_id)

    panel = StopPanel(clock=lambda: NOW)
    app = Clicked(panel)
    async with app.run_test(size=(70, 8)) as pilot:
        panel.show([stopping("web"), stopping("db")], (), HINTS)
        await pilot.pause()
        for offset in ((18, 0), (27, 0), (6, 2)):
            await pilot.click(StopPanel, offset=offset)
        await wait_for("heard", lambda: app.heard == ["force_all", "id-db"])
