"""The rungs of a stop."""

import pytest

from descartes_tui.runner.fleet.ladder import LOOK_AGAIN, Kill, Look, Say, Send, StopLadder
from descartes_tui.runner.model.config import StopPolicy

SPEAKING = StopPolicy(stdin="exit\n", signal="INT", grace=5.0)


def test_a_ladder_without_words_signals_then_kills_then_looks() -> None:
    ladder = StopLadder(StopPolicy())
    rungs = [(ladder.climb(now), ladder.killed) for now in (100.0, 105.0, 110.0, 115.0)]
    assert rungs == [
        (Send(15, 105.0, "KILL"), False),
        (Kill(105.0 + LOOK_AGAIN), True),
        (Look(110.0 + LOOK_AGAIN), True),
        (Look(115.0 + LOOK_AGAIN), True),
    ]


def test_words_come_first_where_they_can_be_heard() -> None:
    ladder = StopLadder(SPEAKING, takes_input=True)
    assert [ladder.climb(t) for t in (0.0, 5.0, 10.0)] == [
        Say("exit\n", 5.0, "INT"),
        Send(2, 10.0, "KILL"),
        Kill(10.0 + LOOK_AGAIN),
    ]


def test_words_are_spared_where_nobody_listens() -> None:
    assert StopLadder(SPEAKING, takes_input=False).climb(0.0) == Send(2, 5.0, "KILL")


def test_a_given_grace_replaces_the_policys() -> None:
    assert StopLadder(SPEAKING, grace=0.5).climb(0.0) == Send(2, 0.5, "KILL")
    assert StopLadder(SPEAKING, grace=-3.0).climb(0.0) == Send(2, 0.0, "KILL")


@pytest.mark.parametrize(
    ("grace", "shortened", "until"), [(1.0, True, 103.0), (3.0, False, 105.0), (60.0, False, 105.0)]
)
def test_a_second_stop_shortens_but_never_lengthens(grace: float, shortened: bool, until: float) -> None:
    ladder = StopLadder(StopPolicy())
    ladder.climb(100.0)
    assert ladder.hurry(102.0, grace) is shortened
    assert ladder.until == until


def test_a_kill_skips_every_rung() -> None:
    ladder = StopLadder(SPEAKING, takes_input=True)
    ladder.climb(0.0)
    assert ladder.kill(1.0) == Kill(1.0 + LOOK_AGAIN)
    assert ladder.climb(6.0) == Look(6.0 + LOOK_AGAIN)
    assert not ladder.hurry(7.0, 0.0)
