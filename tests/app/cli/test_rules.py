"""Small decisions: which agents were meant, how several results add up, when a plain `up` is over."""

from typing import Any

import pytest

from descartes_tui.app.cli.actions import exit_code_of
from descartes_tui.app.cli.choose import choose
from descartes_tui.app.cli.exit import OF_CODE, CommandError, Exit
from descartes_tui.app.cli.plain_rules import Rules, is_over
from descartes_tui.app.cli.wait import worst_exit
from descartes_tui.runner.model.config import AgentConfig, FleetConfig, RestartPolicy, RestartWhen, StdinMode

AGENTS = [
    {"id": "aaaa1111", "name": "web"},
    {"id": "aaaa2222", "name": "web-2"},
    {"id": "bbbb3333", "name": "worker"},
]


def names(found: list[dict[str, Any]]) -> list[str]:
    return [agent["name"] for agent in found]


def test_agents_are_meant_by_name_id_beginning_or_pattern() -> None:
    assert names(choose(AGENTS, ["web"])) == ["web"]
    assert names(choose(AGENTS, ["bbbb3333"])) == ["worker"]
    assert names(choose(AGENTS, ["bbbb"])) == ["worker"]
    assert names(choose(AGENTS, ["web*", "web"])) == ["web", "web-2"]


@pytest.mark.parametrize(("word", "said"), [("wrker", "did you mean worker"), ("aaaa", "write more of it")])
def test_what_fits_nobody_or_several_is_refused(word: str, said: str) -> None:
    with pytest.raises(CommandError, match=said) as refusal:
        choose(AGENTS, [word])
    assert refusal.value.code == Exit.NO_SUCH_AGENT


def test_several_results_add_up() -> None:
    good, gone = {"ok": True}, {"ok": False, "code": "not_found"}
    refused = {"ok": False, "code": "refused"}
    assert exit_code_of([good, good]) == Exit.OK
    assert exit_code_of([good, refused]) == Exit.PARTLY
    assert exit_code_of([refused, refused]) == Exit.REFUSED
    assert exit_code_of([gone, refused]) == Exit.FAILED


def test_error_codes_of_the_wire_have_the_promised_exit_codes() -> None:
    assert {code: int(number) for code, number in OF_CODE.items()} == {
        "failed": 1,
        "bad_request": 2,
        "invalid_config": 2,
        "not_found": 4,
        "refused": 5,
        "timeout": 6,
        "spawn_failed": 1,
        "communication": 1,
    }


def test_waiting_passes_on_the_worst_exit_code() -> None:
    def ended(code: int | None, signal: int | None, status: str) -> dict[str, Any]:
        return {"exit_code": code, "exit_signal": signal, "status": status}

    assert worst_exit([ended(0, None, "completed"), ended(3, None, "failed")]) == 3
    assert worst_exit([ended(None, 9, "terminated")]) == 137
    assert worst_exit([ended(None, None, "failed")]) == 1


def fleet(*agents: AgentConfig) -> FleetConfig:
    return FleetConfig("s", agents)


JOB, SERVER = AgentConfig("job"), AgentConfig("server", tags=("service",))
ASKER = AgentConfig("asker", stdin=StdinMode.PIPE)
FOREVER = AgentConfig("forever", restart=RestartPolicy(when=RestartWhen.ALWAYS))
ALL = ("job", "server", "asker", "forever")


def state(**statuses: str) -> list[dict[str, Any]]:
    return [{"name": name, "status": status, "reason": ""} for name, status in statuses.items()]


def test_services_and_askers_do_not_keep_a_plain_up_alive() -> None:
    rules = Rules.of(fleet(JOB, SERVER, ASKER, FOREVER), ALL, everything=False)
    assert (rules.services, rules.asking) == (frozenset({"server", "forever"}), frozenset({"asker"}))
    assert rules.keeps_alive(state(job="running", server="running", asker="running"))
    assert not rules.keeps_alive(state(job="completed", server="running", asker="running"))


def test_on_a_terminal_everything_keeps_it_alive() -> None:
    rules = Rules.of(fleet(JOB, SERVER, ASKER), ALL, everything=True)
    assert rules.keeps_alive(state(job="completed", server="running"))


def test_nothing_but_services_goes_on() -> None:
    rules = Rules.of(fleet(SERVER, FOREVER), ("server", "forever"), everything=False)
    assert rules.keeps_alive(state(server="running", forever="running"))


def test_an_asker_among_services_is_what_is_waited_for() -> None:
    rules = Rules.of(fleet(SERVER, ASKER), ("server", "asker"), everything=False)
    assert rules.keeps_alive(state(server="running", asker="running"))
    assert not rules.keeps_alive(state(server="running", asker="completed"))


def test_a_fleet_is_over_when_nothing_will_run_again() -> None:
    assert is_over(state(a="completed", b="failed", c="terminated"))
    assert not is_over(state(a="completed", b="backoff"))
    assert not is_over([{"name": "a", "status": "idle", "reason": "waits for b"}])
