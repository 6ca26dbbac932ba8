"""Stops a whole fleet: everyone of a layer at once, dependents before what they depend on, one deadline."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from descartes_tui.runner.fleet.depends import layers
from descartes_tui.runner.fleet.parts import Parts
from descartes_tui.runner.fleet.record import Record
from descartes_tui.runner.fleet.stopping import Stopper
from descartes_tui.runner.model.status import AgentStatus, Verdict


@dataclass(frozen=True, slots=True)
class ShutdownReport:
    """Names of agents that were stopped; `killed` are those of them that had to be killed."""

    stopped: tuple[str, ...] = ()
    killed: tuple[str, ...] = ()


async def shut_down(parts: Parts, stopper: Stopper, grace: float | None, by: str) -> ShutdownReport:
    """Stop all; `grace` in seconds is for everything together, by default the longest of the agents' own."""
    _call_off(list(parts.register.records.values()), stopper, by)
    living = {r.name: r for r in parts.register.records.values() if r.info.status.has_process}
    longest = max((stopper.policy_of(record).grace for record in living.values()), default=0.0)
    deadline = parts.clock.now() + (longest if grace is None else grace)
    for layer in reversed(layers({name: record.config for name, record in living.items()})):
        await _stop_layer([living[name] for name in layer], deadline, by, parts, stopper)
    late = Verdict.KILLED_AFTER_GRACE
    return ShutdownReport(tuple(living), tuple(name for name, r in living.items() if r.info.verdict is late))


def _call_off(records: Sequence[Record], stopper: Stopper, by: str) -> None:
    """Let nothing start any more."""
    for record in records:
        if record.info.status is AgentStatus.BACKOFF or (
            record.wanted and not record.info.status.has_process
        ):
            stopper.stop(record, by=by)
        record.wanted = False


async def _stop_layer(
    records: Sequence[Record], deadline: float, by: str, parts: Parts, stopper: Stopper
) -> None:
    for record in records:
        left = max(deadline - parts.clock.now(), 0.0)
        stopper.stop(record, by=by, grace=left if left < stopper.policy_of(record).grace else None)
    gone = [parts.register.until(record, lambda info: not info.status.has_process) for record in records]
    await asyncio.gather(*gone)
