"""What an agent waits for before it starts, and when waiting has become pointless. Logic only."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from descartes_tui.runner.model.config import AgentConfig, Dependency, DependencyNeed
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus, Health
from descartes_tui.runner.model.units import format_duration

MOST_SAID: Final = 200  # characters of a cause, which may itself name a cause


@dataclass(frozen=True, slots=True)
class Met:
    """The need is fulfilled."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not yet; `reason` names what for, `left` is how many seconds are left until it is given up."""

    reason: str
    left: float = field(default=math.inf, compare=False)


@dataclass(frozen=True, slots=True)
class Broken:
    """It can no longer come true; `reason` says why, `agent` because of whom."""

    reason: str
    agent: str = field(default="", compare=False)


Standing = Met | Waiting | Broken


@dataclass(frozen=True, slots=True)
class Other:
    """The agent that is depended on: its picture, and whether a pattern has been seen in its present log.

    `wanted`: it is about to be started (again), so what its last run was like does not matter.
    """

    info: AgentInfo
    wanted: bool
    seen: Callable[[str], bool]


def standing(dependency: Dependency, other: Other | None) -> Standing:
    """Judge one dependency."""
    if other is None:
        return Broken(f"dependency {dependency.agent} does not exist", dependency.agent)
    if not other.wanted and _is_met(dependency, other):
        return Met()
    if not other.wanted and (why := _why_never(dependency, other.info)) is not None:
        return Broken(f"dependency {why}", dependency.agent)
    bound = _short(dependency.timeout)
    return Waiting(f"waiting for {dependency.agent} {_goal(dependency)} (bound {bound})")


def overdue(dependency: Dependency) -> Broken:
    """Return what becomes of a dependency whose `timeout` is over."""
    reason = f"waited {_short(dependency.timeout)} in vain for {dependency.agent} {_goal(dependency)}"
    return Broken(reason, dependency.agent)


def combined(standings: Sequence[Standing]) -> Standing:
    """Return what stands between an agent and its start: the first broken need, else the first open one."""
    for found in standings:
        if isinstance(found, Broken):
            return found
    waiting = [found for found in standings if isinstance(found, Waiting)]
    if len(waiting) > 1:
        left = min(found.left for found in waiting)
        return Waiting(f"{waiting[0].reason} and {len(waiting) - 1} more", left)
    return waiting[0] if waiting else Met()


def _is_met(dependency: Dependency, other: Other) -> bool:
    info = other.info
    match dependency.need:
        case DependencyNeed.STARTED:
            return info.started_at is not None and info.status is not AgentStatus.STARTING
        case DependencyNeed.HEALTHY:
            return info.status is AgentStatus.RUNNING and info.health is Health.HEALTHY
        case DependencyNeed.COMPLETED:
            return info.status is AgentStatus.COMPLETED
        case DependencyNeed.LOG:
            return info.run > 0 and other.seen(dependency.pattern)


def _why_never(dependency: Dependency, info: AgentInfo) -> str | None:
    """Return why the need can never be fulfilled, None while it still can."""
    if not info.status.has_ended:
        return None
    if info.status is AgentStatus.FAILED:
        return f"{info.name} failed: {info.reason}"[:MOST_SAID] if info.reason else f"{info.name} failed"
    if info.status is AgentStatus.TERMINATED:
        return f"{info.name} was stopped"
    if dependency.need is DependencyNeed.LOG:
        return f"{info.name} ended and never printed {dependency.pattern!r}"
    return f"{info.name} ended before it was {dependency.need.value}"


def _goal(dependency: Dependency) -> str:
    match dependency.need:
        case DependencyNeed.STARTED:
            return "to start"
        case DependencyNeed.HEALTHY:
            return "to be healthy"
        case DependencyNeed.COMPLETED:
            return "to complete"
        case DependencyNeed.LOG:
            return f"to print {dependency.pattern!r}"


def _short(seconds: float) -> str:
    return format_duration(seconds).removesuffix("00s").removesuffix("00m")


def closure(names: Iterable[str], configs: Mapping[str, AgentConfig]) -> list[str]:
    """Return `names` and all that they depend on, directly or not, in the order of `configs`."""
    wanted, todo = set[str](), list(names)
    while todo:
        name = todo.pop()
        if name in configs and name not in wanted:
            wanted.add(name)
            todo.extend(dependency.agent for dependency in configs[name].depends_on)
    return [name for name in configs if name in wanted]


def layers(configs: Mapping[str, AgentConfig]) -> list[list[str]]:
    """Return names in layers: who depends on nobody first. Members of a cycle come last, together."""
    left, done, result = dict(configs), set[str](), list[list[str]]()
    while left:
        layer = [name for name, config in left.items() if not _needs(config, left, done)]
        layer = layer or list(left)
        result.append(layer)
        done.update(layer)
        for name in layer:
            del left[name]
    return result


def _needs(config: AgentConfig, left: Mapping[str, AgentConfig], done: set[str]) -> bool:
    return any(d.agent in left and d.agent not in done for d in config.depends_on)


def cycle(configs: Mapping[str, AgentConfig]) -> tuple[str, ...]:
    """Return the names along one cycle, the first one repeated at the end; () when there is none."""
    finished = set[str]()
    for start in configs:
        if found := _walk(start, configs, finished):
            return found
    return ()


def _walk(start: str, configs: Mapping[str, AgentConfig], finished: set[str]) -> tuple[str, ...]:
    """Walk depth-first from `start` without recursion: a chain may be longer than Python's stack."""
    path, pending = [start], [_targets(start, configs)]
    while path:
        if not pending[-1]:
            finished.add(path.pop())
            pending.pop()
        elif (target := pending[-1].pop()) in path:
            return (*path[path.index(target) :], target)
        elif target not in finished:
            path.append(target)
            pending.append(_targets(target, configs))
    return ()


def _targets(name: str, configs: Mapping[str, AgentConfig]) -> list[str]:
    return [d.agent for d in configs[name].depends_on if d.agent in configs] if name in configs else []
