"""The table as a person sees and uses it."""

from dataclasses import replace

from textual import events
from textual.geometry import Region

from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.agent_table import AgentTable
from tests.app.fake_feed import NOW, agent
from tests.waiting import wait_for
from tests.widgets.host import Host, shown


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Noted(Host):
    """Notes which agent was selected, and what was opened."""

    def __init__(self, widget: AgentTable, count: int = 3) -> None:
        super().__init__(widget)
        self.table = widget
        self.agents = [agent(f"agent-{n}") for n in range(count)]
        self.selected: list[str | None] = []
        self.opened = self.marked = 0
        self.painted: list[Region] = []

    def on_mount(self) -> None:
        super().on_mount()
        self.table.show_all(self.agents)
        self.table.focus()

    def on_agent_table_selected(self, event: AgentTable.Selected) -> None:
        self.selected.append(event.agent.name if event.agent else None)

    def on_agent_table_opened(self) -> None:
        self.opened += 1

    def on_agent_table_marks_changed(self) -> None:
        self.marked += 1


def noted(count: int = 3) -> Noted:
    return Noted(AgentTable(clock=Clock()), count)


async def test_rows_show_symbol_word_and_facts() -> None:
    app = noted()
    async with app.run_test(size=(130, 10)) as pilot:
        await pilot.pause()
        title, first, *_ = shown(app.table)
        assert title.split() == [
            "name",
            "status",
            "activity",
            "backend",
            "pid",
            "cpu",
            "mem",
            "uptime",
            "restarts",
            "output",
        ]
        assert first.split() == [
            "agent-0",
            "●",
            "running",
            "command",
            "4711",
            "1.5%",
            "24M",
            "1m15s",
            "–",
            "3s",
        ]


async def test_the_cursor_stays_on_its_agent_while_rows_come_and_go() -> None:
    app = noted()
    async with app.run_test(size=(100, 10)) as pilot:
        await pilot.press("down", "down")
        app.table.show_all([agent("new"), *app.agents])
        assert app.table.selected is not None and app.table.selected.name == "agent-2"
        app.table.show_changes([], ["id-agent-2"])
        assert app.table.selected is not None and app.table.selected.name == "agent-1"


async def test_keys_move_and_messages_tell_where_to() -> None:
    app = noted(50)
    async with app.run_test(size=(100, 11)) as pilot:
        for key, name in (("j", "agent-1"), ("end", "agent-49"), ("up", "agent-48"), ("pageup", "agent-39"),
                          ("home", "agent-0"), ("up", "agent-0"), ("pagedown", "agent-9")):  # fmt: skip
            await pilot.press(key)
            assert app.table.selected is not None and app.table.selected.name == name, key
        await pilot.press("enter")
        await wait_for("opened", lambda: app.opened == 1)
        assert app.selected[-1] == "agent-9"


async def test_marks_are_what_actions_go_to() -> None:
    app = noted()
    async with app.run_test(size=(100, 10)) as pilot:
        assert [info.name for info in app.table.targets] == ["agent-0"]
        app.table.toggle_mark()
        app.table.toggle_mark()
        assert [info.name for info in app.table.targets] == ["agent-0", "agent-1"]
        assert shown(app.table)[1].startswith(" • agent-0")
        app.table.clear_marks()
        await wait_for("told", lambda: app.marked == 3)
        await pilot.pause()


async def test_a_click_selects_the_margin_marks_a_double_click_opens() -> None:
    app = noted()
    async with app.run_test(size=(100, 10)) as pilot:
        await pilot.click(AgentTable, offset=(10, 3))
        assert app.table.selected is not None and app.table.selected.name == "agent-2"
        await pilot.click(AgentTable, offset=(1, 2))
        assert [info.name for info in app.table.targets] == ["agent-1"]
        await pilot.click(AgentTable, offset=(10, 2), times=2)
        await wait_for("opened", lambda: app.opened == 1)


async def test_the_wheel_and_the_bar_scroll_without_moving_the_cursor() -> None:
    app = noted(100)
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot._post_mouse_events([events.MouseScrollDown], AgentTable, (5, 5))
        assert shown(app.table)[1].strip().startswith("agent-3")
        await pilot.click(AgentTable, offset=(59, 10))
        assert shown(app.table)[-1].strip().startswith("agent-99")
        assert app.table.selected is not None and app.table.selected.name == "agent-0"


async def test_only_a_changed_row_is_painted_again() -> None:
    app = noted(20)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        painted: list[Region] = []
        refresh = app.table.refresh

        def noting(*regions: Region, **how: bool) -> AgentTable:
            painted.extend(regions)
            return refresh(*regions, **how)

        app.table.refresh = noting  # type: ignore[method-assign]
        app.table.show_changes([replace(app.agents[7], status=AgentStatus.PAUSED)])
        assert painted == [Region(0, 8, 100, 1)]
        assert "‖ paused" in shown(app.table)[8]


async def test_ages_tick_for_rows_in_view_only() -> None:
    clock = Clock()
    app = Noted(AgentTable(clock=clock), 1000)
    async with app.run_test(size=(120, 12)) as pilot:
        await pilot.pause()
        painted: list[Region] = []
        app.table.refresh_row = lambda y: painted.append(Region(0, y, 1, 1))  # type: ignore[method-assign]
        clock.now += 2
        app.table._tick()
        assert len(painted) == 11
        assert "1m17s" in shown(app.table)[1]


async def test_the_filter_says_when_nothing_matches() -> None:
    app = noted()
    async with app.run_test(size=(80, 10)):
        app.table.show_only("nothing like it")
        assert any("No agent matches" in row for row in shown(app.table))
        assert app.table.selected is None
        app.table.show_only("")
        assert app.table.selected is not None


async def test_an_empty_fleet_says_what_to_do() -> None:
    app = noted(0)
    async with app.run_test(size=(80, 10)):
        assert any("Press n to start one" in row for row in shown(app.table))


async def test_thousands_of_rows_are_laid_out_only_in_view() -> None:
    app = noted(5000)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("end")
        assert len(app.table._painter._painted) < 100
        assert "agent-4999" in shown(app.table)[-1]
