"""The filter: colours pass, nothing that acts on a terminal does, and nothing is hidden."""

import random
import unicodedata
from itertools import pairwise

import pytest

from descartes_tui.runner.logs.sanitize import (
    LINE_CAP,
    parse_line,
    safe_block,
    safe_text,
    to_ansi,
    to_text,
)
from descartes_tui.runner.logs.style import PLAIN, Span, Style, apply_sgr, sgr

ACTING = set("\u061c\u200e\u200f\u2028\u2029\ufeff") | {
    chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x2070))
}


def leaks(text: str) -> list[str]:
    """Return characters that a terminal could act upon."""
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in ACTING]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"", ""),
        (b"plain ASCII", "plain ASCII"),
        (b"with its end\n", "with its end"),
        (b"from Windows\r\n", "from Windows"),
        ("héllo → 世界 👩‍👩‍👧".encode(), "héllo → 世界 👩‍👩‍👧"),
        (b"bad \xff\xfe\xc3 utf-8", "bad ��� utf-8"),
        (b"nul\0bel\7bs\b", "nul␀bel␇bs␈"),
        (b"del\x7f", "del␡"),
        (b"\x1bc reset", "␛ reset"),
        (b"\x1b#8", "␛"),
        (b"\x1b(0lqk", "␛lqk"),
        (b"\x1b[2J\x1b[1;1Hover", "␛␛over"),
        (b"\x1b[6n\x1b[c", "␛␛"),
        (b"\x1b[>4;2m", "␛"),
        (b"\x1b]0;title\x07after", "␛after"),
        (b"\x1b]0;title\x1b\\after", "␛after"),
        (b"\x1b]52;c;ZXZpbA==\x07", "␛"),
        (b"\x1b]0;never closed", "␛"),
        (b"\x1b]8;;http://a\x07link\x1b]8;;\x07", "␛link"),
        (b"\x1b]8;;http://a\x1b[31mred", "␛red"),
        (b"\x1bPq#0;2;0\x1b\\after", "␛after"),
        (b"\x1b_Gpayload\x1b\\after", "␛after"),
        (b"\x1b^pm\x1b\\\x1bXsos\x1b\\", "␛␛"),
        (b"\x1bktitle\x1b\\after", "␛after"),
        ("\x9b31mred".encode(), "red"),
        ("\x9d0;title\x9cafter".encode(), "␛after"),
        ("\x85nel\x84".encode(), "�nel�"),
        (b"end\x1b", "end␛"),
        (b"end\x1b[", "end␛"),
        (b"\x1b\x1b[31mx", "␛x"),
        ("a\u202eb\u2066c".encode(), "a�b�c"),
        ("\ufeffBOM, zero\u200bwidth, so\xadft".encode(), "BOM, zerowidth, soft"),
        ("line\u2028separator".encode(), "line�separator"),
        ("tag\U000e0041\U000e0042".encode(), "tag"),
        (b"\x1b[2K\x1b[1Gspinner\x1b[?25l", "spinner"),
        (b"a\tb\t\tc", "a       b               c"),
        ("世\tb".encode(), "世      b"),
        (b"\x1b[31mab\x1b[0m\tc", "ab      c"),
        (b"10%\r50%\r100%", "100% ↺"),
        (b"10%\r50%\r", "50% ↺"),
        (b"\rspin", "spin"),
        (b"evil\rinnocent\n", "innocent ↺"),
        (b"x" * 9000, "x" * LINE_CAP + " … 808 bytes more"),
        ("é".encode() * 5000, "é" * 4096 + " … 1.8 KiB more"),
        (b"x" + "é".encode() * 5000, "x" + "é" * 4095 + " … 1.8 KiB more"),
        (b"a" + "\u0301".encode() * 50, "a" + "\u0301" * 8),
    ],
)
def test_text_is_shown(raw: bytes, shown: str) -> None:
    assert to_text(parse_line(raw)) == shown
    assert not leaks(shown)


@pytest.mark.parametrize(
    ("parameters", "style"),
    [
        ("1;31", Style(bold=True, fg=1)),
        ("", PLAIN),
        ("2;3;4;7;9", Style(dim=True, italic=True, underline=True, reverse=True, strike=True)),
        ("97;102", Style(fg=15, bg=10)),
        ("38;5;208;1", Style(fg=208, bold=True)),
        ("48;2;1;2;3;4", Style(bg=(1, 2, 3), underline=True)),
        ("38:2::10:20:30", Style(fg=(10, 20, 30))),
        ("38:2:10:20:30", Style(fg=(10, 20, 30))),
        ("38:5:9;1", Style(fg=9, bold=True)),
        ("38;5;999", PLAIN),
        ("38;2;1;2;300", PLAIN),
        ("38;5", Style()),
        ("4:0", PLAIN),
        ("4:3", Style(underline=True)),
        ("5;8;25;53;99999999999999999999", PLAIN),
        ("31;41;1;39;49;22", PLAIN),
        (";;;1", Style(bold=True)),
        (":;:1:2", PLAIN),
    ],
)
def test_sgr_is_understood(parameters: str, style: Style) -> None:
    assert apply_sgr(PLAIN, parameters) == style


