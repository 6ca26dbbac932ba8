"""Asking the fleet to act on agents, and telling in one sentence what did not work and what to do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from descartes_tui.app.feed import Feed
from descartes_tui.runner.logs.sanitize import safe_text
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import Verb, is_allowed

_DOING: Final[Mapping[Verb, str]] = {
    Verb.START: "start", Verb.STOP: "terminate", Verb.KILL: "kill", Verb.PAUSE: "pause",
    Verb.RESUME: "resume", Verb.RESTART: "restart", Verb.SEND: "send input to",
}  # fmt: skip
_REMEDY: Final[Mapping[str, str]] = {
    "refused": "Press d to see why it is where it is.",
    "not_found": "It is gone; another screen or command may have removed it.",
    "timeout": "It goes on in the background; press k to kill it.",
    "communication": "Try again when the header says that the supervisor is back.",
    "spawn_failed": "Press d for its configuration; correct it, then press s.",
    "invalid_config": "Correct its configuration, then press s.",
}
_OTHER_REMEDY: Final = "Press d for details, or look into the supervisor's log."


@dataclass(frozen=True, slots=True)
class Trouble:
    """What did not work: the sentence, and whether it is a warning only."""

    text: str
    warning: bool = False


async def ask(feed: Feed, verb: Verb, agents: Sequence[AgentInfo]) -> list[Trouble]:
    """Ask for `verb` on those agents that are in a state for it; never waits for a process to end."""
    able = [info for info in agents if is_allowed(verb, info.status)]
    troubles = [_passed_over(verb, agents, able)] if len(able) < len(agents) else []
    if not able:
        return troubles
    more = {"wait": False} if verb in (Verb.STOP, Verb.KILL) else {}
    try:
        answer = await feed.call(verb.value, agents=[info.id for info in able], **more)
    except Exception as error:  # whatever it is, the person is told, and the screen lives on
        return [*troubles, trouble(verb, ", ".join(info.name for info in able), error)]
    return troubles + [_refusal(verb, result) for result in _results(answer) if not result.get("ok", True)]


def trouble(verb: Verb, names: str, error: Exception) -> Trouble:
    """Return what to say when asking itself failed."""
    return _sentence(verb, names, str(getattr(error, "code", "")), str(error) or type(error).__name__)


def _results(answer: Any) -> list[Mapping[str, Any]]:
    return [result for result in answer if isinstance(result, Mapping)] if isinstance(answer, list) else []


def _refusal(verb: Verb, result: Mapping[str, Any]) -> Trouble:
    return _sentence(verb, str(result.get("agent")), str(result.get("code")), str(result.get("message")))


def _sentence(verb: Verb, names: str, code: str, message: str) -> Trouble:
    cause = safe_text(message.removeprefix(f"{names}: ")).rstrip(".")
    return Trouble(
        f"Could not {_DOING[verb]} {safe_text(names)}: {cause}. {_REMEDY.get(code, _OTHER_REMEDY)}"
    )


def _passed_over(verb: Verb, agents: Sequence[AgentInfo], able: Sequence[AgentInfo]) -> Trouble:
    left = [info for info in agents if info not in able]
    names = ", ".join(f"{info.name} ({info.status.value})" for info in left[:5])
    more = f" and {len(left) - 5} more" if len(left) > 5 else ""
    return Trouble(f"Nothing to {_DOING[verb]}: {names}{more}.", warning=True)
