"""The facts of `show` and `events` as a person reads them."""

from typing import Any

from descartes_tui.app.details_text import details_text
from descartes_tui.runner.wire.times import parse_time

AT = "2026-01-31T12:00:00Z"


def test_facts_are_grouped_and_what_says_nothing_is_left_out() -> None:
    shown = {
        "status": "failed", "health": "unknown", "verdict": "gave_up_after_retries", "exit_code": 0, "pid": None,
        "why": {"since": AT, "who": "person", "cause": "asked", "next": "starts again", "next_at": AT},
        "config": {"command": ["a", "b"], "tty": False, "environment": {"KEY": "••••••"}, "health": None},
        "family": [{"pid": 7, "cmdline": "sh", "status": "S", "children": [{"pid": 8, "name": "rg", "status": "R"}]}],
        "runs": [{"run": 3, "started_at": AT, "ended_at": None, "exit_signal": 9}],
    }  # fmt: skip
    events = [{"seq": 1, "at": AT, "kind": "status", "old": "idle", "new": "running", "by": "person"}]
    text = details_text(shown, events, "bold", parse_time(AT) + 65).plain
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[:2] == ["Why", "because asked"]
    for line in ("7 sh (S)", "8 rg (R)", "verdict gave up after retries", "exit code 0", "command a b",
                 "environment KEY=••••••"):  # fmt: skip
        assert line in lines
    assert any(line.startswith("since") and line.endswith("1m05s ago") for line in lines)
    assert any(line.endswith("idle → running · person") for line in lines)
    assert any(line.startswith("3 ") and line.endswith("running · signal 9") for line in lines)
    assert not any(line.startswith(("health", "tty", "pid")) for line in lines)


def test_an_answer_of_another_shape_is_no_trouble() -> None:
    shown: dict[str, Any] = {"family": {"pid": 1, "cmdline": "x"}, "runs": [{}], "why": None, "status": 3.5}
    assert "3.5" in details_text(shown, [{}, {"at": "yesterday", "kind": None}], "", 0.0).plain
