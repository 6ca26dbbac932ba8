"""What is done to the fleet, drawn from a seed: people's verbs, kills of our programs, disasters."""

import base64
import errno
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from descartes_tui.runner.wire.errors import WireError
from tests.torture.looking import open_files
from tests.torture.world import ZOO, World
from tests.torture.zoo import KINDS

NAMES: Final = [f"a{number}" for number in range(8)]
RESTARTS: Final = ["never", "never", "on-failure", "always"]
ANSWER: Final = 60.0  # seconds within which every request must be answered
LEGAL: Final = {"refused", "not_found", "communication", "spawn_failed", "failed", "timeout"}
WEIGHTS: Final = {
    "spawn": 9, "stop": 3, "kill": 2, "pause": 2, "resume": 2, "restart": 3, "start": 2, "send": 1, "signal": 2,
    "rm": 1, "up": 1, "down": 0.4, "command": 1, "kill_command": 1, "kill_supervisor": 2, "kill_warm": 1,
    "kill_keeper": 1, "kill_all": 0.4, "freeze_supervisor": 0.5, "term_supervisor": 0.5,
}  # fmt: skip
DISASTERS: Final = ("full_disk", "read_only", "no_descriptors", "bad_store", "bad_endings")


@dataclass
class Step:
    """One operation: what, on whom, and how long after the one before (seconds)."""

    verb: str
    args: dict[str, Any]
    pause: float

    def __str__(self) -> str:
        args = f"{self.args}"
        return f"+{self.pause * 1000:.0f}ms {self.verb} {args[:400]}"


@dataclass
class Cycle:
    """Steps that are done together, possibly under a disaster."""

    number: int
    disaster: str
    steps: list[Step]


@dataclass
class Notes:
    """What the check has to know: whose keepers were killed by us, and what was answered wrongly."""

    lost: set[Path] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    unmarked: int = 0  # daemons without a mark that outlived keeper, warm process and ledger


def cycles(seed: int, *, root: bool) -> Iterator[Cycle]:
    """Yield cycles without end, the same for the same seed."""
    chance = random.Random(seed)
    number = 0
    while True:
        number += 1
        disaster = chance.choice(DISASTERS) if chance.random() < 0.2 else ""
        if not root and disaster in ("full_disk", "read_only"):
            disaster = ""
        verbs = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=chance.randint(3, 12))
        yield Cycle(number, disaster, [_step(chance, verb) for verb in verbs])


def _step(chance: random.Random, verb: str) -> Step:
    pause = chance.choice((0.0, 0.0, 0.002, 0.01, 0.05, 0.2)) * chance.random()
    args: dict[str, Any] = {}
    if verb == "spawn":
        args = {"config": _config(chance)}
    elif verb == "up":
        args = {"fleet": _fleet(chance)}
    elif verb in ("stop", "kill", "pause", "resume", "restart", "start", "rm", "signal"):
        args = {"agents": chance.sample(NAMES, chance.choice((1, 1, 2, 8)))}
    if verb == "stop":
        args |= {"grace": chance.choice((0.0, 0.1, 0.5))}
    if verb in ("stop", "kill"):
        args |= {"wait": chance.random() < 0.5}
    if verb == "signal":
        args |= {"signal": chance.choice(("HUP", "INT", "USR1", "STOP", "CONT", "TERM", "KILL", "ABRT"))}
    if verb == "send":
        size = chance.choice((1, 100, 100_000))
        args = {"agent": chance.choice(NAMES), "data": base64.b64encode(b"x" * size).decode()}
    if verb in ("command", "kill_command"):
        words = ["ps"], ["logs", "-n", "5", "a*"], ["stop", "--all", "--timeout", "5"], ["events", "-f"]
        args = {
            "words": chance.choice(words if verb == "kill_command" else words[:2]),
            "age": chance.random(),
        }
    if verb == "kill_keeper":
        args = {"which": chance.random()}
    return Step(verb, args, pause)


def _config(chance: random.Random) -> dict[str, Any]:
    kind = chance.choice((*KINDS, "flood", "burst", "blink", "missing"))
    command = [sys.executable, "-S", "-E", ZOO, kind]
    if kind == "blink":
        command = ["/bin/sh", "-c", "exit 7"]
    elif kind == "missing":
        command = ["/no/such/program"]
    elif kind in ("burst", "storm"):
        command.append(str(chance.choice((1, 500, 20_000, 20_001))))
    policy = {"when": chance.choice(RESTARTS), "max": 3, "backoff_min": 0.05, "backoff_max": 0.2}
    return {
        "name": chance.choice(NAMES),
        "command": command,
        "stdin": "pipe" if kind == "reader" else "null",
        "tty": chance.random() < 0.05 and kind not in ("flood", "burst"),
        "restart": policy,
        "stop": {"grace": chance.choice((0.1, 0.3, 1.0))},
    }


