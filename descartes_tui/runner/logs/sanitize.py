"""The one filter between what agents write and any terminal: text and colours pass, nothing that acts does.

Of all escape sequences only SGR (colours and weight) is understood, by us; it becomes a Style. Every other
sequence and every control character is replaced by one visible mark, so that nothing is hidden and nothing
runs. Raw bytes stay untouched on disk. The filter is for a single line; its state never outlives the line.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from descartes_tui.runner.logs.style import MARK, PLAIN, Span, Style, apply_sgr, sgr
from descartes_tui.runner.model.units import format_bytes

LINE_CAP: Final = 8192
"""Bytes of a line that are shown, and columns that its tabs may fill."""
TAB: Final = 8
COMBINING_MAX: Final = 8
OVERWRITTEN: Final = (
    " ↺"  # the line was drawn again after a carriage return; the log has what was there before
)

_INVISIBLE: Final = "\xad\u200b\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_BIDI: Final = "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u206f"
_SPECIAL: Final = re.compile(
    rf"[\x00-\x1f\x7f-\x9f\ud800-\udfff{_BIDI}{_INVISIBLE}]"
)  # what may begin a token
_TOKEN: Final = re.compile(
    r"(?:\x1b\[|\x9b)(?P<sgr>[0-9;:]*)m"
    r"|(?P<quiet>(?:\x1b\[|\x9b)(?:[012]?K|\?(?:25|1004|2004|2026)[hl])"  # erase in line, cursor, modes
    r"|(?:\x1b\]|\x9d)8;[^;\x07\x1b\x9c]*;(?:\x07|\x1b\\|\x9c))"  # the end of a link
    r"|(?P<tab>\t)"
    r"|(?P<sequence>(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_k]|[\x90\x98\x9d\x9e\x9f])[^\x07\x18\x1a\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?)"
    rf"|(?P<invisible>[{_INVISIBLE}])"
    rf"|(?P<control>[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff{_BIDI}])"
)
_REDRAWS: Final = (b"\r", b"\x1b[G", b"\x1b[0G", b"\x1b[1G")
_BLANK: Final = re.compile(rb"\s+|\x1b\[[0-9;?]*[A-Za-z]")
_NO_WIDTH: Final = ("Mn", "Me", "Cf")
_CROWDED: Final = re.compile("[^\x00-\u02ff\u2500-\u257f\u3040-\ua4ff\uac00-\ud7ff]{9,}")


def parse_line(raw: bytes, style: Style = PLAIN, *, before: int = 0, after: int = 0) -> list[Span]:
    """Return one line as spans that are safe to show.

    `style` is the look that the line starts with. `before` and `after` are counts of bytes of the line that
    the caller left out on either side; they and what passes LINE_CAP are told by a mark.
    """
    if len(raw) <= LINE_CAP and raw.isascii() and not before and not after:
        text = raw.decode("ascii")
        if text.isprintable():
            return [Span(text, style)] if text else []
    shown, redrawn = _last_state(raw)
    head = _cut(shown)
    spans = _safe_spans(head.decode("utf-8", "replace"), style)
    if before:
        spans.insert(0, Span(f"{_size(before)} … ", MARK))
    if len(shown) > len(head) or after:
        spans.append(Span(f" … {_size(len(shown) - len(head) + after)} more", MARK))
    if redrawn:
        spans.append(Span(OVERWRITTEN, MARK))
    return spans


def safe_text(text: str | bytes) -> str:
    """Return one line without styles for names, reasons and the like: no control character is left in it."""
    if isinstance(text, str):
        if text.isprintable() and len(text) <= LINE_CAP and text.isascii():
            return text
        text = text.encode("utf-8", "surrogatepass")
    text = text.rstrip(b"\r\n")
    head = _cut(text)
    shown = to_text(_safe_spans(head.decode("utf-8", "replace"), PLAIN))
    return f"{shown} … {_size(len(text) - len(head))} more" if len(text) > len(head) else shown


def safe_block(text: str | bytes) -> str:
    """Return text of many lines, each of them safe: for the clipboard and for exports to a terminal."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return "\n".join(safe_text(line) for line in raw.split(b"\n"))


