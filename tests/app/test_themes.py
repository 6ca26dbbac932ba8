"""Themes are files: complete, legible, tried on in the palette, remembered, and never a reason not to start."""

from pathlib import Path

import pytest
from textual.color import Color
from textual.widgets import OptionList

from descartes_tui.app.settings import read_settings, remember_theme
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.themes.loader import BUILT_IN, BadTheme, load_themes, read_theme
from tests.app.fake_feed import agent, write_log
from tests.app.screens import screen_on, toasts, type_text
from tests.waiting import wait_for
from tests.widgets.host import shown, strips

FILES = sorted(BUILT_IN.glob("*.yaml"))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2."""

    def luminance(color: str) -> float:
        parts = [part / 255 for part in Color.parse(color).rgb]
        red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_there_is_one_for_every_need() -> None:
    loaded = load_themes()
    assert set(loaded.themes) >= {"dark", "light", "high-contrast", "nord", "colour-blind"}
    assert loaded.problems == () and not loaded.themes["light"].dark


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_text_can_be_read_on_every_ground(path: Path) -> None:
    theme = read_theme(path)
    texts = [value for key, value in theme.variables.items() if key.startswith(("status-", "log-"))]
    named = (theme.variables["muted"], theme.foreground, theme.primary, theme.error, theme.warning)
    texts += [str(color) for color in named]
    for ground in (theme.background, theme.surface):
        assert min(contrast(str(text), str(ground)) for text in texts) >= (
            7.0 if "high" in path.stem else 4.4
        )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_status_has_a_colour_and_those_that_matter_differ(path: Path) -> None:
    variables = read_theme(path).variables
    colors = {status: variables[f"status-{status.value}"] for status in AgentStatus}
    main = (AgentStatus.RUNNING, AgentStatus.PAUSED, AgentStatus.FAILED, AgentStatus.BACKOFF)
    assert len({colors[status] for status in main}) == len(main)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[1, 2]", "expected keys and values"),
        ("colors: {primary: red", "no YAML"),
        ("hue: 3", "unknown key 'hue'"),
        ("dark: maybe", "dark: expected true or false"),
        ("name: '[b]'", "name: expected letters"),
        ("colors: {primary: nosuchcolour}", "colors.primary: 'nosuchcolour' is no colour"),
        ("colors: {prymary: red}", "colors.prymary: unknown; expected one of primary"),
        ("colors: {primary: red}", "colors.secondary is missing"),
        ("!!python/object:os.system {}", "no YAML"),
        ("x: " + "y" * 70_000, "larger than 64 KiB"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(BadTheme) as refusal:
        read_theme(path)
    assert (
        complaint in str(refusal.value) and "\n" not in str(refusal.value) and str(path) in str(refusal.value)
    )


async def test_a_theme_of_the_person_is_offered_and_a_broken_one_is_one_toast(tmp_path: Path) -> None:
    (tmp_path / "themes").mkdir()
    own = (BUILT_IN / "nord.yaml").read_text().replace("name: nord", "name: mine")
    (tmp_path / "themes" / "mine.yaml").write_text(own)
    (tmp_path / "themes" / "broken.yaml").write_text("colors: 3")
    (tmp_path / "config.yaml").write_text("theme: mine\n")
    async with screen_on(agent("a"), settings=tmp_path) as (app, _feed, _pilot):
        assert app.theme == "mine"
        assert len(toasts(app)) == 1 and "broken.yaml" in toasts(app)[0]


@pytest.mark.parametrize("text", ["theme: [", "theme: 3", "- a", "theme: nosuch", "\x00\xff", ""])
async def test_broken_settings_never_prevent_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_bytes(text.encode("latin-1"))
    async with screen_on(agent("a"), settings=tmp_path) as (app, _feed, _pilot):
        assert app.theme == "dark"
        assert len(toasts(app)) == (1 if text else 0)


async def test_the_palette_tries_a_theme_on_and_escape_takes_it_off(tmp_path: Path) -> None:
    async with screen_on(agent("a"), settings=tmp_path) as (app, _feed, pilot):
        await pilot.press("ctrl+p")
        await type_text(pilot, "theme light")
        await wait_for("preview", lambda: app.theme == "light")
        await pilot.press("escape")
        await wait_for("taken off", lambda: app.theme == "dark")
        assert not (tmp_path / "config.yaml").exists()


async def test_a_chosen_theme_is_remembered(tmp_path: Path) -> None:
    async with screen_on(agent("a"), settings=tmp_path) as (app, _feed, pilot):
        await pilot.press("ctrl+p")
        await type_text(pilot, "theme nord")
        await wait_for("preview", lambda: app.theme == "nord")
        await pilot.press("enter")
        await wait_for("remembered", lambda: read_settings(tmp_path).theme == "nord")
        assert app.theme == "nord"


async def test_the_palette_does_what_keys_do_and_finds_agents() -> None:
    async with screen_on(agent("first"), agent("second")) as (app, _feed, pilot):
        await pilot.press("ctrl+p")
        await type_text(pilot, "go to second")
        hits = app.screen.query_one(OptionList)
        await wait_for(
            "hit", lambda: hits.highlighted_option and "second" in str(hits.highlighted_option.prompt)
        )
        await pilot.press("enter")
        await wait_for("second", lambda: getattr(app.fleet_screen.table.selected, "name", "") == "second")


def test_remembering_keeps_every_other_line(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("# mine\nkeymap: vim\ntheme: dark  # old\nlayout: wide")
    remember_theme(tmp_path, "it's mine")
    assert path.read_text() == "# mine\nkeymap: vim\ntheme: 'it''s mine'\nlayout: wide"
    assert read_settings(tmp_path).theme == "it's mine"
    path.write_text("keymap: vim")
    remember_theme(tmp_path, "nord")
    assert path.read_text() == "keymap: vim\ntheme: nord\n"
    assert [file.name for file in tmp_path.iterdir()] == ["config.yaml"]


def test_broken_settings_are_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("theme: [")
    with pytest.raises(ValueError, match="left as it is"):
        remember_theme(tmp_path, "nord")
    assert path.read_text() == "theme: ["


async def test_a_change_of_theme_paints_every_line_of_the_log_again(tmp_path: Path) -> None:
    log = str(write_log(tmp_path / "log", ("stdout", b"plain text\n" * 100)))
    async with screen_on(agent("a", log_path=log), settings=tmp_path) as (app, _feed, _pilot):
        pane = app.fleet_screen.log_pane
        await wait_for("log", lambda: "plain text" in shown(pane)[-1])
        app.theme = "light"
        surface = Color.parse(str(app.themes["light"].surface)).rgb

        def grounds() -> set[object]:
            styles = [segment.style for strip in strips(pane)[1:] for segment in strip]
            return {
                style.bgcolor.triplet for style in styles if style is not None and style.bgcolor is not None
            }

        await wait_for("one ground in every line", lambda: grounds() == {surface})
