"""Errors on the wire: each class of the model has a code, and comes back as the same class."""

from collections.abc import Mapping
from typing import Any, Final

from descartes_tui.runner.model.errors import (
    AgentError,
    CommunicationError,
    ExecutionError,
    InvalidConfig,
    NotFound,
    SpawnFailed,
    Timeout,
    TooManyAgents,
)
from descartes_tui.runner.model.status import IllegalStep


class BadRequest(AgentError):
    """A request that nobody can act on: not JSON, an unknown verb, an argument of the wrong type."""


_CODES: Final[Mapping[type[Exception], str]] = {
    BadRequest: "bad_request",
    InvalidConfig: "invalid_config",
    SpawnFailed: "spawn_failed",
    ExecutionError: "refused",
    IllegalStep: "refused",
    CommunicationError: "communication",
    NotFound: "not_found",
    Timeout: "timeout",
}
_CLASSES: Final[Mapping[str, type[AgentError]]] = {
    "bad_request": BadRequest,
    "invalid_config": InvalidConfig,
    "spawn_failed": SpawnFailed,
    "refused": ExecutionError,
    "communication": CommunicationError,
    "not_found": NotFound,
    "timeout": Timeout,
}
_FACTS: Final[Mapping[type[AgentError], Mapping[str, object]]] = {
    InvalidConfig: {"key": ""},
    SpawnFailed: {"agent": "", "cause": ""},
    TooManyAgents: {"agent": "", "cause": "", "limit": 0},
    ExecutionError: {"agent": ""},
    NotFound: {"agent": "", "close": ()},
    Timeout: {"what": "", "seconds": 0.0},
}
"""The attributes that travel, with what they are when the other side left them out."""


def code_of(error: Exception) -> str:
    """Return the code of docs/protocol.md for `error`; `failed` when no other fits."""
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), "failed")


def error_to_json(error: Exception) -> dict[str, Any]:
    """Return `code`, `message` and the facts of `error`, flat."""
    facts = next((_FACTS[kind] for kind in type(error).__mro__ if kind in _FACTS), {})
    return {
        "code": code_of(error),
        "message": str(error),
        **{name: getattr(error, name, default) for name, default in facts.items()},
    }


def error_from_json(data: object) -> AgentError:
    """Return the error as the class that was raised, with its message and facts; never raises."""
    told: Mapping[str, Any] = data if isinstance(data, dict) else {}
    kind = _CLASSES.get(str(told.get("code")), AgentError)
    if kind is SpawnFailed and "limit" in told:
        kind = TooManyAgents
    error = kind.__new__(kind)
    error.args = (str(told.get("message", "the supervisor refused and did not say why")),)
    for name, default in _FACTS.get(kind, {}).items():
        value = told.get(name, default)
        setattr(
            error, name, tuple(value) if isinstance(default, tuple) and isinstance(value, list) else value
        )
    return error
