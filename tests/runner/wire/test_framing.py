"""Lines are put together from whatever pieces arrive, and a line without end is refused."""

import random

import pytest

from descartes_tui.runner.wire.faults import BadRequest
from descartes_tui.runner.wire.framing import LineBuffer


def test_lines_are_the_same_however_they_are_cut() -> None:
    data = b"one\ntwo\n\nthree" + b"x" * 1000 + b"\nfour"
    rng = random.Random(1)
    for _ in range(200):
        lines, buffer, rest = [], LineBuffer(5000), data
        while rest:
            size = rng.randint(1, 300)
            lines += buffer.feed(rest[:size])
            rest = rest[size:]
        assert b"\n".join([*lines, b"four"]) == data
        assert buffer.partial


def test_a_line_is_partial_from_its_first_byte_to_its_newline() -> None:
    buffer = LineBuffer(100)
    states = [(buffer.feed(data), buffer.partial) for data in (b"", b"a", b"b", b"\n", b"c\nd")]
    assert states == [([], False), ([], True), ([], True), ([b"ab"], False), ([b"c"], True)]


@pytest.mark.parametrize("data", [b"x" * 101, b"x" * 101 + b"\n", b"ok\n" + b"x" * 101])
def test_a_line_that_is_too_long_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequest, match="longer than 100 bytes"):
        LineBuffer(100).feed(data)
