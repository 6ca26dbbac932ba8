"""Streams and lines of a run, from the start, from the end, by time, by pattern."""

import random
import re
from itertools import accumulate
from pathlib import Path

import pytest

from descartes_tui.runner.logs import records
from descartes_tui.runner.logs.assemble import LINE_MAX, AgentLine, Chunk, LineAssembler
from descartes_tui.runner.logs.index import RunIndex
from descartes_tui.runner.logs.reader import (
    StreamReader,
    grep,
    last_lines,
    merge_by_time,
    offset_since,
    read_chunks,
    read_lines,
)
from descartes_tui.runner.logs.source import RunLog
from descartes_tui.runner.model.folders import INDEX
from tests.runner.logs.making import make_log, record

INTERLEAVED = [
    ("stdout", b"a1\na2 "),
    ("stderr", b"b1\n"),
    ("stdout", b"rest\na3"),
    ("stderr", b"b2"),
    ("stdout", b"!\n"),
]


def test_chunks_tell_stream_place_and_time(tmp_path: Path) -> None:
    path = make_log(tmp_path, INTERLEAVED)
    chunks = list(read_chunks(path))
    assert [(c.stream, c.data) for c in chunks] == INTERLEAVED
    assert [c.offset for c in chunks] == [0, *accumulate(len(data) for _, data in INTERLEAVED[:-1])]
    assert [c.at for c in chunks] == [1000.0, 1001.0, 1002.0, 1003.0, 1004.0]
    assert [c.data for c in read_chunks(path, 5, 3)] == [b" ", b"b1"]
    assert b"".join(c.data for c in read_chunks(path, stream="stderr")) == b"b1\nb2"


def test_chunks_of_a_growing_log_go_on_where_they_ended(tmp_path: Path) -> None:
    path = make_log(tmp_path, [("stdout", b"x" * 150_000)])
    with RunLog(path) as log:
        chunks = list(read_chunks(log))
        assert [len(c.data) for c in chunks] == [65536, 65536, 150_000 - 131_072]
        with path.open("ab") as file:
            file.write(b"more")
        assert list(read_chunks(log, 150_000)) == []
        assert log.refresh()
        assert [c.data for c in read_chunks(log, 150_000)] == [b"more"]


def test_each_stream_has_a_position_of_its_own(tmp_path: Path) -> None:
    reader = StreamReader(make_log(tmp_path, INTERLEAVED))
    assert reader.read("stdout", 4) == b"a1\na"
    assert reader.read("stderr") == b"b1\nb2"
    assert reader.at_end("stderr") and not reader.at_end("stdout")
    assert reader.read("stdout") == b"2 rest\na3!\n"
    assert reader.at_end("stdout")
    assert reader.read("stdout") == reader.read("stderr") == b""
    with (tmp_path / "log").open("ab") as log, (tmp_path / INDEX).open("ab") as index:
        index.write(record(20, "stderr", 2000))
        log.write(b"late")
    assert (reader.read("stdout"), reader.read("stderr")) == (b"", b"late")
    reader.close()


@pytest.mark.parametrize("size", range(1, 9))
def test_streams_read_in_any_size_lose_nothing(tmp_path: Path, size: int) -> None:
    reader = StreamReader(make_log(tmp_path, INTERLEAVED))
    got = {"stdout": b"", "stderr": b""}
    while not (reader.at_end("stdout") and reader.at_end("stderr") and got["stdout"]):
        for stream in got:
            got[stream] += reader.read(stream, size)
    assert got == {"stdout": b"a1\na2 rest\na3!\n", "stderr": b"b1\nb2"}
    reader.close()


def test_a_stream_reader_waits_for_a_log_that_is_not_there(tmp_path: Path) -> None:
    reader = StreamReader(tmp_path / "log")
    assert reader.read("stdout") == b""
    make_log(tmp_path, [("stdout", b"now")])
    assert reader.read("stdout") == b"now"
    reader.close()


