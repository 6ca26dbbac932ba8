"""Where a reader stands in a log that grows."""

from pathlib import Path

from descartes_tui.runner.logs.window import LogLine, LogWindow
from descartes_tui.widgets.log_view import HEAD, LogView
from tests.app.fake_feed import write_log


def lines(first: int, last: int) -> bytes:
    return b"".join(b"line %d\n" % n for n in range(first, last + 1))


def view_of(path: Path, height: int = 5, rows: int = 1) -> LogView:
    view = LogView(LogWindow(path), lambda _line: rows)
    view.height = height
    return view


def texts(view: LogView) -> list[str]:
    return [row.line.raw.decode() for row in view.rows()]


def grow(view: LogView, path: Path, first: int, last: int, stream: str = "stdout") -> None:
    write_log(path, (stream, lines(first, last)))
    view.window.refresh()


def test_following_shows_the_newest_lines(tmp_path: Path) -> None:
    path = write_log(tmp_path / "log", ("stdout", lines(1, 100)))
    view = view_of(path)
    assert texts(view) == [f"line {n}" for n in range(96, 101)]
    grow(view, path, 101, 102)
    assert texts(view)[-1] == "line 102"


def test_scrolling_up_stays_at_its_line_while_the_log_grows(tmp_path: Path) -> None:
    path = write_log(tmp_path / "log", ("stdout", lines(1, 100)))
    view = view_of(path)
    assert view.scroll(-10)
    before = texts(view)
    grow(view, path, 101, 500)
    assert texts(view) == before == [f"line {n}" for n in range(86, 91)]
    assert not view.following


def test_new_lines_are_counted_once_following_was_left(tmp_path: Path) -> None:
    path = write_log(tmp_path / "log", ("stdout", lines(1, 100)))
    view = view_of(path)
    view.scroll(-1)
    assert view.new_lines() == 0
    grow(view, path, 101, 142)
    while view.window.index_some():
        pass
    assert view.new_lines() == 42


def test_scrolling_ends_at_the_first_line_and_at_the_last_page(tmp_path: Path) -> None:
    view = view_of(write_log(tmp_path / "log", ("stdout", lines(1, 30))))
    assert view.scroll(-1000)
    assert view.top == HEAD
    assert texts(view) == [f"line {n}" for n in range(1, 5)]
    assert not view.scroll(-1)
    assert view.scroll(1)
    assert texts(view) == [f"line {n}" for n in range(1, 6)]
    assert view.scroll(1000)
    assert texts(view) == [f"line {n}" for n in range(26, 31)]
    assert not view.scroll(3)


def test_a_log_shorter_than_the_view_cannot_be_scrolled(tmp_path: Path) -> None:
    view = view_of(write_log(tmp_path / "log", ("stdout", lines(1, 3))))
    assert not view.scroll(-3)
    assert view.following


def test_an_empty_or_missing_log_is_no_trouble(tmp_path: Path) -> None:
    view = view_of(tmp_path / "nothing")
    assert view.rows() == []
    assert not view.scroll(-1)
    assert not view.scroll(1)
    view.to_fraction(0.5)
    view.to_start()
    assert view.rows() == []


def test_wrapped_lines_scroll_row_by_row(tmp_path: Path) -> None:
    view = view_of(write_log(tmp_path / "log", ("stdout", lines(1, 10))), height=4, rows=3)
    assert [(row.line.raw, row.row) for row in view.rows()] == [
        (b"line 9", 2), (b"line 10", 0), (b"line 10", 1), (b"line 10", 2)
    ]  # fmt: skip
    view.scroll(-1)
    assert view.rows()[0].place.row == 1
    view.scroll(1)
    assert view.rows()[0].place.row == 2


def test_one_stream_alone(tmp_path: Path) -> None:
    path = write_log(
        tmp_path / "log", ("stdout", lines(1, 5)), ("stderr", b"oops\n"), ("stdout", lines(6, 9))
    )
    view = view_of(path)
    view.stream = "stderr"
    assert texts(view) == ["oops"]
    view.stream = "stdout"
    assert texts(view) == [f"line {n}" for n in range(5, 10)]


def test_any_part_of_a_large_log_is_shown_by_reading_little(tmp_path: Path) -> None:
    path = write_log(tmp_path / "log", ("stdout", lines(1, 300_000)))
    asked: list[LogLine] = []
    view = LogView(LogWindow(path), lambda line: asked.append(line) or 1)  # type: ignore[func-returns-value]
    view.height = 20
    view.rows()
    view.to_fraction(0.5)
    assert abs(int(texts(view)[0].split()[1]) - 150_000) < 10_000
    assert len(asked) < 200
