"""How a run ended, judged on what real agent programs printed."""

from pathlib import Path

import pytest

from descartes_tui.runner.backends import backends
from descartes_tui.runner.model.config import AgentConfig
from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.status import Verdict

CAPTURES = Path(__file__).parents[2] / "fixtures" / "captures"
TAIL = 64 * 1024

DONE, REFUSED, FAILED = Verdict.DONE, Verdict.DONE_WITH_REFUSALS, Verdict.FAILED
GAVE_UP, CUT, INTERRUPTED = Verdict.GAVE_UP, Verdict.CUT_OFF, Verdict.INTERRUPTED

SEEN = [  # program, version, case, exit (negative: signal), verdict
    ("claude", "2.1.330", "success", 0, DONE),
    ("claude", "2.1.330", "tool_fails", 0, DONE),
    ("claude", "2.1.330", "denied", 0, REFUSED),
    ("claude", "2.1.330", "error401", 1, GAVE_UP),
    ("claude", "2.1.330", "error500", 1, GAVE_UP),
    ("claude", "2.1.330", "cut", 0, DONE),  # it retried, and then it worked
    ("claude", "2.1.330", "garbage", 0, DONE),
    ("claude", "2.1.330", "sigint_text", 0, INTERRUPTED),
    ("claude", "2.1.330", "sigterm_text", 143, INTERRUPTED),
    ("codex", "0.169.0", "success", 0, DONE),
    ("codex", "0.169.0", "tool_fails", 0, DONE),
    ("codex", "0.169.0", "denied", 0, DONE),  # its sandbox refuses inside the tool: no event says so
    ("codex", "0.169.0", "error401", 1, GAVE_UP),
    ("codex", "0.169.0", "error500", 1, GAVE_UP),
    ("codex", "0.169.0", "cut", 1, GAVE_UP),
    ("codex", "0.169.0", "sigint_text", 1, FAILED),
    ("codex", "0.169.0", "sigterm_text", -15, INTERRUPTED),
    ("opencode", "1.18.33", "success", 0, DONE),
    ("opencode", "1.18.33", "tool_fails", 0, DONE),
    ("opencode", "1.18.33", "denied", 0, REFUSED),
    ("opencode", "1.18.33", "error401", 1, FAILED),
    ("opencode", "1.18.33", "garbage", 1, FAILED),
    ("opencode", "1.18.33", "cut", 0, CUT),
    ("opencode", "1.18.33", "sigint_text", -2, INTERRUPTED),
    ("opencode", "1.18.33", "sigterm_text", -15, INTERRUPTED),
    ("gemini", "0.61.0", "success", 0, DONE),
    ("gemini", "0.61.0", "tool_fails", 0, DONE),
    ("gemini", "0.61.0", "error401", 145, FAILED),
    ("gemini", "0.61.0", "cut", 1, FAILED),
    ("gemini", "0.61.0", "garbage", 1, FAILED),
    ("gemini", "0.61.0", "sigint_text", 0, CUT),  # exit code 0 and no result: nothing else gives it away
    ("gemini", "0.61.0", "sigterm_text", 0, CUT),
    ("copilot", "1.0.102", "success", 0, DONE),
    ("copilot", "1.0.102", "tool_fails", 0, DONE),
    ("copilot", "1.0.102", "denied", 0, REFUSED),
    ("copilot", "1.0.102", "error401", 1, GAVE_UP),
    ("copilot", "1.0.102", "error500", 1, GAVE_UP),
    ("copilot", "1.0.102", "sigint_text", -2, INTERRUPTED),
    ("copilot", "1.0.102", "sigterm_text", -15, INTERRUPTED),
    ("cline", "3.0.65", "success", 0, DONE),
    ("cline", "3.0.65", "tool_fails", 0, DONE),
    ("cline", "3.0.65", "denied", 0, REFUSED),
    ("cline", "3.0.65", "error401", 1, FAILED),
    ("cline", "3.0.65", "error500", 1, FAILED),
    ("cline", "3.0.65", "sigint_text", 0, CUT),
    ("aider", "0.86.2", "success", 0, DONE),
    ("aider", "0.86.2", "error401", 0, FAILED),
    ("aider", "0.86.2", "garbage", 0, GAVE_UP),
    ("aider", "0.86.2", "sigint_text", 0, INTERRUPTED),
    ("aider", "0.86.2", "sigterm_text", -15, INTERRUPTED),
]


