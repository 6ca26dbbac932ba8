"""Why an agent is in its state, and what happens next by itself."""

from descartes_tui.runner.fleet.record import Record
from descartes_tui.runner.model.config import OnLimit, RestartWhen
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.runner.model.units import format_duration


def why(record: Record) -> dict[str, object]:
    """Return `since` and `next_at` (seconds since 1970 or None), `who`, `cause` and `next` (texts)."""
    info = record.info
    due = record.run.limit_due if record.run is not None and info.status is AgentStatus.RUNNING else None
    return {
        "since": info.status_since,
        "who": record.who,
        "cause": info.reason,
        "next": _next(record),
        "next_at": info.next_at if due is None else due,
    }


def _next(record: Record) -> str:
    match record.info.status:
        case AgentStatus.IDLE:
            return (record.outlook or "starts") if record.wanted else "starts when asked to"
        case AgentStatus.STARTING:
            return "runs, or fails to start"
        case AgentStatus.BACKOFF:
            return (record.outlook or "starts again") if record.wanted else "starts again"
        case AgentStatus.STOPPING:
            return _after_stop(record)
        case AgentStatus.PAUSED:
            return "goes on when resumed"
        case AgentStatus.RUNNING:
            return _while_it_runs(record)
        case _:
            return "starts when asked to"


def _after_stop(record: Record) -> str:
    stop = record.run.stop if record.run is not None else None
    killed = stop is not None and stop.ladder.killed
    step = (
        "is looked at again if it has not ended by then"
        if killed
        else "is killed if it has not ended by then"
    )
    return f"starts again when it has ended, {step}" if record.wanted else step


def _while_it_runs(record: Record) -> str:
    limits, text = record.config.limits, _after_ending(record)
    if limits is None or limits.runtime is None or record.run is None or record.run.limit_due is None:
        return text
    deed = {OnLimit.WARN: "is warned about", OnLimit.PAUSE: "is paused", OnLimit.STOP: "is stopped"}
    return f"{text}; {deed[limits.on_limit]} at its runtime limit of {format_duration(limits.runtime)}"


def _after_ending(record: Record) -> str:
    match record.config.restart.when:
        case RestartWhen.ALWAYS:
            return "is restarted whenever it ends"
        case RestartWhen.ON_FAILURE:
            return "is restarted if it fails"
        case RestartWhen.NEVER:
            return "rests when it ends"