def test_lines_are_whole_even_where_the_other_stream_cuts_in(tmp_path: Path) -> None:
    path = make_log(tmp_path, INTERLEAVED)
    assert [(x.stream, x.data, x.offset, x.at, x.ended) for x in read_lines(path)] == [
        ("stdout", b"a1", 0, 1000.0, True),
        ("stderr", b"b1", 6, 1001.0, True),
        ("stdout", b"a2 rest", 3, 1000.0, True),
        ("stdout", b"a3!", 14, 1002.0, True),
        ("stderr", b"b2", 16, 1003.0, False),
    ]
    assert [x.data for x in read_lines(path, stream="stderr", unfinished=False)] == [b"b1"]


@pytest.mark.parametrize("seed", range(20))
def test_lines_do_not_depend_on_how_chunks_are_cut(seed: int) -> None:
    rng = random.Random(seed)
    text = "é→\x1b[31m世\n\n\r\nx\x1b]0;t\x07".encode() * 3
    whole = list(LineAssembler().feed(Chunk("stdout", text, 0, None)))
    assembler, lines, position = LineAssembler(), list[AgentLine](), 0
    while position < len(text):
        size = rng.randrange(1, 7)
        lines += assembler.feed(Chunk("stdout", text[position : position + size], position, None))
        position += size
    assert lines == whole
    assert (
        [x.data for x in assembler.unfinished()]
        == [x.data for x in assembler.flush()]
        == [text.split(b"\n")[-1]]
    )
    assert list(assembler.flush()) == []


def test_a_line_of_many_megabytes_comes_in_parts(tmp_path: Path) -> None:
    path = make_log(
        tmp_path, [("stdout", b"ok\n" + b"x" * (3 * LINE_MAX + 5)), ("stderr", b"e\n"), ("stdout", b"y\n")]
    )
    lines = list(read_lines(path))
    assert [(len(x.data), x.stream, x.ended, x.continues, x.offset) for x in lines] == [
        (2, "stdout", True, False, 0),
        (LINE_MAX, "stdout", False, False, 3),
        (LINE_MAX, "stdout", False, True, 3 + LINE_MAX),
        (LINE_MAX, "stdout", False, True, 3 + 2 * LINE_MAX),
        (1, "stderr", True, False, 8 + 3 * LINE_MAX),
        (6, "stdout", True, True, 3 + 3 * LINE_MAX),
    ]


