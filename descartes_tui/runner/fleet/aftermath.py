"""What follows when a run is over: its judgement, its place in the history, a restart or rest."""

import logging
from dataclasses import asdict, replace
from typing import Final

from descartes_tui.runner.fleet.ending import (
    Judgement,
    Request,
    describe_swept,
    judge_exit,
    judge_lost,
    judge_request,
    signal_of,
)
from descartes_tui.runner.fleet.parts import Parts
from descartes_tui.runner.fleet.preparing import backend_of
from descartes_tui.runner.fleet.record import Record, Run
from descartes_tui.runner.fleet.restart import Again, GiveUp
from descartes_tui.runner.fleet.run_files import last_lines, output_facts, tail
from descartes_tui.runner.fleet.who import RESTART_POLICY, THE_FLEET
from descartes_tui.runner.model.config import RestartPolicy, RestartWhen
from descartes_tui.runner.model.folders import LOG
from descartes_tui.runner.model.info import AgentInfo, ExitStatus, Usage
from descartes_tui.runner.model.run import Ended, Lost, StartFailed
from descartes_tui.runner.model.status import AgentStatus, Health, Verdict
from descartes_tui.runner.model.store import RunRecord
from descartes_tui.runner.model.units import format_duration

log = logging.getLogger(__name__)
PASSING_ERRNOS: Final = frozenset({11, 12})  # EAGAIN, ENOMEM: the same start may work a moment later
LAST_LINES: Final = 5  # of an agent that is given up


