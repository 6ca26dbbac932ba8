"""Where the thumb of a scrollbar stands."""

import pytest

from descartes_tui.widgets.scrollbar import thumb, top_at


def test_no_thumb_where_everything_is_seen() -> None:
    assert thumb(0, 10, 10) is None
    assert thumb(0, 0, 10) is None


@pytest.mark.parametrize("total", [11, 25, 1000, 1_000_000])
def test_the_thumb_reaches_both_ends(total: int) -> None:
    first, last = thumb(0, 10, total), thumb(total - 10, 10, total)
    assert first is not None and first.start == 0
    assert last is not None and last.end == 10


def test_grasping_the_bar_reaches_both_ends() -> None:
    assert top_at(0, 10, 100) == 0
    assert top_at(9, 10, 100) == 90
