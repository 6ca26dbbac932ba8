"""Tables fit, statuses have a symbol and a word, and nothing in them steers a terminal."""

from descartes_tui.app.cli.output import clean
from descartes_tui.app.cli.render import (
    STATUS_STYLES,
    SYMBOLS,
    age,
    columns_of,
    cut,
    ending,
    fitting,
    percent,
    status_text,
    table,
)
from descartes_tui.runner.model.status import AgentStatus


def test_every_status_has_a_symbol_and_a_colour() -> None:
    assert {status.value for status in AgentStatus} == set(SYMBOLS) == set(STATUS_STYLES)
    assert status_text("running") == "● running"


def test_columns_are_aligned() -> None:
    lines = table(("NAME", "STATUS"), [("web", "● running"), ("worker-1", "✗ failed")], 80, colour=False)
    assert lines.splitlines() == ["NAME      STATUS", "web       ● running", "worker-1  ✗ failed"]


def test_lines_are_cut_to_the_width_with_a_mark() -> None:
    lines = table(("NAME", "WHY"), [("web", "a long story " * 20)], 30, colour=False).splitlines()
    assert max(map(columns_of, lines)) == 30
    assert lines[1].endswith("…")


def test_columns_that_matter_least_give_way_first() -> None:
    header, rows = ("NAME", "PID", "ID", "DOING"), [("web", "12345", "abcdef01", "waiting for db")]
    assert fitting(header, rows, 100, expendable=("ID", "PID")) == (list(header), [list(rows[0])])
    assert fitting(header, rows, 30, expendable=("ID", "PID"))[0] == ["NAME", "PID", "DOING"]
    assert fitting(header, rows, 10, expendable=("ID", "PID"))[0] == ["NAME", "DOING"]


def test_wide_characters_count_twice() -> None:
    assert columns_of("日本") == 4
    assert cut("日本語", 5) == "日本…"


def test_only_the_status_is_coloured() -> None:
    line = table(("NAME", "STATUS"), [("web", "● running")], 80, colour=True).splitlines()[1]
    assert line == "web   \x1b[32m● running\x1b[0m"


def test_what_steers_a_terminal_is_made_visible() -> None:
    assert "\x1b" not in clean("a\x1b[2Jb\x07\x9bc\r\n")
    assert "\u202e" not in clean("abc\u202edef")
    assert clean("two\nlines") == "two lines"


def test_ages_and_endings_are_short() -> None:
    assert age("2026-01-01T00:00:00Z", "2026-01-01T02:07:09Z") == "2h07m"
    assert age(None) == "-"
    assert (ending(3, None), ending(None, 9), ending(None, None)) == ("exit 3", "SIGKILL", "")
    assert (percent(None), percent(0.25), percent(12.6)) == ("-", "0.2%", "13%")
