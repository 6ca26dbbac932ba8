"""Kill nasty families through their keepers, many times: who survives, and how long does it take?"""

import asyncio
import os
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from descartes_tui.runner.model.run import Ended, Lost
from descartes_tui.runner.process.launcher import KeeperLauncher
from tests.runner.process.harness import Bench, Run
from tests.torture.looking import below, everybody
from tests.torture.world import ZOO
from tests.waiting import wait_for

NASTY: Final = (
    "deaf", "own_session", "tools", "born_in_stop", "chain", "storm", "self_stopped", "closes_stdout", "execs",
    "gone_folder", "renames", "stranger", "zombies", "games", "polite", "zoo",
)  # fmt: skip
ALONE: Final = (
    "deaf",
    "own_session",
    "born_in_stop",
    "self_stopped",
    "closes_stdout",
    "execs",
    "polite",
    "renames",
    "storm",
    "chain",
)


@dataclass
class Tally:
    """How many processes outlived their kill, and how long each kill took in seconds."""

    survivors: int = 0
    times: list[float] = field(default_factory=list)

    def report(self) -> str:
        """Return the figures in one line."""
        ordered = sorted(self.times) or [0.0]
        at = {q: ordered[min(int(len(ordered) * q), len(ordered) - 1)] * 1000 for q in (0.5, 0.9, 0.99)}
        return (
            f"{len(self.times)} kills: {self.survivors} survivors, median {at[0.5]:.1f} ms, "
            f"p90 {at[0.9]:.1f} ms, p99 {at[0.99]:.1f} ms, max {ordered[-1] * 1000:.1f} ms"
        )


async def kill_cycles(folder: Path, count: int, seed: int, tally: "Tally") -> None:
    """Kill `count` families and keep the tally."""
    chance = random.Random(seed)
    launcher = KeeperLauncher()
    bench = Bench(folder, launcher)
    try:
        while len(tally.times) < count:
            kinds = [
                chance.choice(NASTY) for _ in range(min(chance.choice((1, 2, 4)), count - len(tally.times)))
            ]
            runs = [await _started(bench, kind, chance) for kind in kinds]
            await asyncio.sleep(chance.random() * 0.05)  # somewhere in the family's growth
            for run in runs:
                tally.times.append(await _killed(run))
            tally.survivors += len(_left(launcher))
            bench.runs.clear()
    finally:
        await launcher.close()


async def _started(bench: Bench, kind: str, chance: random.Random) -> Run:
    env = {"ZOO_TRUTH": str(bench.folder)}
    command = (sys.executable, "-S", "-E", ZOO, kind, str(chance.randint(0, 1) if kind == "storm" else 0))
    run = await (await bench.run(*command, env=env)).started()
    if chance.random() < 0.8:  # else it is killed before it has become what it will be
        keeper = run.held.keeper_pid or 0
        await wait_for(f"the family of {kind}", lambda: _is_grown(keeper, kind))
    return run


def _is_grown(keeper: int, kind: str) -> bool:
    """True when a family has children, or is of a kind that is not always seen with any."""
    world = everybody()
    if len(below([keeper], world)) > 1 or keeper not in world:
        return True
    leader = next((seen for seen in world.values() if seen.ppid == keeper), None)
    return kind in ALONE and leader is not None


async def _killed(run: Run) -> float:
    began = time.perf_counter()
    await run.held.kill()
    while not run.heard(Ended) and not run.heard(Lost):
        await asyncio.sleep(0)
        if time.perf_counter() - began > 30:
            raise AssertionError(f"not dead after 30 s: {run.spec.argv}")
    return time.perf_counter() - began


def _left(launcher: KeeperLauncher) -> list[str]:
    """Return who lives below us and is neither the warm process nor a keeper that is just leaving."""
    world = everybody()
    left = [world[pid] for pid in below([os.getpid()], world) if pid != launcher.warm_pid]
    return [str(seen) for seen in left if not seen.is_zombie and seen.name != "descartes-keep"]
