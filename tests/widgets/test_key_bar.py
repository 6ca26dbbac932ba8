"""The line of keys: what is dropped, what is greyed, what a click does."""

from descartes_tui.widgets.key_bar import KeyBar, KeyHint
from tests.waiting import wait_for
from tests.widgets.host import Host, shown, strips

HINTS = (
    KeyHint("start", "s", "start", enabled=False, weight=2),
    KeyHint("mark", "space", "mark", weight=9),
    KeyHint("help", "?", "help", weight=1),
)


class Pressed(Host):
    """Notes what was clicked."""

    def __init__(self, bar: KeyBar) -> None:
        super().__init__(bar)
        self.pressed: list[str] = []

    def on_key_bar_pressed(self, event: KeyBar.Pressed) -> None:
        self.pressed.append(event.action)


async def test_all_keys_where_there_is_room() -> None:
    bar = KeyBar()
    async with Host(bar).run_test(size=(60, 3)):
        bar.show_hints(HINTS)
        assert shown(bar) == [" s start  space mark  ? help"]


async def test_the_heaviest_goes_first_where_room_is_short() -> None:
    bar = KeyBar()
    async with Host(bar).run_test(size=(20, 3)) as pilot:
        bar.show_hints(HINTS)
        assert shown(bar) == [" s start  ? help"]
        await pilot.resize_terminal(9, 3)
        assert shown(bar) == [" ? help"]


async def test_a_key_that_means_nothing_now_is_grey() -> None:
    bar = KeyBar()
    async with Host(bar).run_test(size=(60, 3)):
        bar.show_hints(HINTS)
        off, on = (
            next(segment for segment in strips(bar)[0] if title in segment.text)
            for title in ("start", "mark")
        )
        assert off.style is not None and on.style is not None
        assert off.style.color != on.style.color


async def test_a_click_presses_the_key_unless_it_is_grey() -> None:
    bar = KeyBar()
    app = Pressed(bar)
    async with app.run_test(size=(60, 3)) as pilot:
        bar.show_hints(HINTS)
        await pilot.click(KeyBar, offset=(2, 0))
        await pilot.click(KeyBar, offset=(12, 0))
        await pilot.click(KeyBar, offset=(25, 0))
        await wait_for("pressed", lambda: app.pressed == ["mark", "help"])
