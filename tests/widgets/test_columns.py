"""Which columns are shown in which width, and what they say."""

import pytest
from rich.cells import cell_len

from descartes_tui.runner.model.status import AgentStatus, Health
from descartes_tui.widgets.columns import COLUMNS, GAP, activity, lay_out
from tests.app.fake_feed import NOW, agent

BY_ID = {column.id: column for column in COLUMNS}


def ids(width: int) -> list[str]:
    return [column.id for column in lay_out(width, 12)]


@pytest.mark.parametrize("width", range(1, 260))
def test_columns_never_need_more_than_the_width(width: int) -> None:
    columns = lay_out(width, 30)
    used = sum(column.width + GAP for column in columns) - GAP
    assert columns[0].id == "name"
    assert used <= max(width, 4)


def test_eighty_columns_show_what_matters_most() -> None:
    assert ids(75) == ["name", "status", "activity", "cpu", "memory", "uptime"]


def test_all_columns_are_shown_in_a_hundred_and_twenty() -> None:
    assert ids(115) == [column.id for column in COLUMNS]


def test_a_narrow_table_keeps_name_and_status() -> None:
    assert ids(30) == ["name", "status"]


def test_the_least_important_column_goes_first() -> None:
    gone = [set(ids(width + 1)) - set(ids(width)) for width in range(1, 120)]
    order = [column for step in gone for column in sorted(step)]
    assert order == [column.id for column in sorted(COLUMNS, key=lambda column: column.importance)][1:]


def test_the_countdown_survives_where_the_reason_is_cut() -> None:
    column = next(column for column in lay_out(75, 12) if column.id == "activity")
    info = agent(
        "a", AgentStatus.BACKOFF, reason="exit code 1; restart 3 of 5 because of it", next_at=NOW + 6
    )
    text = column.cell(info, NOW)
    assert text.rstrip().endswith("… · 6s")
    assert cell_len(text) == column.width


def test_a_running_agent_shows_what_it_does_before_why_it_runs() -> None:
    info = agent("a", activity="tool: Read", reason="started", health=Health.HEALTHY)
    assert activity(info, NOW) == "healthy · tool: Read"


def test_an_ended_agent_without_a_reason_shows_how_it_ended() -> None:
    assert activity(agent("a", AgentStatus.FAILED, exit_code=3), NOW) == "exit code 3"
    assert activity(agent("a", AgentStatus.TERMINATED, exit_signal=9), NOW) == "signal 9"


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.id)
def test_nothing_unknown_breaks_a_column(column: object) -> None:
    for status in AgentStatus:
        info = agent("a", status, pid=None, started_at=None, last_output_at=None)
        assert isinstance(BY_ID[column.id].text(info, NOW), str)  # type: ignore[attr-defined]
