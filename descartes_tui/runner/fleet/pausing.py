"""Pause and resume: the whole family is stopped by the system, or the agent is asked by a line on stdin."""

import signal
from typing import Final

from descartes_tui.runner.fleet.ending import count_processes
from descartes_tui.runner.fleet.record import Record, Run, takes_input
from descartes_tui.runner.fleet.register import Register
from descartes_tui.runner.fleet.signalling import emit_signal
from descartes_tui.runner.model.errors import CommunicationError, ExecutionError
from descartes_tui.runner.model.run import RunLink
from descartes_tui.runner.model.status import AgentStatus

ASKED_BY_LINE: Final = "asked by a line on stdin"
PAUSE_LINE: Final = b'{"type":"pause","action":"pause"}\n'
STOP: Final = int(getattr(signal, "SIGSTOP", 19))  # not on every system
CONTINUE: Final = int(getattr(signal, "SIGCONT", 18))
RESUME_LINE: Final = b'{"type":"resume","action":"resume"}\n'


async def pause(record: Record, register: Register, *, cooperative: bool, by: str, reason: str = "") -> None:
    """Pause a running agent; a paused one stays as it is. `reason`: why, where nobody just asked for it."""
    if record.info.status is AgentStatus.PAUSED:
        return
    run, link = living(record)
    if cooperative:
        await _ask(record, run, link, PAUSE_LINE)
        text = ASKED_BY_LINE
    else:
        _sleep(run)
        try:
            report = await link.pause()
        except BaseException:
            run.awake.set()
            raise
        emit_signal(register, record, STOP, report, by=by)
        text = reason or f"{count_processes(len(report.reached))} stopped by {by}"
        if report.refused:
            text += f", {len(report.refused)} refused"
    if record.run is run and not run.over and record.info.status is AgentStatus.RUNNING:
        _sleep(run)
        run.cooperative = cooperative
        register.step(record, AgentStatus.PAUSED, text, by=by)


async def resume(record: Record, register: Register, *, by: str) -> None:
    """Continue a paused agent the way it was paused; one that had stopped itself is continued as well."""
    run, link = living(record)
    if run.cooperative:
        await _ask(record, run, link, RESUME_LINE)
    elif record.info.status is AgentStatus.PAUSED or link.is_paused():
        emit_signal(register, record, CONTINUE, await link.resume(), by=by)
    elif run.self_stopped:
        emit_signal(register, record, CONTINUE, await link.signal(CONTINUE), by=by)
    run.cooperative = False
    run.awake.set()
    if record.run is run and not run.over and record.info.status is AgentStatus.PAUSED:
        register.step(record, AgentStatus.RUNNING, "", by=by)


def living(record: Record) -> tuple[Run, RunLink]:
    """Return the run and the hold on it; ExecutionError when nothing runs."""
    link = record.run.living_link() if record.run is not None else None
    if record.run is None or link is None:
        raise ExecutionError(record.name, "has no process at this moment; start it first")
    return record.run, link


def _sleep(run: Run) -> None:
    run.awake.clear()
    run.pauses += 1


async def _ask(record: Record, run: Run, link: RunLink, line: bytes) -> None:
    if not takes_input(record.config):
        raise ExecutionError(
            record.name, "takes no input: set `stdin: pipe`, or pause it without cooperative"
        )
    try:
        await link.write_stdin(line)
    except CommunicationError as error:
        raise ExecutionError(record.name, f"could not be asked on stdin: {error}") from error
