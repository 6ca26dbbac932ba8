"""An agent to JSON and back, as docs/protocol.md promises it: all that the screen needs to read on its way up."""

from typing import Any, Final

import msgspec

from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.wire.faults import BadRequest
from descartes_tui.runner.wire.times import format_time, parse_time

Json = dict[str, Any]

_AGENT_TIMES: Final = ("started_at", "ended_at", "status_since", "next_at", "last_output_at")


def agent_to_json(info: AgentInfo) -> Json:
    """Return the stable JSON form of an agent, the one that `ps --json` prints."""
    return {
        "id": info.id,
        "name": info.name,
        "status": info.status.value,
        "reason": info.reason,
        "backend": info.backend,
        "tags": list(info.tags),
        "pid": info.pid,
        "run": info.run,
        "restarts": info.restarts,
        "started_at": format_time(info.started_at),
        "ended_at": format_time(info.ended_at),
        "exit_code": info.exit_code,
        "exit_signal": info.exit_signal,
        "verdict": info.verdict.value if info.verdict else None,
        "health": info.health.value,
        "activity": info.activity,
        "usage": {
            "cpu_percent": info.usage.cpu_percent,
            "memory_bytes": info.usage.memory_bytes,
            "processes": info.usage.processes,
        },
        "tokens": {"input": info.tokens.input, "output": info.tokens.output},
        "cost_usd": info.cost_usd,
        "session_id": info.session_id,
        "log_path": info.log_path,
        "status_since": format_time(info.status_since),
        "next_at": format_time(info.next_at),
        "takes_input": info.takes_input,
        "tty": info.tty,
        "last_output_at": format_time(info.last_output_at),
        "log_bytes": info.log_bytes,
        "command_line": info.command_line,
        "autostart": info.autostart,
    }


def agent_from_json(data: object) -> AgentInfo:
    """Return the agent that `data` describes; BadRequest names the key that is wrong."""
    if not isinstance(data, dict):
        raise BadRequest(f"an agent is an object, not {type(data).__name__}")
    values = dict(data)
    for key in _AGENT_TIMES:
        if values.get(key) is not None:
            values[key] = time_from_json(values[key], key)
    try:
        return msgspec.convert(values, AgentInfo)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadRequest(f"agent: {error}") from None


def time_from_json(value: object, key: str) -> float:
    """Return seconds since 1970; BadRequest names `key` where `value` is no time."""
    try:
        return parse_time(value if isinstance(value, str) else repr(value))
    except ValueError as error:
        raise BadRequest(f"{key}: {error}") from None
