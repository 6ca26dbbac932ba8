"""The registry of actions: complete, without clashes, and grey exactly where the runner refuses."""

import pytest

from descartes_tui.app.actions import ACTIONS, BY_ID, Needs, is_possible
from descartes_tui.app.deeds import DEEDS
from descartes_tui.runner.model.status import AgentStatus, is_allowed

FORBIDDEN = {"ctrl+b", "ctrl+s", "ctrl+q", "ctrl+z", "ctrl+c"}  # tmux, flow control, job control


def test_every_action_has_a_deed_and_every_deed_an_action() -> None:
    assert set(DEEDS) == set(BY_ID)


def test_no_two_actions_share_a_key_or_an_id() -> None:
    assert len({action.key for action in ACTIONS}) == len({action.id for action in ACTIONS}) == len(ACTIONS)
    assert not {action.key for action in ACTIONS} & FORBIDDEN


def test_the_keys_are_the_ones_that_people_know() -> None:
    assert "".join(action.key for action in ACTIONS if len(action.key) == 1) == "snprtkRidKF*/fwoTyxz?q"


@pytest.mark.parametrize("status", AgentStatus, ids=lambda status: status.value)
@pytest.mark.parametrize(
    "action", [action for action in ACTIONS if action.verb], ids=lambda action: action.id
)
def test_a_verb_is_possible_exactly_when_the_runner_allows_it(action: object, status: AgentStatus) -> None:
    possible = is_possible(action, [status], has_log=True)  # type: ignore[arg-type]
    assert possible == is_allowed(action.verb, status)  # type: ignore[attr-defined]


def test_without_agents_only_what_needs_none_is_possible() -> None:
    possible = {action.id for action in ACTIONS if is_possible(action, [], has_log=False)}
    assert possible == {action.id for action in ACTIONS if action.needs is Needs.NOTHING}


def test_one_able_agent_among_the_marked_is_enough() -> None:
    assert is_possible(BY_ID["pause"], [AgentStatus.COMPLETED, AgentStatus.RUNNING], has_log=True)