def ended(number: int) -> ExitStatus:
    return ExitStatus(signal=-number) if number < 0 else ExitStatus(code=number)


def judged(name: str, exit_number: int, tail: bytes) -> Verdict:
    return backends()[name].verdict(AgentConfig("a", name, "Do it"), ended(exit_number), tail[-TAIL:])


@pytest.mark.parametrize(
    ("name", "version", "case", "exit_number", "verdict"), SEEN, ids=[f"{row[0]}-{row[2]}" for row in SEEN]
)
def test_a_run_is_judged_by_what_it_printed(
    name: str, version: str, case: str, exit_number: int, verdict: Verdict
) -> None:
    suffix = "txt" if name == "aider" else "jsonl"
    printed = (CAPTURES / f"{name}-{version}.{case}.{suffix}").read_bytes()
    assert judged(name, exit_number, printed) is verdict


def test_notes_between_the_events_do_no_harm() -> None:
    printed = (CAPTURES / "claude-2.1.330.success.jsonl").read_bytes()
    assert judged("claude", 0, b'cut off"}\n\xff\x00 {not json}\n[1]\n' + printed + b"a note\n{}\n") is DONE


def test_a_result_longer_than_the_tail_is_still_judged() -> None:
    for error, verdict in ((b"false", DONE), (b"true", FAILED)):
        line = b'{"result":"' + b"x" * TAIL + b'","is_error":' + error + b',"type":"result"}\n'
        assert judged("claude", 0, b'{"type":"system"}\n' + line) is verdict


def test_text_that_quotes_an_event_is_no_event() -> None:
    line = b'{"text":"' + b"x" * TAIL + b'{\\"type\\":\\"result\\",\\"is_error\\":false}"}\n'
    assert judged("claude", 0, line) is CUT


def test_a_spent_budget_is_named() -> None:
    line = b'{"type":"result","subtype":"error_max_budget_usd","is_error":true}\n'
    assert judged("claude", 1, line) is Verdict.OVER_BUDGET


@pytest.mark.parametrize("name", sorted(backends()))
def test_no_tail_breaks_a_verdict(name: str) -> None:
    nasty = [
        b"",
        b"\xff\xfe\x00",
        b"{" * 5000,
        b"[" * 60_000,
        b'{"type":["result"]}\n',
        b'{"type":"result"}\n',
    ]
    nasty += [b'{"type":"step_finish","part":[]}\n{"type":"tool_use","part":{"state":3}}\n', b"\n" * TAIL]
    for tail in nasty:
        for number in (0, 1, 143, -15, -9):
            assert isinstance(judged(name, number, tail), Verdict)


@pytest.mark.parametrize(
    ("exit_status", "verdict"),
    [
        (ExitStatus(code=0), DONE),
        (ExitStatus(code=3), FAILED),
        (ExitStatus(code=130), INTERRUPTED),
        (ExitStatus(signal=15), INTERRUPTED),
        (ExitStatus(signal=11), FAILED),
        (ExitStatus(), Verdict.UNKNOWN),
    ],
)
def test_a_command_is_judged_by_its_exit(exit_status: ExitStatus, verdict: Verdict) -> None:
    assert backends()["command"].verdict(AgentConfig("a", command="x"), exit_status, b"") is verdict


def test_the_configuration_says_which_codes_are_successes() -> None:
    config = AgentConfig("a", command="x", success_exit_codes=(0, 3, 143))
    for code in (0, 3, 143):
        assert backends()["command"].verdict(config, ExitStatus(code=code), b"") is DONE
    zero_fails = AgentConfig("a", command="x", success_exit_codes=(1,))
    assert backends()["command"].verdict(zero_fails, ExitStatus(code=0), b"") is FAILED
