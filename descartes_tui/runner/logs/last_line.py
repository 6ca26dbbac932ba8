"""The last thing that an agent said, as one safe line: for the table and for messages about crashes."""

from pathlib import Path

from descartes_tui.runner.logs.sanitize import OVERWRITTEN, parse_line, to_text


def last_line(path: str | Path, max_bytes: int = 4096) -> str:
    """Return the last line that is not blank among the last `max_bytes` of the log, "" if there is none."""
    try:
        with Path(path).open("rb") as log:
            log.seek(max(log.seek(0, 2) - max_bytes, 0))
            tail = log.read(max_bytes)
    except OSError:
        return ""
    for raw in reversed(tail.split(b"\n")):
        text = to_text(parse_line(raw)).removesuffix(OVERWRITTEN).strip()
        if text:
            return text
    return ""
