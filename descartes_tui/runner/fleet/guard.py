"""Looks now and then whether what the book says about each run is still true, and repairs what is not."""

import logging
from typing import Final

import psutil

from descartes_tui.runner.fleet.conductor import Conductor
from descartes_tui.runner.fleet.parts import Parts
from descartes_tui.runner.fleet.pausing import resume
from descartes_tui.runner.fleet.record import Record, Run
from descartes_tui.runner.fleet.who import THE_FLEET
from descartes_tui.runner.model.errors import AgentError
from descartes_tui.runner.model.status import AgentStatus

log = logging.getLogger(__name__)
STOPPED: Final = frozenset({psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP})


class Guard:
    """What is found otherwise than it is written down is put right, and noted as an event `repaired`.

    An ending that nobody announced, of a leader that is gone or a zombie, is asked for again. An agent that is
    called paused and was continued by somebody else is running again.
    """

    def __init__(self, parts: Parts, conductor: Conductor) -> None:
        self._parts = parts
        self._conductor = conductor
        self._doubtful: set[str] = set()  # run ids whose leader was otherwise at the last look

    async def look(self) -> list[str]:
        """Check every run once; return the names of the agents whose picture had to be repaired."""
        repaired, doubtful = [], set[str]()
        for record in list(self._parts.register.records.values()):
            run = record.run
            if run is None or run.over or run.exit is not None:
                continue
            gone = not is_alive(record.info.pid)
            if not gone and not _goes_on_while_paused(record, run):
                continue
            if run.run_id not in self._doubtful:
                doubtful.add(run.run_id)  # it may be changing at this very moment: judged at the next look
            elif await (self._ask_again(record, run) if gone else self._let_go_on(record)):
                repaired.append(record.name)
        self._doubtful = doubtful
        return repaired

    async def _let_go_on(self, record: Record) -> bool:
        """Have the whole family of a paused agent go on that was continued by somebody; True when it does."""
        cause = "it was continued by somebody else while paused"
        try:
            await resume(record, self._parts.register, by=THE_FLEET)
        except (AgentError, OSError) as error:
            log.error("%s: %s, and its family cannot be: %s", record.name, cause, error)
            return False
        self._parts.register.emit(record, "repaired", cause=cause)
        self._parts.register.note(record, reason=cause)
        return True

    async def _ask_again(self, record: Record, run: Run) -> bool:
        """Have the launcher tell again what became of a run; True when it was over."""
        log.warning("%s: its leader is gone and nobody has told; asking again", record.name)
        try:
            link = await self._parts.launcher.adopt(
                run.folder, run.run_id, lambda event: self._conductor.hear(record, run, event)
            )
        except (AgentError, OSError) as error:
            log.error("%s: what became of its run cannot be told: %s", record.name, error)
            return False
        if link is not None and (let_go := getattr(link, "close", None)) is not None:
            let_go()  # it does live: the hold that we have is enough
        if run.over:
            self._parts.register.emit(record, "repaired", cause="its ending had not been announced")
        return run.over


def _goes_on_while_paused(record: Record, run: Run) -> bool:
    return (
        record.info.status is AgentStatus.PAUSED and not run.cooperative and not is_stopped(record.info.pid)
    )


def is_stopped(pid: int | None) -> bool:
    """True when a process is stopped, and when that cannot be told."""
    try:
        return pid is None or psutil.Process(pid).status() in STOPPED
    except psutil.Error:
        return True


def is_alive(pid: int | None) -> bool:
    """True when there is such a process that is no zombie, and when no pid is known yet."""
    if pid is None:
        return True
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True
