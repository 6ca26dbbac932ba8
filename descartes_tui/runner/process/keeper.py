"""The keeper keeps: one process per run, which holds the agent whatever becomes of everybody else.

It starts the agent, holds the ends of its streams, moves its output to the log, passes signals to the whole
family, reaps, and writes the ending to disk. It decides nothing. It is forked from the warm process and imports
next to nothing, so that it can be read in one sitting and trusted.

Its socket speaks JSON lines. Requests (see `_obey`) carry an `id` that the answer repeats. By itself it announces
`started`, `start_failed`, `leader_exited`, `note` and `ended`.
"""

import base64
import fcntl
import json
import os
import select
import signal
import socket
import time

from descartes_tui.runner.model.layout import CONTROL, ENDING, LEDGER, LOCK, RUN_FACTS
from descartes_tui.runner.process import child, files, kernel
from descartes_tui.runner.process.family import Family
from descartes_tui.runner.process.sources import Sources
from descartes_tui.runner.process.stdin import Stdin
from descartes_tui.runner.process.visitors import Visitors

PROTOCOL = 1
LEDGER_SECONDS, YOUNG_LEDGER_SECONDS = 10.0, 0.05
KILL_SECONDS, PATIENT_KILL_SECONDS, STUBBORN_SECONDS = 0.005, 0.1, 2.0
ASKED_SECONDS = 30.0
AGENTS_FIRST = 100  # when memory is short, agents are killed before those who hold them
POLITE = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)


