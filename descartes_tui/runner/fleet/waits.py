"""Waiting for an agent to end, to run, to be healthy, to print or to do something."""

import asyncio
from collections.abc import Callable
from typing import Final

from descartes_tui.runner.fleet.clock import Clock, pass_time
from descartes_tui.runner.fleet.log_search import check_pattern
from descartes_tui.runner.fleet.record import Record
from descartes_tui.runner.fleet.register import Register
from descartes_tui.runner.model.errors import ExecutionError, InvalidConfig
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus, Health

EXPECTED: Final = "expected exit, running, healthy, log:REGEX or activity:NAME"
LOG_INTERVAL: Final = 0.1


async def wait_for(record: Record, condition: str, register: Register, clock: Clock) -> AgentInfo:
    """Return the picture in which `condition` holds.

    InvalidConfig when there is no such condition; ExecutionError when it can never hold any more.
    """
    kind, _, argument = condition.partition(":")
    match kind:
        case "exit":
            if is_over(record) and not record.info.run:
                raise ExecutionError(record.name, _never(record.info, "ends"))
            return await register.until(record, lambda info: is_over(record))
        case "running":
            return await _unless_over(record, register, lambda i: _has_run(record), "runs")
        case "healthy":
            return await _unless_over(record, register, lambda i: i.health is Health.HEALTHY, "is healthy")
        case "activity" if argument:
            return await _unless_over(record, register, lambda i: i.activity == argument, f"is {argument}")
        case "log" if argument:
            return await _wait_for_line(record, argument, clock)
    raise InvalidConfig(f"unknown condition {condition!r}: {EXPECTED}", key="condition")


def is_over(record: Record) -> bool:
    """True when nothing runs and nothing will start by itself."""
    info = record.info
    return not record.wanted and (info.status.has_ended or info.status is AgentStatus.IDLE)


def _has_run(record: Record) -> bool:
    info = record.info
    before = record.wanted or info.status in (AgentStatus.STARTING, AgentStatus.BACKOFF)
    return info.started_at is not None and not before


async def _unless_over(
    record: Record, register: Register, condition: Callable[[AgentInfo], bool], goal: str
) -> AgentInfo:
    info = await register.until(record, lambda info: condition(info) or is_over(record))
    if not condition(info):
        raise ExecutionError(record.name, _never(info, goal))
    return info


async def _wait_for_line(record: Record, pattern: str, clock: Clock) -> AgentInfo:
    if problem := check_pattern(pattern):
        raise InvalidConfig(problem, key="condition")
    while True:
        over = is_over(record)  # before looking: what is printed last is found as well
        if record.run is not None and record.run.log.seen(pattern):
            return record.info
        if over:
            raise ExecutionError(record.name, _never(record.info, f"prints {pattern!r}"))
        await pass_time(clock, LOG_INTERVAL)


def _never(info: AgentInfo, goal: str) -> str:
    why = f" ({info.reason})" if info.reason else ""
    return f"is {info.status.value}{why}, so it never {goal}; start it first"


async def all_of(records: list[Record], condition: str, register: Register, clock: Clock) -> list[AgentInfo]:
    """Wait for all; the first that can never fulfil the condition ends the waiting."""
    waits = [asyncio.ensure_future(wait_for(record, condition, register, clock)) for record in records]
    try:
        return list(await asyncio.gather(*waits))
    finally:
        for wait in waits:
            wait.cancel()