def to_ansi(spans: Iterable[Span]) -> str:
    """Return spans as text for a terminal: its only sequences are our own SGR, closed by a reset."""
    parts: list[str] = []
    for text, style in spans:
        codes = sgr(style)
        parts.append(f"{codes}{text}\x1b[0m" if codes else text)
    return "".join(parts)


def to_text(spans: Iterable[Span]) -> str:
    """Return spans as text without any look."""
    return "".join(span.text for span in spans)


def last_redraw(raw: bytes) -> int:
    """Return where the last state of a line begins that was redrawn by carriage returns, 0 if it was not."""
    return max(at + len(redraw) if at >= 0 else 0 for redraw in _REDRAWS for at in (raw.rfind(redraw),))


def _last_state(raw: bytes) -> tuple[bytes, bool]:
    raw = raw.rstrip(b"\n").rstrip(b"\r")
    start = last_redraw(raw)
    before = raw[max(start - LINE_CAP, 0) : start]
    return raw[start:], bool(_BLANK.sub(b"", before))


def _cut(raw: bytes) -> bytes:
    """Return at most LINE_CAP bytes, cut between two characters."""
    if len(raw) <= LINE_CAP:
        return raw
    end = LINE_CAP
    while end > LINE_CAP - 4 and raw[end] & 0xC0 == 0x80:
        end -= 1
    return raw[:end]


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} bytes" if count != 1 else "1 byte"
    short = format_bytes(count)
    return f"{short[:-1]} {short[-1]}iB"


def _safe_spans(text: str, style: Style) -> list[Span]:
    """Split decoded text of one line into safe spans; every alternative of _TOKEN is handled here."""
    if not text.isascii():
        text = _CROWDED.sub(_thin, text)
    if text.isprintable():
        return [Span(text, style)] if text else []
    spans: list[Span] = []
    parts: list[str] = []
    position = 0
    for match in _tokens(text):
        start, end = match.span()
        if start > position:
            parts.append(text[position:start])
        position, kind = end, match.lastgroup
        if kind == "sgr":
            changed = apply_sgr(style, match["sgr"])
            if changed != style:
                _flush(spans, parts, style)
                style = changed
        elif kind == "tab":
            parts.append("\t")
        elif kind == "sequence":
            parts.append("␛")
        elif kind == "control":
            parts.append(_picture(match[0]))
    parts.append(text[position:])
    _flush(spans, parts, style)
    return _expand_tabs(spans) if "\t" in text else spans


def _tokens(text: str) -> Iterator[re.Match[str]]:
    """Yield what must not pass as it is; searching for its first character alone is ten times as fast."""
    position = 0
    while special := _SPECIAL.search(text, position):
        token = _TOKEN.match(text, special.start())
        assert token is not None  # _TOKEN has an alternative for each character of _SPECIAL
        yield token
        position = token.end()


def _flush(spans: list[Span], parts: list[str], style: Style) -> None:
    """Move what has been gathered into `spans`; neighbours of one look are one span."""
    text = "".join(parts)
    parts.clear()
    if not text:
        return
    if spans and spans[-1].style == style:
        spans[-1] = Span(spans[-1].text + text, style)
    else:
        spans.append(Span(text, style))


def _expand_tabs(spans: list[Span]) -> list[Span]:
    """Replace each tab by blanks up to the next tab stop; those past LINE_CAP columns become one blank."""
    expanded: list[Span] = []
    column = 0
    for text, style in spans:
        first, *rest = text.split("\t")
        column += _width(first)
        parts = [first]
        for part in rest:
            blanks = TAB - column % TAB if column < LINE_CAP else 1
            parts += (" " * blanks, part)
            column += blanks + _width(part)
        expanded.append(Span("".join(parts), style))
    return expanded


def _width(text: str) -> int:
    """Return how many columns a terminal uses for printable text."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(c) in _NO_WIDTH else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _picture(character: str) -> str:
    """Return the visible mark of a control character: its picture where Unicode has one."""
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "\N{REPLACEMENT CHARACTER}"


def _thin(match: re.Match[str]) -> str:
    """Drop combining marks and joiners past COMBINING_MAX on one base character."""
    kept: list[str] = []
    marks = 0
    for character in match[0]:
        marks = marks + 1 if unicodedata.category(character) in _NO_WIDTH else 0
        if marks <= COMBINING_MAX:
            kept.append(character)
    return "".join(kept)