class Keeper:
    """One run, from before its first process to after its last. `spec` holds model.run.RunSpec's fields."""

    def __init__(self, spec: "dict[str, object]") -> None:
        self.spec = spec
        self.folder = str(spec["folder"])
        self.agent = spec["env"].get("DESCARTES_AGENT", "")  # type: ignore[attr-defined]
        self.sweep_grace = float(str(spec.get("sweep_grace", 1.0)))
        self.poll = select.poll()
        self.family = Family()
        self.pid, self.start_ticks, self.started_at = 0, 0, 0.0
        self.exit: list[int | None] | None = None  # [code, signal] once the leader is gone
        self.asked = False  # somebody asked the family to end, and keeps the time
        self.kill_began: float | None = None
        self.sweep_at: float | None = None
        self.lost_at: float | None = None
        self.ledger_at = 0.0
        self.ledger_every = YOUNG_LEDGER_SECONDS  # families grow most when they are young
        self.ledger: list[str] = []
        self.swept: dict[int, list[object]] = {}
        self.notes: dict[str, str] = {}

    def run(self, owner: socket.socket) -> None:
        """Start the agent and stay until its family is empty and its ending is on disk."""
        self._settle()
        self.visitors.admit(owner)
        cause, number = self._start()
        if cause:
            self._end({"start_failed": cause, "errno": number})
            self.visitors.announce({"event": "start_failed", "cause": cause, "errno": number})
            return
        self.visitors.announce({"event": "started", **self._facts()})
        try:
            while not self._turn():
                pass
        finally:
            self.family.kill_pass()  # only ever finds someone when an error brought us here

    def _settle(self) -> None:
        """Become what a keeper is: own session, sub-reaper, deaf to polite signals, holder of the run's lock."""
        os.setsid()
        kernel.become_subreaper("descartes-keep")
        for number in (*POLITE, signal.SIGTSTP):
            signal.signal(number, signal.SIG_IGN)
        self.directory = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        flags = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        self.lock = os.open(LOCK, flags, 0o600, dir_fd=self.directory)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os._exit(1)  # ordered twice, because the warm process was killed after the first order
        if files.exists(self.directory, ENDING):
            os._exit(1)  # forked so late that the run has been given up
        files.reserve(self.directory, ENDING)
        self.sources = Sources(self.poll, self.directory, self.folder)
        self.visitors = Visitors(self.poll, self.directory, self.folder, self._obey)
        self.wake, writing = os.pipe()
        os.set_blocking(self.wake, False)
        os.set_blocking(writing, False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        self.poll.register(self.wake, select.POLLIN)

    def _start(self) -> "tuple[str, int]":
        """Lay the pipes and start the agent; return ("", 0) or the cause of the failure."""
        if self.spec.get("tty"):
            plumbing = self.sources.open_terminal(int(str(self.spec["rows"])), int(str(self.spec["columns"])))
            self.stdin = Stdin(self.poll, self.sources.terminal, terminal=True)
        else:
            piped = self.spec.get("stdin") == "pipe"
            reading, writing = os.pipe() if piped else (os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), -1)
            plumbing = self.sources.open_pipes(reading)
            self.stdin = Stdin(self.poll, writing, terminal=False)
        argv = [str(part) for part in self.spec["argv"]]  # type: ignore[attr-defined]
        env: dict[str, str] = self.spec.pop("env")  # type: ignore[assignment]
        kernel.stand_in_line(AGENTS_FIRST)
        self.pid, cause, number = child.start(argv, env, str(self.spec["cwd"]), plumbing)
        kernel.stand_in_line(-AGENTS_FIRST)
        plumbing.close()
        if self.pid:
            stat = kernel.read_stat(self.pid)
            self.start_ticks, self.started_at = stat.start_ticks if stat else 0, time.time()
            files.replace(self.directory, RUN_FACTS, json.dumps(self._facts()).encode())
        return cause, number

    # -- one turn of the loop -----------------------------------------------------------------------------

    def _turn(self) -> bool:
        """Wait for something and deal with it; True when the run is over."""
        for descriptor, events in self.poll.poll(1000 * self._patience()):
            if descriptor == self.wake:
                os.read(self.wake, 4096)
            elif not self.visitors.attend(descriptor):
                self.stdin.attend(descriptor, events)
                self.sources.attend(descriptor, events)
        self.sources.look_again()
        self._note("disk_full", "disk full: the agent waits, nothing is lost" if self.sources.full else "")
        empty = self._reap()
        self._keep_time()
        if empty and self.exit is not None and self.sources.drain():
            self._finish()
            return True
        return False

    def _patience(self) -> float:
        """Return the seconds until the keeper has to look by itself."""
        now = time.monotonic()
        if self.kill_began is not None:
            return KILL_SECONDS if now - self.kill_began < 0.5 else PATIENT_KILL_SECONDS
        times = [at for at in (self.ledger_at, self.sweep_at, self.lost_at) if at is not None]
        patience = max(min(times) - now, 0)
        return min(patience, files.ROOM_SECONDS) if self.sources.must_look_again else patience

    def _keep_time(self) -> None:
        """Do what is due: the ledger, the end of an orphaned run, the end of leftovers, the killing."""
        now = time.monotonic()
        if now >= self.ledger_at:
            self.ledger_every = min(self.ledger_every * 2, LEDGER_SECONDS)
            self.ledger_at = now + self.ledger_every
            self._write_ledger()
        self._watch_owner(now)
        if self.sweep_at is not None and now >= self.sweep_at:
            self.sweep_at = None
            self._begin_kill()
        if self.kill_began is not None:
            self._kill_on(now - self.kill_began)

    def _watch_owner(self, now: float) -> None:
        """Where the run may not go on alone, end it when nobody has been listening for long enough."""
        on_loss = self.spec.get("on_loss")
        if on_loss is None or len(self.visitors):
            self.lost_at = None
        elif self.lost_at is None:
            self.lost_at = now + float(str(on_loss))
        if self.lost_at is not None and now >= self.lost_at and self.sweep_at is None:
            self.family.signal(signal.SIGTERM)
            self.family.resume()
            self.sweep_at = now + self.sweep_grace

    def _reap(self) -> bool:
        """Collect the exited; True when waitpid(2) says that no child is left: the proof of an empty family."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED | os.WCONTINUED)
            except ChildProcessError:
                return True
            if pid == 0:
                return False
            if pid == self.pid and (os.WIFSTOPPED(status) or os.WIFCONTINUED(status)):
                by_itself = os.WIFSTOPPED(status) and not self.family.paused
                self._note("self_stopped", "stopped by itself or from outside" if by_itself else "")
            elif pid == self.pid:
                self._leader_exited(status)

    # -- endings ------------------------------------------------------------------------------------------

    def _leader_exited(self, status: int) -> None:
        """Note how it ended, and give what it left behind TERM and a moment.

        Where the family has been asked to end already, whoever asked keeps the time: we only bound it.
        """
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        self.exit = [code, None if code is not None else os.WTERMSIG(status)]
        self.sources.drain()
        self.visitors.announce({"event": "leader_exited", "exit": self.exit, "at": time.time()})
        if self.kill_began is not None or self.spec.get("keep_leftovers"):
            return
        if not self.asked and self._record_swept("term"):
            self.family.signal(signal.SIGTERM)
            self.family.resume()
        self.sweep_at = time.monotonic() + (ASKED_SECONDS if self.asked else self.sweep_grace)

    def _begin_kill(self) -> None:
        if self.kill_began is None:
            self.kill_began = time.monotonic()

    def _kill_on(self, age: float) -> None:
        """Send KILL to all that live now; the loop comes back until ECHILD."""
        members = self.family.kill_pass()
        for member in members:
            if member.pid != self.pid:
                self.swept[member.pid] = [member.pid, member.name, "kill"]
        if age > STUBBORN_SECONDS and members:
            names = ", ".join(f"{m.name} ({m.pid}, state {m.state})" for m in members[:5])
            self._note("stubborn", f"KILL was sent, but not dead yet: {names}")

    def _record_swept(self, how: str) -> bool:
        members = [member for member in self.family.members() if member.pid != self.pid]
        self.swept.update({m.pid: [m.pid, m.name, how] for m in members})
        return bool(members)

    def _finish(self) -> None:
        """Write the ending, then tell; whoever comes later reads the file."""
        ending: dict[str, object] = {
            "exit": self.exit,
            "at": time.time(),
            "swept": list(self.swept.values()),
            "log_bytes": self.sources.pump.offset,
        }
        self._end(ending)
        self.visitors.announce({"event": "ended", **ending})

    def _end(self, ending: "dict[str, object]") -> None:
        self.sources.pump.close()
        files.replace(self.directory, ENDING, json.dumps(ending).encode(), durable=True)
        for name in ("out", "err", CONTROL, LEDGER):
            files.remove(self.directory, name)

    # -- requests -----------------------------------------------------------------------------------------

    def _obey(self, request: "dict[str, object]") -> "dict[str, object]":
        """Do what one request asks and return its answer; ValueError or KeyError for one we do not know."""
        operation = request["op"]
        if operation == "hello":
            return {**self._facts(), "notes": self.notes}
        if operation == "signal":
            return self._signal(request)
        if operation == "pause":
            stopped, proven = self.family.pause(self._reap)
            moving = [] if proven else [m.pid for m in self.family.members() if not m.is_stopped]
            return {"reached": stopped, "refused": moving}
        if operation == "resume":
            return {"reached": self.family.resume(), "refused": []}
        if operation == "kill":
            self._begin_kill()
        elif operation == "stdin":
            return self.stdin.queue(base64.b64decode(str(request["data"])))
        elif operation == "close_stdin":
            self.stdin.close_when_written()
        elif operation == "resize":
            self.sources.resize(int(str(request["rows"])), int(str(request["columns"])))
        elif operation == "family":
            return {"pids": [[m.pid, m.start_ticks] for m in self.family.members()]}
        else:
            raise ValueError(f"unknown operation {operation!r}")
        return {}

    def _signal(self, request: "dict[str, object]") -> "dict[str, object]":
        number = int(str(request["number"]))
        self.asked = self.asked or bool(request.get("to_end"))
        if request.get("leader_only"):
            reached, refused = self.family.signal_one(self.pid, self.start_ticks, number)
        else:
            reached, refused = self.family.signal(number)
        return {"reached": reached, "refused": refused}

    def _facts(self) -> "dict[str, object]":
        return {
            "protocol": PROTOCOL,
            "run_id": self.spec["run_id"],
            "agent": self.agent,
            "pid": self.pid,
            "start_ticks": self.start_ticks,
            "started_at": self.started_at,
            "keeper": os.getpid(),
            "paused": self.family.paused,
            "exit": self.exit,
            "boot_id": files.BOOT_ID,
        }

    def _note(self, kind: str, text: str) -> None:
        """Tell about something that goes on beside the run; "" when it is over."""
        if self.notes.get(kind, "") != text:
            self.notes[kind] = text
            self.visitors.announce({"event": "note", "kind": kind, "text": text})

    def _write_ledger(self) -> None:
        """Note who belongs to the family, for the case that keeper and supervisor are killed together."""
        lines = [f"{m.pid} {m.start_ticks}" for m in self.family.members()]
        if lines != self.ledger:
            self.ledger = lines
            files.replace(self.directory, LEDGER, "\n".join(lines).encode())
