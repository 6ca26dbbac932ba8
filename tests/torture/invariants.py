"""What must hold after every cycle, judged from outside: by /proc, by the files, and by what the agents noted."""

import json
import os
import struct
from collections import Counter
from pathlib import Path
from typing import Any, Final

from descartes_tui.runner.wire.errors import WireError
from tests.torture.looking import Seen, below, everybody, marks, open_files, resident_bytes
from tests.torture.operations import Notes
from tests.torture.world import World, read_json

HAS_PROCESS: Final = {"starting", "running", "paused", "stopping"}
PASSING: Final = {"starting", "stopping"}
DESCRIPTORS, MEMORY = 60, 160 << 20  # bounds of a supervisor with eight agents


class Invariants:
    """Looks for violations. What has been found right once and cannot change is not looked at again."""

    def __init__(self, world: World, notes: Notes) -> None:
        self._world, self._notes = world, notes
        self._proven: set[Path] = set()
        self._log_read = 0

    def violations(self) -> list[str]:
        """Return what does not hold now; the caller asks again as long as that may be on its way."""
        self._world.reap()
        try:
            with self._world.client() as client:
                agents = client.call("list", timeout=15.0)
                runs = {agent["id"]: client.call("show", agent=agent["id"])["runs"] for agent in agents}
        except WireError as error:
            return [f"the supervisor does not answer: {error.code}: {error}"]
        found = [f"{a['name']} is still {a['status']}" for a in agents if a["status"] in PASSING]
        world = everybody()
        found += self._processes(world, agents) + self._programs(world)
        found += self._exits(agents, runs)
        return found + self._logs() + self._complaints() + self._notes.wrong

    # -- processes ----------------------------------------------------------------------------------------

    def _processes(self, world: dict[int, Seen], agents: list[dict[str, Any]]) -> list[str]:
        keepers = self._world.keepers(world)
        found = self._agents_and_keepers(world, keepers, agents)
        programs = {self._world.supervisor(), self._world.warm(), *keepers, *self._world.clients}
        families = below(keepers, world)
        for pid in below([os.getpid()], world) - families:
            seen = world[pid]
            if pid in programs or seen.is_zombie:
                continue
            if self._notes.lost and seen.ppid == os.getpid() and seen.name == "sleep" and not marks(pid):
                self._notes.unmarked += 1  # a limit that is documented: nothing tells whose it was
                self._world.kill([pid])
            else:
                found.append(f"a survivor: {seen}")
        ours = {*keepers, self._world.supervisor(), self._world.warm()}
        found += [f"a zombie: {seen}" for seen in world.values() if seen.is_zombie and seen.ppid in ours]
        return found

    def _agents_and_keepers(
        self, world: dict[int, Seen], keepers: dict[int, Path], agents: list[dict[str, Any]]
    ) -> list[str]:
        per_agent = Counter(folder.parent.name for folder in keepers.values())
        found = [f"{count} keepers hold runs of agent {a}" for a, count in per_agent.items() if count > 1]
        holder = {folder: pid for pid, folder in keepers.items()}
        for agent in agents:
            folder = self._world.state / "runs" / agent["id"] / str(agent["run"])
            keeper = holder.pop(folder, None)
            if agent["status"] not in HAS_PROCESS:
                if keeper is not None:
                    found.append(f"{agent['name']} is {agent['status']}, but keeper {keeper} holds {folder}")
            elif keeper is None:
                found.append(f"{agent['name']} is {agent['status']}, but nobody holds {folder}")
            else:
                found += self._leader(world, agent, keeper)
        found += [f"keeper {pid} holds {folder}, a run of nobody" for folder, pid in holder.items()]
        return found

    def _leader(self, world: dict[int, Seen], agent: dict[str, Any], keeper: int) -> list[str]:
        seen = world.get(agent["pid"] or 0)
        if seen is None or seen.is_zombie or seen.ppid != keeper:
            return [f"{agent['name']} is {agent['status']} with pid {agent['pid']}, which is {seen}"]
        if agent["status"] == "paused":
            moving = [pid for pid in below([keeper], world) if world[pid].state not in "TtZX"]
            return [f"{agent['name']} is paused, but {world[pid]} is not" for pid in moving]
        return []

    def _programs(self, world: dict[int, Seen]) -> list[str]:
        """Exactly one supervisor, at most one warm process, and neither grows."""
        supervisor = self._world.supervisor()
        found = []
        others = [
            seen
            for pid in below([os.getpid()], world)
            if (seen := world[pid]).ppid == os.getpid() and pid != supervisor and not seen.is_zombie
            if " supervisor --session " in str(seen)
        ]
        found += [f"another supervisor: {seen}" for seen in others]
        if supervisor is None:
            return [*found, "no supervisor lives"]
        files = open_files(supervisor)
        if len(files) > DESCRIPTORS:
            found.append(f"the supervisor has {len(files)} descriptors: {Counter(files).most_common(5)}")
        if (size := resident_bytes(supervisor)) > MEMORY:
            found.append(f"the supervisor holds {size >> 20} MiB")
        return found

    # -- endings and output -------------------------------------------------------------------------------

    def _exits(self, agents: list[dict[str, Any]], runs: dict[str, list[dict[str, Any]]]) -> list[str]:
        found = []
        for agent in agents:
            for run in runs[agent["id"]]:
                folder = self._world.state / "runs" / agent["id"] / str(run["run"])
                if folder in self._notes.lost or run["started_at"] is None or run["ended_at"] is None:
                    continue
                if run["exit_code"] is None and run["exit_signal"] is None:
                    found.append(f"run {run['run']} of {agent['name']} lost its exit code ({folder})")
                found += self._noted_exit(agent, run, folder)
        return found

    def _noted_exit(self, agent: dict[str, Any], run: dict[str, Any], folder: Path) -> list[str]:
        noted = self._truth(folder, "exit")
        if noted and run["exit_signal"] is None and run["exit_code"] != int(noted):
            return [f"run {run['run']} of {agent['name']} exited with {int(noted)}, not {run['exit_code']}"]
        return []

    def _truth(self, folder: Path, kind: str) -> bytes:
        """Return what the leader of a run noted about itself; its run's mark names the file."""
        path = self._world.folders["truth"] / f"{folder.parent.name}.{folder.name}.{kind}"
        return path.read_bytes() if path.exists() else b""

    def _logs(self, *, running: bool = False) -> list[str]:
        """Compare the logs of ended runs, with `running` of all, with what their writers noted."""
        found: list[str] = []
        held = set(self._world.keepers().values())
        for log in self._world.state.glob("runs/*/*/log"):
            folder = log.parent
            if folder in self._proven or (folder in held and not running):
                continue
            if noted := self._truth(folder, "lines"):
                problem = compared(log, *struct.unpack("<Q", noted[:8].ljust(8, b"\0")))
                if problem and not (folder in self._notes.lost and "not all" in problem):
                    found.append(f"{log}: {problem}")
            if folder not in held:
                self._proven.add(folder)
        return found

    def _complaints(self) -> list[str]:
        """Tracebacks in our own logs are faults of ours, whatever was done to us."""
        found = [str(path) for path in self._world.state.glob("runs/*/*/keeper.error")]
        found = [f"a keeper failed: {path}: {Path(path).read_text()[-1500:]}" for path in found]
        try:
            with (self._world.state / "supervisor.log").open("rb") as file:
                file.seek(self._log_read)
                text = file.read().decode(errors="replace")
                self._log_read = file.tell()
        except OSError:
            return found
        if "Traceback" in text:
            found.append(f"a traceback in supervisor.log: {text[text.find('Traceback') - 300 :][:3000]}")
        return found


def compared(log: Path, noted: int) -> str:
    """Return what is wrong with a log of numbered lines of which `noted` were written for certain."""
    last = 0
    with log.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                if line != b"%d\n" % (last + 1):
                    return f"after line {last} comes {line[:40]!r}"
                last += 1
    return f"not all is there: {last} lines, {noted} were written" if last < noted else ""


def newest_facts(folder: Path) -> str:
    """Return what is on disk about a run, for a report."""
    return json.dumps({name: read_json(folder / name) for name in ("run.json", "ending.json")})
