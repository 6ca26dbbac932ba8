"""The facts of `show` and `events` as a person reads them."""

from typing import Any

import pytest

from descartes_tui.app.details_text import details_text
from descartes_tui.app.event_text import event_row
from descartes_tui.app.family_text import ASKED_AT, family_rows
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
    for line in ("7 – – sleeps sh", "8 – – runs └ rg", "all – – 2 processes", "verdict gave up after retries",
                 "exit code 0", "command a b", "environment KEY=••••••"):  # fmt: skip
        assert line in lines
    assert any(line.startswith("since") and line.endswith("1m05s ago") for line in lines)
    assert any(line.endswith("idle → running · by person") for line in lines)
    assert any(line.startswith("3 ") and line.endswith("running · signal 9") for line in lines)
    assert not any(line.startswith(("health", "tty", "pid")) for line in lines)


def test_what_is_next_is_counted_down() -> None:
    why = {"cause": "TERM sent to 1 process, KILL in 5s", "next": "is killed", "next_at": AT}
    shown = {"status": "stopping", "why": why}
    text = details_text(shown, [], "", parse_time(AT) - 3.5).plain
    assert "is killed, in 4s at " in text and "TERM sent to 1 process\n" in text
    assert "is killed\n" in details_text(shown, [], "", parse_time(AT) + 1).plain


def test_an_answer_of_another_shape_is_no_trouble() -> None:
    shown: dict[str, Any] = {"family": {"pid": 1, "cmdline": "x"}, "runs": [{}], "why": None, "status": 3.5}
    events: list[dict[str, Any]] = [
        {},
        {"at": "yesterday", "kind": None},
        {"kind": "signal"},
        {"kind": "swept", "processes": 3},
    ]
    events += [{"kind": "exit"}, {"kind": "status"}, {"kind": "action", "verb": []}]
    assert "3.5" in details_text(shown, events, "", 0.0, before={"family": [3]}, width=40).plain


def test_each_process_tells_what_it_used_since_the_last_look_and_what_all_come_to() -> None:
    def family(leader: float, child: float) -> list[dict[str, Any]]:
        below = {"pid": 8, "name": "rg", "status": "R", "cpu_seconds": child, "memory_bytes": 3 << 20}
        return [{"pid": 7, "cmdline": "sh", "status": "sleeping", "cpu_seconds": leader, "memory_bytes": 1 << 20,
                 "children": [below, {"pid": 9, "name": "new", "status": "D", "cpu_seconds": 1.0}]}]  # fmt: skip

    before = {
        ASKED_AT: 10.0,
        "family": [{"pid": 7, "cpu_seconds": 1.0, "children": [{"pid": 8, "cpu_seconds": 4.0}]}],
    }
    rows = list(family_rows({ASKED_AT: 12.0, "family": family(1.1, 5.0)}, before, 0))
    assert [(pid, *text.split(maxsplit=3)) for pid, text in rows] == [
        ("7", "5%", "1.0M", "sleeps", "sh"),
        ("8", "50%", "3.0M", "runs", "├ rg"),
        ("9", "–", "–", "waits", "on a device └ new"),
        ("all", "55%", "4.0M", "3", "processes"),
    ]


def test_a_long_command_line_is_cut_to_the_width() -> None:
    (row,) = family_rows({"family": [{"pid": 7, "cmdline": "x" * 500, "status": "S"}]}, None, 60)
    assert row[1].endswith("x…") and len(row[1]) <= 60 - 5


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ({"kind": "signal", "signal": 15, "processes": 2, "pids": [7, 8], "by": "person"},
         "TERM sent to 2 processes (7, 8) · by person"),
        ({"kind": "signal", "signal": 9, "processes": 9, "pids": list(range(9)), "refused": [4]},
         "KILL sent to 9 processes (0, 1, 2, 3, 4, 5 and 3 more) · refused by 4"),
        ({"kind": "swept", "processes": [{"pid": 7, "name": "npm", "how": "kill"}, {"pid": 8, "name": "n",
                                                                                     "how": "kept"}]},
         "left over: npm 7 killed, n 8 kept running"),
        ({"kind": "exit", "code": None, "signal": 15, "pid": 7, "by": "person"},
         "died of SIGTERM · pid 7 · by person"),
        ({"kind": "exit", "code": 0, "signal": None}, "exit code 0"),
        ({"kind": "exit", "code": None, "signal": None}, "ended, nobody saw how"),
        ({"kind": "action", "verb": "send", "by": "person"}, "send · by person"),
        ({"kind": "status", "old": "running", "new": "stopping", "reason": "asked by person", "by": "person"},
         "running → stopping · asked by person"),
        ({"kind": "limit", "limit": "memory", "value": 5}, "limit  limit memory  value 5"),
    ],
)  # fmt: skip
def test_who_was_signalled_with_what(event: dict[str, Any], text: str) -> None:
    assert event_row(event) == ("", text)
