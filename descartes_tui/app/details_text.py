"""What is known of one agent as text: why it is so, family, runs, what happened lately, configuration."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any, Final

from rich.text import Text

from descartes_tui.app.event_text import event_row
from descartes_tui.app.family_text import family_rows
from descartes_tui.app.plain_text import as_list, clock, plain, seconds, words
from descartes_tui.runner.logs.sanitize import safe_text
from descartes_tui.runner.model.units import format_duration
from descartes_tui.widgets.stops import seconds_left, step_of

Facts = Mapping[str, Any]
Rows = Iterator[tuple[str, str]]

_NOW: Final = ("status", "health", "activity", "pid", "run", "restarts", "verdict", "exit_code", "exit_signal",
               "session_id", "cost_usd", "command_line", "log_path")  # fmt: skip
_MOST_RUNS: Final = 8


def details_text(
    shown: Facts,
    events: Sequence[Facts],
    heading: str,
    now: float,
    *,
    before: Facts | None = None,
    width: int = 0,
) -> Text:
    """Return the facts of `show` and `events`; headings in the style `heading`. Nothing in it acts on a terminal.

    `before`: an earlier answer of `show`, for what the processes used meanwhile; `width` bounds the lines.
    """
    text = Text()
    config = shown.get("config") or {}
    for title, rows in (
        ("Why", _why(shown, now)),
        ("Now", _now(shown)),
        ("Family", family_rows(shown, before, width)),
        ("Runs", _runs(as_list(shown.get("runs"))[-_MOST_RUNS:])),
        ("Lately", map(event_row, events)),
        ("Configuration", ((words(key), plain(value)) for key, value in config.items())),
    ):
        _section(text, title, rows, heading, width)
    return text


def _section(text: Text, title: str, rows: Rows, heading: str, room: int) -> None:
    safe = [(safe_text(key), safe_text(value)) for key, value in rows if value]
    if not safe:
        return
    text.append(f"\n{title}\n" if text else f"{title}\n", heading)
    width = max(len(key) for key, _ in safe)
    for key, value in safe:
        text.append(f"  {key:<{width}}  ", "dim")
        lead = "\n" + " " * (width + 4)
        text.append(lead.join(wrap(value, max(20, room - width - 4)) if room else [value]) + "\n")


def _why(shown: Facts, now: float) -> Rows:
    why = shown.get("why") or {}
    since, then, cause = seconds(why.get("since")), seconds(why.get("next_at")), plain(why.get("cause"))
    # what follows a step, and when, is counted down below
    yield "because", step_of(cause) if shown.get("status") == "stopping" else cause
    yield "asked by", plain(why.get("who"))
    yield (
        "since",
        "" if since is None else f"{clock(since)}, {format_duration(int(max(0, now - since)))} ago",
    )
    left = seconds_left(then, now)
    yield "next", plain(why.get("next")) + (f", in {left} at {clock(then)}" if left else "")


def _now(shown: Facts) -> Rows:
    for key in _NOW:
        text = plain(shown.get(key))
        yield words(key), "" if text == "unknown" else words(text) if key == "verdict" else text


def _runs(runs: Sequence[Facts]) -> Rows:
    for run in runs:
        start, end = seconds(run.get("started_at")), seconds(run.get("ended_at"))
        parts = [clock(start), "" if start is None or end is None else format_duration(int(end - start))]
        parts += [words(plain(run.get("verdict"))) or ("running" if end is None else "ended")]
        if run.get("exit_signal") is not None:
            parts.append(f"signal {run['exit_signal']}")
        elif run.get("exit_code") is not None:
            parts.append(f"exit code {run['exit_code']}")
        yield str(run.get("run")), " · ".join(filter(None, parts))
