"""What an agent waits for, and when waiting is pointless."""

import pytest

from descartes_tui.runner.fleet.depends import (
    Broken,
    Met,
    Other,
    Waiting,
    closure,
    combined,
    cycle,
    layers,
    overdue,
    standing,
)
from descartes_tui.runner.model.config import AgentConfig, Dependency, DependencyNeed
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus, Health

STARTED, HEALTHY = DependencyNeed.STARTED, DependencyNeed.HEALTHY
COMPLETED, LOG = DependencyNeed.COMPLETED, DependencyNeed.LOG
ALL_MET = {
    STARTED: {"running", "paused", "stopping", "backoff", "completed", "failed", "terminated", "idle"},
    HEALTHY: {"running"},
    COMPLETED: {"completed"},
    LOG: {status.value for status in AgentStatus},
}


def other(
    status: AgentStatus, *, wanted: bool = False, health: Health = Health.HEALTHY, seen: bool = True
) -> Other:
    return Other(AgentInfo("i", "db", status, run=1, started_at=1.0, health=health), wanted, lambda _: seen)


@pytest.mark.parametrize("need", DependencyNeed)
@pytest.mark.parametrize("status", AgentStatus)
def test_each_need_is_met_in_exactly_its_statuses(need: DependencyNeed, status: AgentStatus) -> None:
    found = standing(Dependency("db", need, pattern="ready"), other(status))
    assert isinstance(found, Met) is (status.value in ALL_MET[need])


@pytest.mark.parametrize("need", DependencyNeed)
def test_an_agent_that_is_about_to_start_meets_nothing_and_breaks_nothing(need: DependencyNeed) -> None:
    for status in (AgentStatus.TERMINATED, AgentStatus.FAILED, AgentStatus.IDLE):
        assert isinstance(standing(Dependency("db", need), other(status, wanted=True)), Waiting)


@pytest.mark.parametrize(
    ("need", "status", "reason"),
    [
        (HEALTHY, AgentStatus.FAILED, "dependency db failed"),
        (HEALTHY, AgentStatus.TERMINATED, "dependency db was stopped"),
        (HEALTHY, AgentStatus.COMPLETED, "dependency db ended before it was healthy"),
        (COMPLETED, AgentStatus.FAILED, "dependency db failed"),
        (COMPLETED, AgentStatus.TERMINATED, "dependency db was stopped"),
        (LOG, AgentStatus.COMPLETED, "dependency db ended and never printed 'ready'"),
    ],
)
def test_an_ending_breaks_what_can_no_longer_come_true(
    need: DependencyNeed, status: AgentStatus, reason: str
) -> None:
    found = standing(Dependency("db", need, pattern="ready"), other(status, seen=False))
    assert found == Broken(reason)


def test_waiting_names_whom_what_and_how_long() -> None:
    found = standing(Dependency("db", HEALTHY), other(AgentStatus.RUNNING, health=Health.UNKNOWN))
    assert found == Waiting("waiting for db to be healthy (bound 5m)")
    assert overdue(Dependency("db", HEALTHY)) == Broken("waited 5m in vain for db to be healthy")


def test_who_does_not_exist_is_not_waited_for() -> None:
    assert standing(Dependency("db"), None) == Broken("dependency db does not exist")


def test_the_worst_of_several_needs_decides() -> None:
    waiting, broken = Waiting("waiting for a"), Broken("dependency b failed")
    assert combined([Met(), Met()]) == Met()
    assert combined([Met(), waiting, waiting]) == Waiting("waiting for a and 1 more")
    assert combined([waiting, broken]) == broken
    assert combined([]) == Met()


def graph(**needs: str) -> dict[str, AgentConfig]:
    return {
        name: AgentConfig(name, depends_on=tuple(Dependency(one) for one in others.split()))
        for name, others in needs.items()
    }


def test_layers_begin_with_who_needs_nobody() -> None:
    assert layers(graph(web="db cache", db="", cache="disk", disk="")) == [["db", "disk"], ["cache"], ["web"]]


def test_layers_of_a_circle_are_one_last_layer() -> None:
    assert layers(graph(a="b", b="a", c="")) == [["c"], ["a", "b"]]


def test_a_circle_is_named_along_its_way() -> None:
    assert cycle(graph(a="b", b="c", c="b")) == ("b", "c", "b")
    assert cycle(graph(a="a")) == ("a", "a")
    assert cycle(graph(a="b c", b="d", c="d", d="")) == ()


def test_a_chain_of_thousands_is_no_problem() -> None:
    chain = graph(**{f"a{n}": f"a{n + 1}" for n in range(3000)}, a3000="")
    assert cycle(chain) == ()
    assert len(closure(["a0"], chain)) == 3001


def test_a_closure_holds_all_that_is_needed_in_the_order_of_the_file() -> None:
    assert closure(["web"], graph(db="disk", other="", web="db", disk="")) == ["db", "web", "disk"]
