"""What happened to an agent, one line an event: which step, who was signalled with what, who asked."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from descartes_tui.app.plain_text import as_list, clock, plain, seconds, words
from descartes_tui.runner.model.signals import signal_name

Facts = Mapping[str, Any]

_FRAME: Final = frozenset(("seq", "at", "agent", "agent_id", "run", "kind"))
_MOST_NAMED: Final = 6


def event_row(event: Facts) -> tuple[str, str]:
    """Return when it was and what it was; kinds that are not known are told fact by fact."""
    facts = {key: value for key, value in event.items() if key not in _FRAME}
    kind = plain(event.get("kind"))
    told = _KINDS[kind](facts) if kind in _KINDS else [_rest(words(kind), facts)]
    return clock(seconds(event.get("at"))), " · ".join(part for part in told if part)


def _status(facts: Facts) -> Sequence[str]:
    step = f"{plain(facts.get('old'))} → {plain(facts.get('new'))}"
    reason, by = plain(facts.get("reason")), _by(facts)
    return step, reason, "" if reason.endswith(by) else by


def _signal(facts: Facts) -> Sequence[str]:
    reached, refused = facts.get("processes"), plain(facts.get("refused"))
    number = facts.get("signal")
    name = signal_name(number).removeprefix("SIG") if isinstance(number, int) else plain(number)
    count = (
        f"{reached} process" if reached == 1 else f"{reached if reached is not None else 'unknown'} processes"
    )
    text = f"{name} sent to {count}{_in_brackets(as_list(facts.get('pids')))}"
    return text, f"refused by {refused}" if refused else "", _by(facts)


def _swept(facts: Facts) -> Sequence[str]:
    told = []
    for one in as_list(facts.get("processes")):
        if isinstance(one, Mapping):
            told.append(
                f"{plain(one.get('name'))} {plain(one.get('pid'))} {_HOW.get(plain(one.get('how')), '')}"
            )
    return (f"left over: {_shortened(told)}",)


def _exit(facts: Facts) -> Sequence[str]:
    number, code = facts.get("signal"), facts.get("code")
    how = f"died of {signal_name(number)}" if isinstance(number, int) else f"exit code {plain(code)}"
    if number is None and code is None:
        how = "ended, nobody saw how"
    return how, f"pid {plain(facts.get('pid'))}" if facts.get("pid") else "", _by(facts)


def _action(facts: Facts) -> Sequence[str]:
    rest = {key: value for key, value in facts.items() if key not in ("verb", "by")}
    return _rest(plain(facts.get("verb")), rest), _by(facts)


def _by(facts: Facts) -> str:
    by = plain(facts.get("by"))
    return f"by {by}" if by else ""


def _rest(what: str, facts: Facts) -> str:
    return "  ".join(
        (what, *(f"{words(key)} {plain(value)}" for key, value in facts.items() if plain(value)))
    )


def _in_brackets(pids: Sequence[Any]) -> str:
    return f" ({_shortened([plain(pid) for pid in pids])})" if pids else ""


def _shortened(parts: Sequence[str]) -> str:
    more = f" and {len(parts) - _MOST_NAMED} more" if len(parts) > _MOST_NAMED else ""
    return ", ".join(parts[:_MOST_NAMED]) + more


_HOW: Final[Mapping[str, str]] = {"term": "ended by TERM", "kill": "killed", "kept": "kept running"}
_KINDS: Final[Mapping[str, Callable[[Facts], Sequence[str]]]] = {
    "status": _status,
    "signal": _signal,
    "swept": _swept,
    "exit": _exit,
    "action": _action,
}
