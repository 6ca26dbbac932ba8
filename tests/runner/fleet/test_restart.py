"""Which endings are followed by a restart, how soon, and when it is given up."""

import pytest

from descartes_tui.runner.fleet.restart import (
    Again,
    Decision,
    GiveUp,
    NoRestart,
    RestartHistory,
    delay_before,
)
from descartes_tui.runner.model.config import RestartPolicy, RestartWhen

NEVER, ON_FAILURE, ALWAYS = RestartWhen.NEVER, RestartWhen.ON_FAILURE, RestartWhen.ALWAYS


def decide(history: RestartHistory, policy: RestartPolicy, now: float, *, failed: bool = True) -> Decision:
    return history.decide(policy, failed=failed, lasted=0.5, now=now, chance=lambda: 0.5)


@pytest.mark.parametrize(
    ("when", "failed", "restarts"),
    [
        (NEVER, True, False),
        (NEVER, False, False),
        (ON_FAILURE, True, True),
        (ON_FAILURE, False, False),
        (ALWAYS, True, True),
        (ALWAYS, False, True),
    ],
)
def test_the_policy_decides_whether_a_restart_follows(
    when: RestartWhen, failed: bool, restarts: bool
) -> None:
    found = decide(RestartHistory(), RestartPolicy(when), 0.0, failed=failed)
    assert isinstance(found, Again) is restarts
    assert isinstance(found, NoRestart) is not restarts


def test_the_delay_doubles_up_to_the_longest() -> None:
    policy = RestartPolicy(ALWAYS, backoff_min=1.0, backoff_max=10.0)
    assert [delay_before(n, policy, 0.5) for n in range(2, 5)] == [2.0, 4.0, 8.0]
    assert [delay_before(n, policy, 1.0) for n in (1, 4, 5, 1000)] == [1.1, 8.8, 10.0, 10.0]


@pytest.mark.parametrize("attempt", [1, 2, 3, 7, 60, 10_000])
@pytest.mark.parametrize("chance", [0.0, 0.3, 0.999])
def test_no_delay_is_shorter_than_the_shortest_or_longer_than_the_longest(
    attempt: int, chance: float
) -> None:
    policy = RestartPolicy(ALWAYS, backoff_min=0.5, backoff_max=60.0)
    assert 0.5 <= delay_before(attempt, policy, chance) <= 60.0


def test_a_longest_below_the_shortest_counts_as_the_shortest() -> None:
    assert delay_before(3, RestartPolicy(ALWAYS, backoff_min=5.0, backoff_max=1.0), 0.7) == 5.0


def test_agents_that_fell_together_do_not_rise_together() -> None:
    policy = RestartPolicy(ALWAYS)
    assert delay_before(3, policy, 0.1) != delay_before(3, policy, 0.9)


def test_after_max_restarts_within_the_time_it_is_given_up() -> None:
    history, policy = RestartHistory(), RestartPolicy(ALWAYS, max=2, within=600.0)
    assert [type(decide(history, policy, now)) for now in (0.0, 10.0, 20.0)] == [Again, Again, GiveUp]
    assert decide(history, policy, 30.0) == GiveUp("gave up: 2 restarts within 10m")


def test_restarts_of_long_ago_do_not_count() -> None:
    history, policy = RestartHistory(), RestartPolicy(ALWAYS, max=2, within=600.0)
    found = [decide(history, policy, now) for now in (0.0, 500.0, 700.0, 1200.0)]
    assert [one.count for one in found if isinstance(one, Again)] == [1, 2, 2, 2]


def test_no_max_is_no_bound() -> None:
    history, policy = RestartHistory(), RestartPolicy(ALWAYS, max=0)
    assert all(isinstance(decide(history, policy, 1.0), Again) for _ in range(200))


def test_a_run_that_lasted_well_makes_the_next_delay_short_again() -> None:
    history, policy = RestartHistory(), RestartPolicy(ALWAYS, max=0, backoff_max=20.0)
    for now in range(5):
        decide(history, policy, float(now))
    found = history.decide(policy, failed=True, lasted=21.0, now=100.0, chance=lambda: 0.0)
    assert isinstance(found, Again)
    assert found.delay == 1.0


def test_what_a_person_starts_by_hand_has_a_fresh_count() -> None:
    history, policy = RestartHistory([1.0, 2.0]), RestartPolicy(ALWAYS, max=2)
    assert isinstance(decide(history, policy, 3.0), GiveUp)
    history.forget()
    assert decide(history, policy, 3.0) == Again(1.05, 1)