def test_styles_survive_the_way_out_and_in_again() -> None:
    rng = random.Random(1)
    colours = [None, 0, 7, 8, 15, 16, 255, (0, 128, 255)]
    for _ in range(2000):
        style = Style(rng.choice(colours), rng.choice(colours), *(rng.random() < 0.5 for _ in range(6)))
        assert apply_sgr(PLAIN, sgr(style)[2:-1]) == style
        spans = (
            [Span("text", style), Span(" plain", PLAIN)] if style != PLAIN else [Span("text plain", PLAIN)]
        )
        assert parse_line(to_ansi(spans).encode()) == spans


def test_a_look_ends_with_its_line_and_only_our_own_sequences_reach_a_terminal() -> None:
    spans = parse_line(b"\x1b[1;38;5;2mgreen\x1b[m plain \x1b[7m")
    assert spans == [Span("green", Style(fg=2, bold=True)), Span(" plain ", PLAIN)]
    assert to_ansi(spans) == "\x1b[1;32mgreen\x1b[0m plain "
    assert parse_line(b"next") == [Span("next", PLAIN)]


def test_neighbours_of_one_look_are_one_span() -> None:
    assert len(parse_line(b"\x1b[31ma\x1b[31mb\x1b[0;31mc\x1b[2Jd")) == 1


def test_names_and_reasons_keep_no_control_character() -> None:
    assert safe_text("fine") == "fine"
    assert safe_text("two\nlines\r\n") == "two␊lines"
    assert safe_text("red \x1b[31mtext\udcff\x07") == "red text���␇"
    assert safe_text(b"\xff") == "�"
    assert safe_text("x" * 10_000).endswith(" … 1.8 KiB more")
    assert safe_block("one\x07\ntwo\r\n\x1b]52;c;x\x07") == "one␇\ntwo\n␛"


def test_what_the_caller_left_out_is_told() -> None:
    assert to_text(parse_line(b"abc", after=999 << 10)) == "abc … 999 KiB more"
    assert to_text(parse_line(b"abc", before=5 << 20)) == "5.0 MiB … abc"


def test_a_hundred_thousand_random_strings_leak_nothing() -> None:
    rng = random.Random(20)
    seeds = [
        b"\x1b",
        b"\x1b[",
        b"\x1b]",
        b"\x9b",
        b"\xc2\x9b",
        b"\xc2\x9d",
        b"\x1bP",
        b"\x07",
        b"\x1b\\",
        b"31m",
        b"\r",
    ]
    seeds += [
        "\u202e".encode(),
        "\u0301".encode(),
        b"\xed\xa0\x80",
        b"8;;",
        b"\t",
        b"\xef\xbb\xbf",
        b"\xf0\x9f",
        b"text",
    ]
    for _ in range(100_000):
        raw = b"".join(
            rng.choice(seeds) if rng.random() < 0.6 else rng.randbytes(rng.randrange(1, 6))
            for _ in range(rng.randrange(12))
        )
        shown = to_text(parse_line(raw))
        assert leaks(safe_text(raw[:20])) == [], raw
        if not shown.isprintable() or not ACTING.isdisjoint(shown):
            assert leaks(shown) == [], raw


@pytest.mark.parametrize(
    "text", ["é→世👩‍👧\u0301x", "\x1b[1;31mred\x1b]8;;u\x07\x1b[0m\x1bPx\x1b\\ \x9b7m", "a\r\x1b[Gb\t\x7f"]
)
def test_a_sequence_cut_at_any_byte_leaks_nothing(text: str) -> None:
    raw = text.encode()
    for cut in range(len(raw) + 1):
        for part in (raw[:cut], raw[cut:]):
            assert leaks(to_text(parse_line(part))) == []
            assert leaks(safe_text(part)) == []


@pytest.mark.parametrize(
    "unit",
    [
        b"\t",
        b"\x1b[31m\x1b[32mx",
        b"\x1b[",
        b"\x1b]",
        "\u0301".encode(),
        "\u200d".encode(),
        b"\r",
        b"\xff",
        "世".encode(),
    ],
)
def test_a_megabyte_of_anything_stays_small(unit: bytes) -> None:
    spans = parse_line(unit * (1_000_000 // len(unit)))
    assert len(to_text(spans)) <= 2 * LINE_CAP + 40
    assert all(before.style != after.style for before, after in pairwise(spans))
