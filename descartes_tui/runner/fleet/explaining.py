"""Why an agent is in its state, and what happens next by itself."""

from descartes_tui.runner.fleet.record import Record
from descartes_tui.runner.model.config import RestartWhen
from descartes_tui.runner.model.status import AgentStatus


def why(record: Record) -> dict[str, object]:
    """Return `since` and `next_at` (seconds since 1970 or None), `who`, `cause` and `next` (texts)."""
    info = record.info
    return {
        "since": info.status_since,
        "who": record.who,
        "cause": info.reason,
        "next": _next(record),
        "next_at": info.next_at,
    }


def _next(record: Record) -> str:
    match record.info.status:
        case AgentStatus.IDLE:
            return "starts when nothing stands in the way" if record.wanted else "starts when asked to"
        case AgentStatus.STARTING:
            return "runs, or fails to start"
        case AgentStatus.BACKOFF:
            return "starts again"
        case AgentStatus.STOPPING:
            return (
                "starts again when it has ended" if record.wanted else "is killed if it has not ended by then"
            )
        case AgentStatus.PAUSED:
            return "goes on when resumed"
        case AgentStatus.RUNNING:
            return _after_ending(record)
        case _:
            return "starts when asked to"


def _after_ending(record: Record) -> str:
    match record.config.restart.when:
        case RestartWhen.ALWAYS:
            return "is restarted whenever it ends"
        case RestartWhen.ON_FAILURE:
            return "is restarted if it fails"
        case RestartWhen.NEVER:
            return "rests when it ends"
