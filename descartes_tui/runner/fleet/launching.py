"""Takes agents into the fleet: one that is spawned, or all of a fleet file."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any
from uuid import uuid4

from descartes_tui.runner.fleet.declared import Declaration, Limits
from descartes_tui.runner.fleet.depends import closure, cycle
from descartes_tui.runner.fleet.log_search import check_pattern
from descartes_tui.runner.fleet.parts import Parts
from descartes_tui.runner.fleet.record import Record, takes_input
from descartes_tui.runner.fleet.starts import Starts
from descartes_tui.runner.fleet.waits import is_over
from descartes_tui.runner.model.config import AgentConfig, AgentLimits, FleetConfig
from descartes_tui.runner.model.errors import ExecutionError, InvalidConfig, NotFound
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.signals import signal_number
from descartes_tui.runner.model.status import AgentStatus

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UpReport:
    """Names: whose start has begun, who waits for something, who ran already, and who of those runs otherwise
    than the file says and was left alone."""

    started: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


class Entrance:
    """Declares agents so that they survive this process, and puts them in line for their start."""

    def __init__(self, parts: Parts, starts: Starts) -> None:
        self._parts = parts
        self._register = parts.register
        self._starts = starts

    def up(self, fleet: FleetConfig, env: Mapping[str, str], names: Sequence[str], by: str) -> UpReport:
        """Declare the whole fleet and want `names` (none: all with autostart) and what they depend on."""
        configs = {config.name: config for config in fleet.agents}
        _check(configs, names)
        self._limit(fleet)
        records = {name: self._declare(config, env) for name, config in configs.items()}
        selected = closure(names or [c.name for c in fleet.agents if c.autostart], configs)
        living = [name for name in selected if not is_over(records[name])]
        changed = tuple(name for name, record in records.items() if record.config != configs[name])
        for name in selected:
            if name not in living:
                self.want(records[name], by)
        self._starts.consider()
        fresh = [name for name in selected if name not in living]
        return UpReport(
            started=tuple(name for name in fresh if not records[name].wanted),
            waiting=tuple(name for name in fresh if records[name].wanted),
            kept=tuple(name for name in living if name not in changed),
            changed=changed,
        )

    def admit(self, config: AgentConfig, env: Mapping[str, str], by: str) -> Record:
        """Declare one agent and want it; ExecutionError when one of this name lives."""
        living = self._register.by_name(config.name)
        if living is not None and not is_over(living):
            raise ExecutionError(
                config.name,
                f"an agent of this name is {living.info.status.value}; choose another name, or stop it first",
            )
        known = {record.name: record.config for record in self._register.records.values()}
        known[config.name] = config
        _check_one(config, known)
        _check_circles(known)
        record = self._declare(config, env)
        self._register.emit(record, "action", verb="spawn", by=by)
        self.want(record, by)
        self._starts.consider()
        return record

    def want(self, record: Record, by: str) -> None:
        """Put an agent in line, its counted restarts forgotten: a person wants it anew."""
        record.history.forget()
        self._register.note(record, restarts=0)
        record.wanted, record.wanted_since, record.who = True, self._parts.clock.monotonic(), by
        if record.info.status is AgentStatus.IDLE:
            self._register.note(record, reason="about to start", who=by, status_since=self._parts.clock.now())
        self.keep(record)
        self._register.touch(record)

    def keep(self, record: Record) -> None:
        """Write down what must survive this process. A disk that refuses does not keep agents from running."""
        if self._parts.declared is None:
            return
        declaration = Declaration(record.id, record.ticket, record.wanted, record.config, record.env)
        try:
            self._parts.declared.write(declaration)
        except OSError as error:
            log.error("%s would not be known to another supervisor: %s", record.name, error)

    def _declare(self, config: AgentConfig, env: Mapping[str, str]) -> Record:
        """Return the record of `config`: a new one, the ended one renewed, or the living one as it is."""
        record = self._register.by_name(config.name)
        if record is None:
            info = AgentInfo(str(uuid4()), config.name, AgentStatus.IDLE, "not started")
            record = Record(config, dict(env), info, ticket=self._next_ticket())
            record.info = _described(info, config, self._parts.clock.now())
            self.keep(record)
            self._register.add(record)
        elif is_over(record):
            record.config, record.env = config, dict(env)
            self._register.note(record, **_facts(config))
            self.keep(record)
        return record

    def _next_ticket(self) -> int:
        return max((record.ticket for record in self._register.records.values()), default=0) + 1

    def _limit(self, fleet: FleetConfig) -> None:
        self._starts.limits = Limits(fleet.max_concurrent, fleet.start_interval)
        if self._parts.declared is not None:
            self._parts.declared.write_limits(self._starts.limits)


def _described(info: AgentInfo, config: AgentConfig, now: float) -> AgentInfo:
    return replace(info, status_since=now, **_facts(config))


def _facts(config: AgentConfig) -> dict[str, Any]:
    return {
        "backend": config.backend,
        "tags": config.tags,
        "autostart": config.autostart,
        "tty": config.tty,
        "takes_input": takes_input(config),
    }


def _check(configs: Mapping[str, AgentConfig], names: Sequence[str]) -> None:
    """Raise NotFound or InvalidConfig for names and dependencies that lead nowhere or in a circle."""
    for name in names:
        if name not in configs:
            raise NotFound(name, tuple(get_close_matches(name, configs, n=3)))
    for config in configs.values():
        _check_one(config, configs)
    _check_circles(configs)


def _check_one(config: AgentConfig, known: Mapping[str, AgentConfig]) -> None:
    _check_values(config)
    for dependency in config.depends_on:
        if dependency.agent not in known:
            raise InvalidConfig(
                f"{config.name} depends on {dependency.agent!r}, which does not exist", key="depends_on"
            )
        if problem := check_pattern(dependency.pattern):
            raise InvalidConfig(
                f"{config.name} waits for a line of {dependency.agent}: {problem}", key="depends_on"
            )


def _check_values(config: AgentConfig) -> None:
    """Raise InvalidConfig for values that would only fail later, when it is too late to say so."""
    if config.health is not None and (problem := check_pattern(config.health.log)):
        raise InvalidConfig(f"{config.name}: health.log: {problem}", key="health")
    for name, bound in _bounds(config):
        if bound is not None and bound <= 0:
            raise InvalidConfig(f"{config.name}: limits.{name}: expected more than 0", key="limits")
    try:
        signal_number(config.stop.signal if config.stop is not None else "TERM")
    except ValueError as error:
        raise InvalidConfig(f"{config.name}: stop.signal: {error}", key="stop") from None


def _bounds(config: AgentConfig) -> tuple[tuple[str, float | None], ...]:
    limits = config.limits or AgentLimits()
    return (("memory", limits.memory), ("runtime", limits.runtime), ("processes", limits.processes))


def _check_circles(configs: Mapping[str, AgentConfig]) -> None:
    if circle := cycle(configs):
        raise InvalidConfig(f"these agents wait for each other: {' → '.join(circle)}", key="depends_on")
