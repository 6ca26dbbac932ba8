"""What is asked of an agent that is not in a state for it: refused, with what to do instead."""

from typing import Final

from descartes_tui.runner.model.errors import ExecutionError
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import Verb, is_allowed

REMEDIES: Final = {
    Verb.START: "it runs already; to run it anew, restart it",
    Verb.STOP: "there is nothing to stop",
    Verb.KILL: "there is nothing to kill",
    Verb.PAUSE: "only what runs can be paused; start it first",
    Verb.RESUME: "only what is paused can be resumed; start it first",
    Verb.SEND: "input is taken while it runs; start it first",
    Verb.SIGNAL: "there is no process to signal; start it first",
    Verb.REMOVE: "stop it first",
}


def require(verb: Verb, info: AgentInfo) -> None:
    """Raise ExecutionError where the table of allowed verbs does not list this status."""
    if not is_allowed(verb, info.status):
        raise ExecutionError(info.name, f"cannot {verb.value}: it is {info.status.value}; {REMEDIES[verb]}")
