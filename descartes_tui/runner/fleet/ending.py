"""How a run that is over is to be judged: its status, its verdict, and one line that says why."""

from collections import Counter
from dataclasses import dataclass

from descartes_tui.runner.fleet.ladder import short_signal
from descartes_tui.runner.fleet.who import ITSELF, THE_FLEET
from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.run import Swept
from descartes_tui.runner.model.signals import signal_name
from descartes_tui.runner.model.status import AgentStatus, Verdict
from descartes_tui.runner.model.units import format_duration

GOOD = frozenset({Verdict.DONE, Verdict.DONE_WITH_REFUSALS})
SIGKILL = 9


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asked the run to end: `by` whom, and whether KILL had to be sent because time ran out."""

    by: str
    killed_after_grace: bool = False
    grace: float = 0.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to write down about a run that is over."""

    status: AgentStatus
    verdict: Verdict
    reason: str
    by: str = ITSELF


def judge_request(request: Request, exit_status: ExitStatus) -> Judgement:
    """Judge a run that was asked to end."""
    if request.killed_after_grace and exit_status.signal == SIGKILL:
        reason = f"stopped by {request.by}: killed after {format_duration(request.grace)} of grace"
        return Judgement(AgentStatus.TERMINATED, Verdict.KILLED_AFTER_GRACE, reason, request.by)
    reason = f"stopped by {request.by}: {describe(exit_status)}"
    return Judgement(AgentStatus.TERMINATED, Verdict.INTERRUPTED, reason, request.by)


def judge_exit(
    exit_status: ExitStatus, success: tuple[int, ...], opinion: Verdict, *, oom: bool
) -> Judgement:
    """Judge a run that ended by itself; `opinion` is its backend's."""
    if oom:
        return Judgement(
            AgentStatus.FAILED, Verdict.OUT_OF_MEMORY, "killed by the out-of-memory killer", "the system"
        )
    text = describe(exit_status)
    if exit_status.code is None or exit_status.code not in success:
        bad = Verdict.FAILED if opinion in GOOD else opinion
        return Judgement(AgentStatus.FAILED, bad, text)
    if opinion in GOOD or exit_status.code != 0:
        return Judgement(AgentStatus.COMPLETED, opinion if opinion in GOOD else Verdict.DONE, text)
    words = opinion.value.replace("_", " ")
    return Judgement(AgentStatus.FAILED, opinion, f"{words}, although with {text}")


def judge_lost() -> Judgement:
    """Judge a run whose end was seen by nobody."""
    reason = "its keeper was killed: how it ended, nobody saw"
    return Judgement(AgentStatus.FAILED, Verdict.UNKNOWN, reason, THE_FLEET)


def describe(exit_status: ExitStatus) -> str:
    """Return `exit code 1` or `killed by SIGSEGV`."""
    if exit_status.signal is not None:
        return f"killed by {signal_name(exit_status.signal)}"
    return "unknown exit" if exit_status.code is None else f"exit code {exit_status.code}"


def signal_of(exit_status: ExitStatus) -> int:
    """Return the number of the signal that ended a run, also where a shell reports it as 128 + n; else 0."""
    if exit_status.signal is not None:
        return exit_status.signal
    return exit_status.code - 128 if exit_status.code is not None and exit_status.code > 128 else 0


def describe_swept(swept: tuple[Swept, ...]) -> str:
    """Return `3 leftovers killed: npm exec, node (2)`, "" when there were none."""
    ended = [one for one in swept if one.how != "kept"]
    kept = [one for one in swept if one.how == "kept"]
    parts = [_count(ended, "killed"), _count(kept, "kept running")]
    return "; ".join(part for part in parts if part)


def _count(swept: list[Swept], what: str) -> str:
    if not swept:
        return ""
    names = Counter(one.name for one in swept)
    shown = ", ".join(name if count == 1 else f"{name} ({count})" for name, count in names.most_common(4))
    more = ", …" if len(names) > 4 else ""
    return f"{len(swept)} leftover{'s' if len(swept) > 1 else ''} {what}: {shown}{more}"


def describe_signal(number: int, processes: int) -> str:
    """Return `TERM sent to 3 processes`."""
    return f"{short_signal(number)} sent to {count_processes(processes)}"


def count_processes(count: int) -> str:
    """Return `1 process` or `3 processes`."""
    return f"{count} process{'' if count == 1 else 'es'}"
