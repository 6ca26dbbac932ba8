"""Times as people write them."""

import time
from argparse import ArgumentTypeError

import pytest

from descartes_tui.app.cli.times import moment, seconds, stamp


@pytest.mark.parametrize(("text", "wanted"), [("5", 5.0), ("0.5", 0.5), ("1m30s", 90.0), ("500ms", 0.5)])
def test_durations(text: str, wanted: float) -> None:
    assert seconds(text) == wanted


@pytest.mark.parametrize("text", ["", "-1", "nan", "inf", "5 apples", "1e99"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="no duration"):
        seconds(text)


def test_moments() -> None:
    assert abs(moment("10m") - (time.time() - 600)) < 5
    assert moment("2026-01-31T12:00:00Z") == 1769860800.0
    assert stamp(moment("2026-01-31T12:00:00Z")) == "2026-01-31T12:00:00Z"
    assert time.localtime(moment("14:30"))[3:5] == (14, 30)


@pytest.mark.parametrize("text", ["", "yore", "25:00", "2026-13-01"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="no time"):
        moment(text)
