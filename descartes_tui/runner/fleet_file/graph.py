"""Agents together: names that clash, dependencies that cannot be met, circles."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from descartes_tui.runner.fleet_file.agent import Draft
from descartes_tui.runner.fleet_file.policies import Need
from descartes_tui.runner.fleet_file.report import Report, did_you_mean
from descartes_tui.runner.model.config import Dependency, DependencyNeed, RestartPolicy, RestartWhen

Names = Mapping[str, tuple[str, ...]]


def instance_names(draft: Draft) -> tuple[str, ...]:
    """Return the names an entry stands for: its own, or `NAME-1`, `NAME-2`, … with replicas."""
    if draft.replicas == 1:
        return (draft.name,)
    return tuple(f"{draft.name}-{number}" for number in range(1, draft.replicas + 1))


def check_names(drafts: list[Draft], report: Report) -> None:
    """Note names that two agents would share, also where only upper and lower case tell them apart."""
    taken: dict[str, tuple[str, Draft]] = {}
    for draft in drafts:
        for name in instance_names(draft):
            other = taken.setdefault(name.lower(), (name, draft))
            if other[1] is not draft:
                where = f"line {other[1].place.line}"
                what = (
                    "is taken by the agent" if other[0] == name else f"differs only in case from {other[0]}"
                )
                report.add(draft.place, draft.path, f"the name {name} {what} in {where}: choose another")
                break


def resolve(drafts: list[Draft], report: Report) -> dict[str, tuple[Dependency, ...]]:
    """Return for each entry its dependencies with names that exist; a replicated name means all replicas."""
    by_name = {draft.name: draft for draft in drafts}
    replica = {name: draft for draft in drafts for name in instance_names(draft)}
    resolved: dict[str, tuple[Dependency, ...]] = {}
    for draft in drafts:
        found: list[Dependency] = []
        for need in draft.needs:
            target = by_name.get(need.dependency.agent) or replica.get(need.dependency.agent)
            if target is None:
                _unknown(need, [*by_name, *replica], draft, report)
                continue
            _check_need(need, target, report)
            names = (
                instance_names(target) if target.name == need.dependency.agent else (need.dependency.agent,)
            )
            found += [replace(need.dependency, agent=name) for name in names]
        resolved[draft.name] = tuple(dict.fromkeys(found))
    _check_circles(drafts, by_name, replica, report)
    return resolved


def _unknown(need: Need, names: list[str], draft: Draft, report: Report) -> None:
    wanted = need.dependency.agent
    hint = did_you_mean(wanted, dict.fromkeys(names)) if len(names) < 2000 else ""
    report.add(need.place, need.path, f"no agent is called {wanted!r}{hint}")


def _check_need(need: Need, target: Draft, report: Report) -> None:
    wanted = need.dependency
    if wanted.need is DependencyNeed.HEALTHY and target.fields.get("health") is None:
        message = f"{target.name} has no `health`, so it never becomes healthy: add one, or write `started`"
        report.add(need.place, need.path, message)
    restart = target.fields.get("restart", RestartPolicy())
    if wanted.need is DependencyNeed.COMPLETED and restart.when is RestartWhen.ALWAYS:
        message = f"{target.name} is restarted after every ending: it never completes with `restart: always`"
        report.add(need.place, need.path, message)


def _check_circles(
    drafts: list[Draft], by_name: Mapping[str, Draft], replica: Mapping[str, Draft], report: Report
) -> None:
    """Note each circle once, as a path, at the entry that closes it."""
    edges = {
        draft.name: [
            (need, target.name)
            for need in draft.needs
            if (target := by_name.get(need.dependency.agent) or replica.get(need.dependency.agent))
        ]
        for draft in drafts
    }
    done: set[str] = set()
    for draft in drafts:
        if draft.name not in done:
            for path, need in _circles_from(draft.name, edges, done):
                report.add(
                    need.place, need.path, f"agents wait for each other in a circle: {' → '.join(path)}"
                )


def _circles_from(
    start: str, edges: Mapping[str, list[tuple[Need, str]]], done: set[str]
) -> Iterator[tuple[list[str], Need]]:
    """Walk depth first without recursion: a chain of 10,000 agents is legal."""
    path, waiting = [start], [iter(edges[start])]
    position = {start: 0}
    while path:
        step = next(waiting[-1], None)
        if step is None:
            waiting.pop()
            position.pop(path[-1])
            done.add(path.pop())
        elif step[1] in position:
            yield [*path[position[step[1]] :], step[1]], step[0]
        elif step[1] not in done:
            position[step[1]] = len(path)
            path.append(step[1])
            waiting.append(iter(edges[step[1]]))
