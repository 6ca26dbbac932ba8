"""What is told of a stop: in the runner's own words, with a countdown that lives."""

import pytest

from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.columns import activity, countdown
from descartes_tui.widgets.stops import stop_of
from tests.app.fake_feed import NOW, agent


@pytest.mark.parametrize(
    ("reason", "step", "then", "stubborn"),
    [
        ("", "asked to end", "next step in 4s", False),
        ("asked by you", "asked by you", "next step in 4s", False),
        ("'exit' written to stdin, TERM in 5s", "'exit' written to stdin", "TERM in 4s", False),
        ("TERM sent to 3 processes, KILL in 0.5s", "TERM sent to 3 processes", "KILL in 4s", False),
        ("INT sent to 1 process, KILL in 1m05s", "INT sent to 1 process", "KILL in 4s", False),
        ("KILL sent to the family", "KILL sent to the family", "", False),
        ("KILL sent, 1 still there: dd (pid 7, D)",) * 2 + ("looked at again in 4s", True),
        ("KILL was sent, but not dead yet: dd 7 (D)",) * 2 + ("looked at again in 4s", True),
    ],
)  # fmt: skip
def test_each_step_is_told_with_what_follows(reason: str, step: str, then: str, stubborn: bool) -> None:
    stop = stop_of(agent("a", AgentStatus.STOPPING, reason=reason, next_at=NOW + 3.2), NOW)
    assert (stop.step, stop.then, stop.stubborn) == (step, then, stubborn)


def test_no_countdown_where_the_time_is_over_or_unknown() -> None:
    for then in (None, NOW - 1):
        assert stop_of(agent("a", AgentStatus.STOPPING, reason="x, KILL in 5s", next_at=then), NOW).then == ""


def test_the_table_counts_down_in_place_of_the_time_that_was_left_at_first() -> None:
    info = agent("a", AgentStatus.STOPPING, reason="TERM sent to 1 process, KILL in 5s", next_at=NOW + 2)
    assert activity(info, NOW) + countdown(info, NOW) == "TERM sent to 1 process · KILL in 2s"
