"""From what a person types to agents: names, ids, unique beginnings of ids, globs, tags."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from descartes_tui.runner.model.errors import NotFound
from descartes_tui.runner.model.info import AgentInfo


def resolve(
    infos: Sequence[AgentInfo], agents: Sequence[str], *, everyone: bool = False, tags: Iterable[str] = ()
) -> list[str]:
    """Return ids in the order of `infos`, each once. NotFound when one of `agents` matches nothing."""
    if everyone:
        return [info.id for info in infos]
    found = {agent_id for selector in agents for agent_id in _matches(infos, selector)}
    wanted_tags = set(tags)
    found |= {info.id for info in infos if wanted_tags.intersection(info.tags)}
    if wanted_tags and not found:
        raise NotFound(f"tag {', '.join(sorted(wanted_tags))}")
    return [info.id for info in infos if info.id in found]


def _matches(infos: Sequence[AgentInfo], selector: str) -> list[str]:
    exact = [info.id for info in infos if selector in (info.name, info.id)]
    if exact:
        return exact
    beginning = [info.id for info in infos if selector and info.id.startswith(selector)]
    if len(beginning) == 1:
        return beginning
    globbed = [info.id for info in infos if fnmatchcase(info.name, selector)]
    if globbed:
        return globbed
    names = [info.name for info in infos]
    raise NotFound(selector, tuple(get_close_matches(selector, names, n=3)))
