"""Which agents were meant by a name, an id, the beginning of one, or a pattern."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from descartes_tui.app.cli.exit import CommandError, Exit


def choose(agents: Sequence[dict[str, Any]], wanted: Sequence[str]) -> list[dict[str, Any]]:
    """Return the agents that `wanted` names, each once, in the order of `wanted`; CommandError for no match."""
    chosen: dict[str, dict[str, Any]] = {}
    for word in wanted:
        chosen |= {agent["id"]: agent for agent in _matches(agents, word)}
    return list(chosen.values())


def _matches(agents: Sequence[dict[str, Any]], word: str) -> list[dict[str, Any]]:
    exact = [agent for agent in agents if word in (agent["name"], agent["id"])]
    if exact:
        return exact[:1]
    beginning = [agent for agent in agents if len(word) >= 4 and agent["id"].startswith(word)]
    if len(beginning) > 1:
        names = ", ".join(agent["name"] for agent in beginning)
        raise CommandError(f"{word!r} begins the ids of {names}; write more of it", Exit.NO_SUCH_AGENT)
    found = beginning or [agent for agent in agents if fnmatchcase(agent["name"], word)]
    if not found:
        raise CommandError(f"no agent {word!r}{_hint(agents, word)}", Exit.NO_SUCH_AGENT)
    return found


def _hint(agents: Sequence[dict[str, Any]], word: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, [agent["name"] for agent in agents], n=1)
    return f"; did you mean {close[0]}?" if close else "; `descartes-tui ps --all` lists them"
