"""Who can bring a status about, in the words that the history and `show` use."""

from typing import Final

PERSON: Final = "person"
THE_FLEET: Final = "the fleet"  # what goes on by itself: starts that were asked for, adoption, checks
ITSELF: Final = "the agent itself"
RESTART_POLICY: Final = "the restart policy"
HEALTH_PROBE: Final = "the health probe"
LIMIT: Final = " limit"


def by_limit(limit: str) -> str:
    """Return `the memory limit`."""
    return f"the {'process' if limit == 'processes' else limit}{LIMIT}"


def is_limit(who: str) -> bool:
    """True for what `by_limit` returns."""
    return who.startswith("the ") and who.endswith(LIMIT)


def by_dependency(agent: str) -> str:
    """Return `the dependency on db`."""
    return f"the dependency on {agent}"
