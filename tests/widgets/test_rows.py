"""Order, marks and filter of the table's rows."""

from dataclasses import replace

from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.rows import Rows
from tests.app.fake_feed import agent

A, B, C = agent("a", tags=("core",)), agent("b", AgentStatus.IDLE), agent("c", reason="quiet")


def three() -> Rows:
    rows = Rows()
    rows.replace_all([A, B, C])
    return rows


def test_a_change_names_only_the_rows_that_changed() -> None:
    assert three().change([replace(C, restarts=2)]) == [2]


def test_a_new_agent_comes_last_and_rearranges() -> None:
    rows = three()
    assert rows.change([agent("d")]) is None
    assert rows.shown == ["id-a", "id-b", "id-c", "id-d"]


def test_a_removed_agent_loses_its_mark() -> None:
    rows = three()
    rows.toggle("id-b")
    assert rows.change([], ["id-b"]) is None
    assert rows.marked == set()


def test_an_unknown_agent_can_be_removed() -> None:
    assert three().change([], ["nobody"]) == []


def test_the_filter_wants_every_word_somewhere_in_the_row() -> None:
    rows = three()
    rows.set_filter("RUNNING core")
    assert rows.shown == ["id-a"]


def test_an_agent_that_begins_to_match_appears() -> None:
    rows = three()
    rows.set_filter("idle")
    assert rows.change([replace(A, status=AgentStatus.IDLE)]) is None
    assert rows.shown == ["id-a", "id-b"]


def test_marking_all_marks_what_is_shown_and_then_nothing() -> None:
    rows = three()
    rows.set_filter("running")
    rows.toggle_all()
    assert rows.marked == {"id-a", "id-c"}
    rows.toggle_all()
    assert rows.marked == set()
