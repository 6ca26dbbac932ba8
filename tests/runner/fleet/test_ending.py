"""How runs that are over are judged."""

import pytest

from descartes_tui.runner.fleet.ending import (
    Request,
    describe,
    describe_swept,
    judge_exit,
    judge_lost,
    judge_request,
    signal_of,
)
from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.run import Swept
from descartes_tui.runner.model.status import Verdict

DONE, REFUSED, FAILED, CUT = Verdict.DONE, Verdict.DONE_WITH_REFUSALS, Verdict.FAILED, Verdict.CUT_OFF


@pytest.mark.parametrize(
    ("exit_status", "success", "opinion", "status", "verdict", "reason"),
    [
        (ExitStatus(0), (0,), DONE, "completed", DONE, "exit code 0"),
        (ExitStatus(0), (0,), REFUSED, "completed", REFUSED, "exit code 0"),
        (ExitStatus(0), (0,), CUT, "failed", CUT, "cut off, although with exit code 0"),
        (ExitStatus(1), (0,), FAILED, "failed", FAILED, "exit code 1"),
        (ExitStatus(3), (0, 3), FAILED, "completed", DONE, "exit code 3"),
        (ExitStatus(0), (7,), DONE, "failed", FAILED, "exit code 0"),
        (ExitStatus(signal=11), (0,), FAILED, "failed", FAILED, "killed by SIGSEGV"),
        (ExitStatus(signal=64), (0,), FAILED, "failed", FAILED, "killed by SIGRTMAX"),
    ],
)
def test_an_ending_by_itself(
    exit_status: ExitStatus,
    success: tuple[int, ...],
    opinion: Verdict,
    status: str,
    verdict: Verdict,
    reason: str,
) -> None:
    found = judge_exit(exit_status, success, opinion, oom=False)
    assert (found.status.value, found.verdict, found.reason) == (status, verdict, reason)


def test_the_out_of_memory_killer_is_named() -> None:
    found = judge_exit(ExitStatus(signal=9), (0,), FAILED, oom=True)
    assert (found.verdict, found.reason) == (Verdict.OUT_OF_MEMORY, "killed by the out-of-memory killer")


def test_who_ended_within_the_grace_was_interrupted() -> None:
    found = judge_request(Request("person", killed_after_grace=False, grace=5.0), ExitStatus(0))
    assert (found.status.value, found.verdict) == ("terminated", Verdict.INTERRUPTED)
    assert found.reason == "stopped by person: exit code 0"


def test_who_did_not_was_killed_after_it() -> None:
    found = judge_request(Request("person", killed_after_grace=True, grace=5.0), ExitStatus(signal=9))
    assert (found.verdict, found.reason) == (
        Verdict.KILLED_AFTER_GRACE,
        "stopped by person: killed after 5s of grace",
    )


def test_an_exit_that_nobody_saw_is_unknown() -> None:
    assert judge_lost().verdict is Verdict.UNKNOWN
    assert describe(ExitStatus()) == "unknown exit"


def test_leftovers_are_counted_and_named() -> None:
    killed = (Swept(1, "node", "kill"), Swept(2, "npm exec", "term"), Swept(3, "node", "kill"))
    assert describe_swept(killed) == "3 leftovers killed: node (2), npm exec"
    assert describe_swept((Swept(1, "daemon", "kept"),)) == "1 leftover kept running: daemon"
    assert describe_swept(()) == ""
    assert describe_swept(tuple(Swept(n, f"p{n}", "kill") for n in range(9))).endswith(", …")


@pytest.mark.parametrize(
    ("exit_status", "number"), [(ExitStatus(signal=2), 2), (ExitStatus(130), 2), (ExitStatus(1), 0)]
)
def test_a_shell_reports_signals_as_codes(exit_status: ExitStatus, number: int) -> None:
    assert signal_of(exit_status) == number
