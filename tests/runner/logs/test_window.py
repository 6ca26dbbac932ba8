"""A pane's window: whatever the log looks like, the same lines come from wherever one looks."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from descartes_tui.runner.logs import borders, line_numbers
from descartes_tui.runner.logs.sanitize import LINE_CAP, to_text
from descartes_tui.runner.logs.window import LogLine, LogWindow
from descartes_tui.runner.model.folders import INDEX
from tests.runner.logs.making import make_log, record

Pieces = Sequence[tuple[str, bytes]]


def plain_lines(pieces: Pieces) -> list[tuple[int, int, str, bool]]:
    """Say slowly what the lines are: (start, end, stream, continues)."""
    lines: list[tuple[int, int, str, bool]] = []
    offset, before, data_before, open_streams = 0, "", b"", set[str]()
    for stream, data in pieces:
        for position in range(len(data)):
            fresh = not lines or stream != before or data_before == b"\n"
            if fresh:
                lines.append((offset, offset, stream, stream in open_streams))
            lines[-1] = (lines[-1][0], offset + 1, stream, lines[-1][3])
            data_before, before = data[position : position + 1], stream
            (open_streams.discard if data_before == b"\n" else open_streams.add)(stream)
            offset += 1
    return lines


def shape(lines: Sequence[LogLine]) -> list[tuple[int, int, str, bool]]:
    return [(line.offset, line.end, line.stream, line.continues) for line in lines]


def random_pieces(rng: random.Random, count: int) -> list[tuple[str, bytes]]:
    return [
        (
            rng.choice(["stdout", "stdout", "stderr"]),
            bytes(rng.choices(b"ab\n", k=rng.choice([0, 1, 2, 5, 40]))),
        )
        for _ in range(rng.randrange(count))
    ]


@pytest.mark.parametrize("seed", range(150))
def test_lines_are_the_same_from_every_side(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    monkeypatch.setattr(line_numbers, "BLOCK", 16)
    pieces = random_pieces(rng, 40)
    expected = plain_lines(pieces)
    with LogWindow(make_log(tmp_path, pieces)) as window:
        while window.index_some(64):
            pass
        assert window.line_count() == len(expected)
        assert shape(window.tail(10_000)) == expected
        everything = window.lines_after(0, 10_000)
        assert shape(everything) == expected
        assert [line.number for line in everything] == list(range(1, len(expected) + 1))
        for stream in ("stdout", "stderr"):
            wanted = [line for line in expected if line[2] == stream]
            assert shape(window.tail(10_000, stream)) == wanted
            assert shape(window.lines_after(0, 3, stream)) == wanted[:3]
            assert shape(window.tail(3, stream)) == wanted[-3:]
        for number, (start, end, _, _) in enumerate(expected, 1):
            assert window.offset_of(number) == start
            assert window.number_at(start) == number
            assert shape(window.lines_before(start, 2)) == expected[max(number - 3, 0) : number - 1]
            for offset in (start, end - 1):
                assert shape(window.lines_after(offset, 2)) == expected[number - 1 : number + 1]
            assert shape(window.lines_before(end, 1)) == [expected[number - 1]]
            assert (end - start == 1) or shape(window.lines_before(end - 1, 1)) == expected[: number - 1][-1:]
        assert window.offset_of(len(expected) + 1) is None
        assert window.offset_of(0) is None


@pytest.mark.parametrize("seed", range(60))
def test_lines_without_end_are_cut_alike_from_every_side(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(borders, "SEGMENT", 32)
    monkeypatch.setattr(line_numbers, "BLOCK", 16)
    rng = random.Random(seed)
    pieces = [
        (rng.choice(["stdout", "stdout", "stderr"]), b"x" * rng.randrange(150) + b"\n" * rng.randrange(2))
        for _ in range(rng.randrange(1, 12))
    ]
    with LogWindow(make_log(tmp_path, pieces)) as window:
        while window.index_some(16):
            pass
        lines = window.lines_after(0, 1000)
        assert shape(window.tail(1000)) == shape(lines)
        assert window.line_count() == len(lines)
        assert b"".join(line.raw + b"\n" * (not line.partial) for line in lines) == b"".join(
            d for _, d in pieces
        )
        assert max((line.end - line.offset for line in lines), default=0) < 64
        for line in lines:
            assert window.offset_of(line.number or 0) == line.offset
            assert [window.line_at(offset) for offset in (line.offset, line.end - 1)] == [line, line]
            assert shape(window.lines_before(line.end, 1)) == shape([line])


def test_a_line_that_the_other_stream_cuts_is_marked(tmp_path: Path) -> None:
    path = make_log(tmp_path, [("stdout", b"half "), ("stderr", b"oops\n"), ("stdout", b"whole\nnext\n")])
    with LogWindow(path) as window:
        lines = window.tail(10)
    assert [(line.raw, line.stream, line.partial, line.continues) for line in lines] == [
        (b"half ", "stdout", True, False),
        (b"oops", "stderr", False, False),
        (b"whole", "stdout", False, True),
        (b"next", "stdout", False, False),
    ]
    assert [line.at for line in lines] == [1000.0, 1001.0, 1002.0, 1002.0]


def test_a_log_that_is_not_there_yet_is_empty_and_appears(tmp_path: Path) -> None:
    with LogWindow(tmp_path / "log") as window:
        assert (window.size, window.tail(5), window.line_at(0), window.line_count()) == (0, [], None, 0)
        assert not window.refresh()
        make_log(tmp_path, [("stderr", b"hello")])
        assert window.refresh()
        assert [(line.raw, line.stream, line.partial) for line in window.tail(5)] == [
            (b"hello", "stderr", True)
        ]


def test_a_prompt_grows_under_the_same_offset_and_number(tmp_path: Path) -> None:
    path = make_log(tmp_path, [("stdout", b"one\nName? ")])
    with LogWindow(path) as window:
        first = window.tail(1)[0]
        with path.open("ab") as log:
            log.write(b"Bob\n")
        assert window.refresh()
        second = window.tail(1)[0]
    assert (first.raw, first.partial, second.raw, second.partial) == (b"Name? ", True, b"Name? Bob", False)
    assert (first.offset, first.number) == (second.offset, second.number) == (4, 2)


def test_a_line_that_comes_byte_by_byte_never_breaks_the_screen(tmp_path: Path) -> None:
    path = make_log(tmp_path, [])
    written = "é→\x1b[1;31m世\x1b]8;;http://x\x07👩‍👧\x1b[0m\x9b7m\r\n".encode()
    with LogWindow(path) as window, path.open("ab", buffering=0) as log:
        for position in range(len(written)):
            log.write(written[position : position + 1])
            assert window.refresh()
            line = window.tail(1)[0]
            assert line.raw == written[: position + 1].removesuffix(b"\n")
            assert to_text(line.spans()).replace("\u200d", "").isprintable()
        assert to_text(line.spans()) == "é→世␛👩‍👧"
    assert not line.partial


def test_truncation_under_the_reader_begins_a_new_generation(tmp_path: Path) -> None:
    path = make_log(tmp_path, [("stdout", b"line\n" * 50_000)])
    with LogWindow(path) as window:
        window.index_some()
        path.write_bytes(b"short\n")
        assert b"".join(line.raw for line in window.tail(3)) in (b"", b"short")  # nothing invented, no crash
        assert window.refresh()
        assert window.generation == 1
        assert [(line.raw, line.number) for line in window.tail(3)] == [(b"short", 1)]


def test_a_replaced_log_is_noticed(tmp_path: Path) -> None:
    path = make_log(tmp_path, [("stdout", b"old\n")])
    with LogWindow(path) as window:
        path.rename(tmp_path / "gone")
        make_log(tmp_path, [("stdout", b"new and longer\n")])
        assert window.refresh()
        assert window.generation == 1
        assert [line.raw for line in window.tail(3)] == [b"new and longer"]


def test_without_an_index_all_is_stdout_at_an_unknown_time(tmp_path: Path) -> None:
    path = make_log(tmp_path, [("stderr", b"a\nb\n")])
    (tmp_path / INDEX).unlink()
    with LogWindow(path) as window:
        assert [(line.stream, line.at) for line in window.tail(5)] == [("stdout", None)] * 2
        assert window.tail(5, "stderr") == []


def test_a_record_before_its_bytes_makes_no_line(tmp_path: Path) -> None:
    path = make_log(tmp_path, [("stdout", b"half")])
    with (tmp_path / INDEX).open("ab") as index:
        index.write(record(4, "stderr", 2000) + b"torn")
    with LogWindow(path) as window:
        assert [line.raw for line in window.tail(5)] == [b"half"]
        with path.open("ab") as log:
            log.write(b"E")
        window.refresh()
        assert [(line.raw, line.stream) for line in window.tail(5)] == [(b"half", "stdout"), (b"E", "stderr")]


def test_long_lines_show_their_beginning_and_growing_ones_their_end(tmp_path: Path) -> None:
    path = make_log(
        tmp_path, [("stdout", b"A" * 1_000_000 + b"\n" + b"B" * 20_000 + "é€".encode() * 3000 + b"end")]
    )
    with LogWindow(path) as window:
        done, growing = window.tail(2)
    assert to_text(done.spans()) == "A" * LINE_CAP + " … 969 KiB more"
    shown = to_text(growing.spans())
    assert shown.startswith("26 KiB … ") and shown.endswith("é€end") and "�" not in shown


def test_a_long_redrawn_line_shows_its_last_state(tmp_path: Path) -> None:
    bar = b"".join(b"\r%d%%" % (n % 101) for n in range(10_000))
    with LogWindow(make_log(tmp_path, [("stdout", bar + b"\rdone\r\n")])) as window:
        assert to_text(window.tail(1)[0].spans()) == "done ↺"


def test_fifty_megabytes_without_a_newline_cost_little_memory_and_time(tmp_path: Path) -> None:
    path = make_log(tmp_path, [("stdout", b"first\n"), ("stdout", b"x" * (50 << 20)), ("stdout", b"the end")])
    with LogWindow(path) as window:
        lines = window.tail(40)
        assert to_text(lines[-1].spans()).endswith("xxxthe end")
        assert lines[0].raw == b"first"
        assert all(len(line.raw) <= LINE_CAP + 4 and line.end - line.offset < 9 << 20 for line in lines)
        assert [line.continues for line in lines] == [False, False] + [True] * (len(lines) - 2)
        while window.index_some():
            pass
        assert window.line_count() == len(lines)