class Aftermath:
    """Judges each ending exactly once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._register = parts.register

    def start_failed(self, record: Record, run: Run, event: StartFailed) -> None:
        """Note that a run never came to be."""
        run.finish()
        self._register.emit(record, "spawn_failed", cause=event.cause)
        judgement = Judgement(AgentStatus.FAILED, Verdict.FAILED_TO_START, event.cause, THE_FLEET)
        self._register.note(record, ended_at=self._parts.clock.now(), verdict=judgement.verdict)
        self.save_run(record)
        if event.errno in PASSING_ERRNOS and run.stop is None:
            self._restart_or_rest(record, record.config.restart, judgement, lasted=0.0)
        else:
            self._rest(record, judgement)

    def ended(self, record: Record, run: Run, event: Ended | Lost) -> None:
        """Note that the family of a run is gone, and bring about what the policy says."""
        exit_status = event.exit if event.exit != ExitStatus() else run.exit or ExitStatus()
        run.exit = exit_status
        run.finish()
        judgement = self._judge(record, run, exit_status, event)
        if swept := describe_swept(event.swept):
            judgement = replace(judgement, reason=f"{judgement.reason}; {swept}")
            self._register.emit(record, "swept", processes=[asdict(one) for one in event.swept])
        self._write_down(record, run, exit_status, judgement, event.at)
        self._go_on(record, run, judgement, event.at)

    def _write_down(
        self, record: Record, run: Run, exit_status: ExitStatus, judgement: Judgement, at: float
    ) -> None:
        asked = {"by": run.stop.by} if run.stop is not None else {}
        facts = {"code": exit_status.code, "signal": exit_status.signal, "pid": record.info.pid}
        self._register.emit(record, "exit", **facts, **asked)
        self._register.note(
            record,
            ended_at=at,
            exit_code=exit_status.code,
            exit_signal=exit_status.signal,
            verdict=judgement.verdict,
            usage=Usage(),
            health=Health.UNKNOWN,
            **output_facts(run.folder / LOG),
        )
        self.save_run(record)

    def _go_on(self, record: Record, run: Run, judgement: Judgement, at: float) -> None:
        if record.info.status is AgentStatus.STARTING:  # it ran and ended while no supervisor was there
            self._register.step(record, AgentStatus.RUNNING, "", by=THE_FLEET)
        policy = record.config.restart
        if run.stop is not None and run.stop.unhealthy:
            when = RestartWhen.ALWAYS if policy.when is RestartWhen.NEVER else policy.when
            policy = replace(policy, when=when)
        over_limit = run.stop is not None and run.stop.over_limit
        if judgement.status is AgentStatus.TERMINATED or over_limit:
            self._rest(record, judgement)
        else:
            lasted = max(at - (record.info.started_at or at), 0.0)
            self._restart_or_rest(record, policy, judgement, lasted)

    def _judge(self, record: Record, run: Run, exit_status: ExitStatus, event: Ended | Lost) -> Judgement:
        stop = run.stop
        if stop is not None and stop.unhealthy:
            return Judgement(AgentStatus.FAILED, Verdict.FAILED, f"unhealthy: {stop.unhealthy}", stop.by)
        if stop is not None and stop.over_limit:
            reason = f"{stop.over_limit}: stopped"
            return Judgement(AgentStatus.FAILED, Verdict.OVER_BUDGET, reason, stop.by)
        if stop is not None:
            late = stop.ladder.killed and not stop.forced
            return judge_request(Request(stop.by, late, stop.ladder.grace), exit_status)
        if exit_status == ExitStatus():
            return judge_lost()
        if (sender := run.sent.get(signal_of(exit_status))) is not None:
            return judge_request(Request(sender), exit_status)
        oom = isinstance(event, Ended) and event.oom
        success = record.config.success_exit_codes
        return judge_exit(exit_status, success, self._opinion(record, run, exit_status), oom=oom)

    def _opinion(self, record: Record, run: Run, exit_status: ExitStatus) -> Verdict:
        try:
            backend = backend_of(record.config, self._parts.backends)
            return backend.verdict(record.config, exit_status, tail(run.folder / LOG))
        except Exception:  # a backend that cannot read its agent must not keep the ending from being noted
            log.exception("the backend of %s cannot judge its run", record.name)
            return Verdict.DONE if exit_status.success else Verdict.FAILED

    def _restart_or_rest(
        self, record: Record, policy: RestartPolicy, judgement: Judgement, lasted: float
    ) -> None:
        now = self._parts.clock.now()
        if record.info.status is AgentStatus.STOPPING and record.wanted:
            self._rest(record, judgement)  # somebody asked for a restart: no policy needed
            return
        failed = judgement.status is AgentStatus.FAILED
        match record.history.decide(policy, failed=failed, lasted=lasted, now=now):
            case Again(delay, count):
                of = f" of {policy.max}" if policy.max else ""
                reason = f"restart {count}{of} in {format_duration(delay)} after {judgement.reason}"
                facts = {"next_at": now + delay, "restarts": record.info.restarts + 1, "pid": None}
                self._register.step(record, AgentStatus.BACKOFF, reason, by=RESTART_POLICY, **facts)
                self.resume_backoff(record)
            case GiveUp(reason):
                lines = last_lines(record.run.folder / LOG, LAST_LINES) if record.run is not None else []
                self._register.emit(record, "gave_up", restarts=record.info.restarts, lines=lines)
                text = f"{reason}; last: {lines[-1] if lines else judgement.reason}"
                self._rest(record, Judgement(AgentStatus.FAILED, Verdict.GAVE_UP, text, RESTART_POLICY))
            case _:
                self._rest(record, judgement)

    def _rest(self, record: Record, judgement: Judgement) -> None:
        """Note the end; an agent that is to be started anew goes back into line instead."""
        status, facts = judgement.status, {"pid": None, "verdict": judgement.verdict}
        if record.info.status is AgentStatus.STOPPING and record.wanted:
            record.wanted_since = self._parts.clock.monotonic()
            self._register.step(record, AgentStatus.IDLE, "restarting", by=record.who, **facts)
            return
        self._register.step(record, status, judgement.reason, by=judgement.by, **facts)
        self.save_run(record)

    def resume_backoff(self, record: Record) -> None:
        """Start the agent again when its back-off is over, unless something else happens before."""
        epoch = record.epoch

        def over() -> None:
            if record.epoch == epoch:
                record.wanted, record.wanted_since = True, self._parts.clock.monotonic()
                self._register.touch(record)

        delay = (record.info.next_at or 0.0) - self._parts.clock.now()
        record.timer = self._parts.clock.call_later(max(delay, 0.0), over)

    def save_run(self, record: Record) -> None:
        """Bring what is known of the present run into the history."""
        self._register.save_run(run_record(record.info))


def run_record(info: AgentInfo) -> RunRecord:
    """Return the newest run of a picture as the history keeps it."""
    return RunRecord(
        agent_id=info.id,
        agent=info.name,
        run=info.run,
        started_at=info.started_at,
        ended_at=info.ended_at,
        exit_code=info.exit_code,
        exit_signal=info.exit_signal,
        verdict=info.verdict.value if info.verdict else None,
        log_path=info.log_path or "",
    )