def _fleet(chance: random.Random) -> dict[str, Any]:
    agents = [_config(chance) | {"name": name} for name in chance.sample(NAMES, 3)]
    if chance.random() < 0.5:
        agents[1]["depends_on"] = [{"agent": agents[0]["name"], "need": "started"}]
    return {"session": "torture", "agents": agents}


class Hand:
    """Does the steps of one cycle; requests run side by side, so that kills hit them half done."""

    def __init__(self, world: World, notes: Notes) -> None:
        self._world, self._notes = world, notes

    def do(self, cycle: Cycle) -> None:
        """Do all steps, and wait until each request has been answered."""
        with self._disaster(cycle.disaster), ThreadPoolExecutor(12) as pool:
            answers: list[tuple[Step, Future[None]]] = []
            for step in cycle.steps:
                time.sleep(step.pause)  # the schedule is what is being tried
                deed: Callable[[Step], None] = getattr(self, f"_{step.verb}", self._request)
                if deed == self._request:
                    answers.append((step, pool.submit(deed, step)))
                else:
                    deed(step)
        for step, answer in answers:
            error = answer.exception()
            if error is not None:
                self._notes.wrong.append(f"{step.verb} raised {error!r}")

    def _request(self, step: Step) -> None:
        args = dict(step.args)
        if step.verb in ("spawn", "up"):
            args["env"] = self._world.env
        began = time.monotonic()
        try:
            self._world.call(step.verb, timeout=20.0, **args)
        except OSError as error:
            if error.errno not in (errno.EROFS, errno.ENOSPC):  # no supervisor can be started there
                raise
        except WireError as error:
            if error.code not in LEGAL or "internal" in str(error) or "Traceback" in str(error):
                self._notes.wrong.append(f"{step.verb}: {error.code}: {error}")
        if time.monotonic() - began > ANSWER:
            self._notes.wrong.append(f"{step.verb} was answered after {time.monotonic() - began:.0f} s")

    def _command(self, step: Step) -> None:
        self._world.command(*step.args["words"])

    def _kill_command(self, step: Step) -> None:
        client = self._world.command(*step.args["words"])
        time.sleep(step.args["age"] * 0.3)
        client.kill()

    def _kill_supervisor(self, step: Step, number: int = signal.SIGKILL) -> None:
        if (pid := self._world.supervisor()) is not None:
            self._world.kill([pid], number)

    def _term_supervisor(self, step: Step) -> None:
        self._kill_supervisor(step, signal.SIGTERM)

    def _freeze_supervisor(self, step: Step) -> None:
        if (pid := self._world.supervisor()) is not None:
            self._world.kill([pid], signal.SIGSTOP)
            time.sleep(0.3)
            self._world.kill([pid], signal.SIGCONT)

    def _kill_warm(self, step: Step) -> None:
        if (pid := self._world.warm()) is not None:
            self._world.kill([pid])

    def _kill_keeper(self, step: Step) -> None:
        keepers = sorted(self._world.keepers().items(), key=lambda item: item[1])
        if keepers:
            pid, folder = keepers[int(step.args["which"] * len(keepers))]
            self._notes.lost.add(folder)
            self._world.kill([pid])

    def _kill_all(self, step: Step) -> None:
        keepers = self._world.keepers()
        self._notes.lost |= set(keepers.values())
        pids = [self._world.supervisor(), self._world.warm(), *keepers]
        self._world.kill([pid for pid in pids if pid is not None])
        self._notes.lost |= set(self._world.keepers().values())

    # -- disasters ----------------------------------------------------------------------------------------

    def _disaster(self, kind: str) -> Any:
        if kind == "full_disk":
            return self._world.full_disk()
        if kind == "read_only":
            return self._world.read_only()
        if kind == "no_descriptors":
            return self._few_descriptors()
        if kind:
            self._kill_supervisor(Step("", {}, 0))
            while self._world.supervisor() is not None:
                self._world.reap()
            (self._spoil_store if kind == "bad_store" else self._spoil_endings)()
        return nullcontext()

    @contextmanager
    def _few_descriptors(self) -> Iterator[None]:
        pid = self._world.supervisor()
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        with suppress(OSError):
            if pid is not None:
                used = len(open_files(pid))
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 2, before[1]))
        try:
            yield
        finally:
            with suppress(OSError):
                if pid is not None:
                    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)

    def _spoil_store(self) -> None:
        with suppress(OSError), (self._world.state / "events.db").open("r+b") as file:
            file.write(b"nonsense" * 600)

    def _spoil_endings(self) -> None:
        """Damage what ended runs left; what those of now write is their keepers' own."""
        held = set(self._world.keepers().values())
        for number, ending in enumerate(sorted(self._world.state.glob("runs/*/*/ending.json"))):
            if ending.parent not in held:
                damage = (b"", b"{", b"[]", b"\xff\0" * 1000, b'{"exit": "x"}')[number % 5]
                self._notes.lost.add(ending.parent)
                with suppress(OSError):
                    ending.write_bytes(damage)
