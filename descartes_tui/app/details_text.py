"""What is known of one agent as text: why it is so, family, runs, what happened lately, configuration."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.text import Text

from descartes_tui.runner.logs.sanitize import safe_text
from descartes_tui.runner.model.units import format_duration
from descartes_tui.runner.wire.times import parse_time

Facts = Mapping[str, Any]
Rows = Iterator[tuple[str, str]]

_NOW: Final = ("status", "health", "activity", "pid", "run", "restarts", "verdict", "exit_code", "exit_signal",
               "session_id", "cost_usd", "command_line", "log_path")  # fmt: skip
_MOST_RUNS: Final = 8


def details_text(shown: Facts, events: Sequence[Facts], heading: str, now: float) -> Text:
    """Return the facts of `show` and `events`; headings in the style `heading`. Nothing in it acts on a terminal."""
    text = Text()
    for title, rows in (
        ("Why", _why(shown.get("why") or {}, now)),
        ("Now", _now(shown)),
        ("Family", _family(_list(shown.get("family")))),
        ("Runs", _runs(_list(shown.get("runs"))[-_MOST_RUNS:])),
        ("Lately", (_event(event) for event in events)),
        (
            "Configuration",
            ((_words(key), _plain(value)) for key, value in (shown.get("config") or {}).items()),
        ),
    ):
        _section(text, title, rows, heading)
    return text


def _section(text: Text, title: str, rows: Rows, heading: str) -> None:
    safe = [(safe_text(key), safe_text(value)) for key, value in rows if value]
    if not safe:
        return
    text.append(f"\n{title}\n" if text else f"{title}\n", heading)
    width = max(len(key) for key, _ in safe)
    for key, value in safe:
        text.append(f"  {key:<{width}}  ", "dim")
        text.append(f"{value}\n")


def _why(why: Facts, now: float) -> Rows:
    since, then = _seconds(why.get("since")), _seconds(why.get("next_at"))
    yield "because", _plain(why.get("cause"))
    yield "asked by", _plain(why.get("who"))
    yield (
        "since",
        "" if since is None else f"{_clock(since)}, {format_duration(int(max(0, now - since)))} ago",
    )
    yield "next", _plain(why.get("next")) + ("" if then is None else f", at {_clock(then)}")


def _now(shown: Facts) -> Rows:
    for key in _NOW:
        text = _plain(shown.get(key))
        yield _words(key), "" if text == "unknown" else _words(text) if key == "verdict" else text


def _family(family: Sequence[Any], depth: int = 0) -> Rows:
    for process in family:
        if isinstance(process, Mapping):
            what = process.get("cmdline") or process.get("name")
            yield str(process.get("pid")), f"{'  ' * depth}{_plain(what)}  ({_plain(process.get('status'))})"
            yield from _family(_list(process.get("children")), depth + 1)


def _runs(runs: Sequence[Facts]) -> Rows:
    for run in runs:
        start, end = _seconds(run.get("started_at")), _seconds(run.get("ended_at"))
        parts = [_clock(start), "" if start is None or end is None else format_duration(int(end - start))]
        parts += [_words(_plain(run.get("verdict"))) or ("running" if end is None else "ended")]
        if run.get("exit_signal") is not None:
            parts.append(f"signal {run['exit_signal']}")
        elif run.get("exit_code") is not None:
            parts.append(f"exit code {run['exit_code']}")
        yield str(run.get("run")), " · ".join(filter(None, parts))


def _event(event: Facts) -> tuple[str, str]:
    facts = {
        key: value
        for key, value in event.items()
        if key not in ("seq", "at", "agent", "agent_id", "run", "kind")
    }
    kind = _plain(event.get("kind"))
    if kind == "status":
        what = f"{facts.pop('old', '')} → {facts.pop('new', '')}"
        reason, by = _plain(facts.pop("reason", "")), _plain(facts.pop("by", ""))
        kind = " · ".join(filter(None, (what, reason, by)))
    rest = "  ".join(f"{_words(key)} {_plain(value)}" for key, value in facts.items() if _plain(value))
    return _clock(_seconds(event.get("at"))), f"{kind}  {rest}" if rest else kind


def _seconds(value: Any) -> float | None:
    """Return seconds since 1970 for a time as the wire writes it, or as a number."""
    if isinstance(value, int | float):
        return float(value)
    try:
        return parse_time(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _clock(at: float | None) -> str:
    return "" if at is None else time.strftime("%H:%M:%S", time.localtime(at))


def _words(key: str) -> str:
    return key.replace("_", " ")


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _plain(value: Any) -> str:
    """Return a value as short text; '' for everything that says nothing."""
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, Mapping):
        return "  ".join(f"{key}={_plain(inner)}" for key, inner in value.items() if _plain(inner))
    if isinstance(value, list | tuple):
        return " ".join(filter(None, map(_plain, value)))
    return f"{value:g}" if isinstance(value, float) else str(value)