@pytest.mark.parametrize("seed", range(80))
def test_the_last_lines_are_the_end_of_all_lines(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("descartes_tui.runner.logs.reader.CHUNK", 16)
    rng = random.Random(seed)
    pieces = [
        (rng.choice(["stdout", "stderr"]), bytes(rng.choices(b"abc\n", k=rng.randrange(30))))
        for _ in range(rng.randrange(30))
    ]
    path = make_log(tmp_path, pieces)
    for stream in (None, "stdout", "stderr"):
        lines = list(read_lines(path, stream=stream))
        for count in (0, 1, 2, 5, 1000):
            assert last_lines(path, count, stream) == (lines[-count:] if count else [])


def test_lines_since_a_time_are_found_through_the_index(tmp_path: Path) -> None:
    path = make_log(tmp_path, [("stdout", b"line\n")] * 10_000)
    with RunLog(path) as log:
        assert offset_since(log, 0) == 0
        assert offset_since(log, 1000.0 + 7000) == 35_000
        assert offset_since(log, 1000.0 + 6999.5) == 35_000
        assert offset_since(log, 99_999) == log.size == 50_000


def test_grep_sees_what_the_agent_wrote(tmp_path: Path) -> None:
    path = make_log(tmp_path, [("stdout", b"ok\nFATAL: \xff\nok\n"), ("stderr", b"fatal too\n")])
    assert [x.data for x in grep(read_lines(path), re.compile(rb"(?i)fatal"))] == [
        b"FATAL: \xff",
        b"fatal too",
    ]


def test_several_runs_are_merged_by_time(tmp_path: Path) -> None:
    first = make_log(tmp_path / "a", [("stdout", b"a0\n"), ("stdout", b"a1\na2\n"), ("stderr", b"a3\n")])
    second = make_log(tmp_path / "b", [("stdout", b"b0\n"), ("stdout", b"b1\n")], start=1000.5)
    merged = merge_by_time([read_lines(first), read_lines(second)])
    assert [(n, x.data) for n, x in merged] == [
        (0, b"a0"), (1, b"b0"), (0, b"a1"), (0, b"a2"), (1, b"b1"), (0, b"a3"),
    ]  # fmt: skip


@pytest.mark.parametrize("cut", range(33))
def test_a_torn_index_counts_up_to_its_last_whole_record(tmp_path: Path, cut: int) -> None:
    make_log(tmp_path, [("stdout", b"one\n"), ("stderr", b"two\n")])
    index = tmp_path / INDEX
    index.write_bytes(index.read_bytes()[:cut])
    reader = RunIndex(index)
    assert len(reader) == cut // 16
    assert reader.mark_at(5).stream == ("stderr" if cut == 32 else "stdout")
    assert [(p.start, p.end) for p in reader.pieces(0, 8)] == ([(0, 4), (4, 8)] if cut == 32 else [(0, 8)])
    reader.close()


@pytest.mark.parametrize("seed", range(50))
def test_a_nonsense_index_still_covers_every_byte_once(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    (tmp_path / INDEX).write_bytes(
        b"".join(
            record(rng.choice([rng.randrange(100), 2**63]), "stderr", 1) for _ in range(rng.randrange(40))
        )
        + rng.randbytes(rng.randrange(200))
    )
    index = RunIndex(tmp_path / INDEX)
    for start, end in [(0, 100), (17, 60), (50, 50), (99, 100)]:
        pieces = list(index.pieces(start, end))
        assert [p.start for p in pieces] == [start, *(p.end for p in pieces[:-1])][: len(pieces)]
        assert sum(p.end - p.start for p in pieces) == end - start
    index.close()


def test_the_index_finds_any_byte_among_many_records(tmp_path: Path) -> None:
    make_log(tmp_path, [(("stdout", "stderr")[n % 2], b"abc") for n in range(2000)])
    index = RunIndex(tmp_path / INDEX)
    for offset in random.Random(3).sample(range(6000), 300):
        mark = index.mark_at(offset)
        assert (mark.offset, mark.stream, mark.at) == (
            offset // 3 * 3, ("stdout", "stderr")[offset // 3 % 2], 1000.0 + offset // 3,
        )  # fmt: skip
    index.close()


@pytest.mark.parametrize("seed", range(40))
def test_the_next_and_the_last_bytes_of_a_stream_are_found(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "BLOCK", 4)
    monkeypatch.setattr("descartes_tui.runner.logs.index.BLOCK", 4)
    monkeypatch.setattr(records, "_KEPT", 2)
    rng = random.Random(seed)
    weights = rng.choice([(1, 1), (9, 1), (1, 0), (0, 1)])
    pieces = [(rng.choices(["stdout", "stderr"], weights)[0], b"x" * rng.randrange(3)) for _ in range(50)]
    make_log(tmp_path, pieces)
    owners = [stream for stream, data in pieces for _ in data]
    index = RunIndex(tmp_path / INDEX)
    for stream in ("stdout", "stderr"):
        for offset in range(len(owners)):
            before = [n + 1 for n in range(offset) if owners[n] == stream]
            after = [n for n in range(offset, len(owners)) if owners[n] == stream]
            assert index.last_of(stream, offset) == max(before, default=0)
            found = index.next_of(stream, offset)
            assert (found if found is not None and found < len(owners) else None) == min(after, default=None)
    index.close()
