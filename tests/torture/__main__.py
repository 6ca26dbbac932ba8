"""Torture a real session until the time is up: `python -m tests.torture [--seconds N] [--seed S] [--keep]`.

`--kills N` kills N nasty families instead and tells survivors and times.
"""

import argparse
import asyncio
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from tests.torture.invariants import Invariants
from tests.torture.kills import Tally, kill_cycles
from tests.torture.operations import Cycle, Hand, Notes, cycles
from tests.torture.world import World, become_subreaper, end_all_below

SETTLING = 45.0  # seconds for what is on its way after a cycle; leftovers of an agent that was asked get 30
SHOWN = 4  # cycles of a failure's report


def main() -> int:
    """Return 0 when every invariant held."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--seconds", type=float, default=180.0, help="how long to go on (180)")
    parser.add_argument("--seed", type=int, default=None, help="what to draw the cycles from (random)")
    parser.add_argument("--from-cycle", type=int, default=1, help="skip the cycles before")
    parser.add_argument("--calm", action="store_true", help="no disasters")
    parser.add_argument("--keep", action="store_true", help="keep the folders, for a look afterwards")
    parser.add_argument("--kills", type=int, default=0, help="kill so many nasty families instead")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end what was started then, too
    seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    return _kill(options.kills, seed) if options.kills else _torture(options, seed)


def _kill(count: int, seed: int) -> int:
    become_subreaper()  # nobody can hide
    folder = Path(tempfile.mkdtemp(prefix="descartes-kills-"))
    folder.chmod(0o755)
    tally = Tally()
    try:
        asyncio.run(kill_cycles(folder, count, seed, tally))
    except KeyboardInterrupt:
        print("interrupted; so far:")
    finally:
        end_all_below()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"seed {seed}: {tally.report()}")
    return 1 if tally.survivors or len(tally.times) < count else 0


def _torture(options: argparse.Namespace, seed: int) -> int:
    world, notes = World(), Notes()
    hand, invariants = Hand(world, notes), Invariants(world, notes)
    deadline = time.monotonic() + options.seconds
    passed, found = 0, [""]
    before: deque[Cycle] = deque(maxlen=SHOWN)
    print(f"seed {seed}, state in {world.root}", flush=True)
    try:
        for cycle in cycles(seed, root=world.disk_is_small):
            if time.monotonic() > deadline:
                break
            if cycle.number < options.from_cycle:
                continue
            cycle.disaster = "" if options.calm else cycle.disaster
            before.append(cycle)
            hand.do(cycle)
            if found := settled(invariants.violations):
                _blame(seed, list(before), found)
                break
            passed += 1
    except KeyboardInterrupt:
        print("interrupted: ending what was started", flush=True)
    finally:
        world.close(keep=options.keep)
    if notes.unmarked:
        print(f"daemons without a mark that outlived the kill of all that knew them: {notes.unmarked}")
    print(f"{passed} passed, {1 if found and found[0] else 0} failed")
    return 1 if found and found[0] else 0


def settled(violations: Callable[[], list[str]]) -> list[str]:
    """Return [] as soon as nothing is violated, else what is still violated when the time is up."""
    deadline = time.monotonic() + SETTLING
    pause = 0.02
    while (found := violations()) and time.monotonic() < deadline:
        time.sleep(pause)
        pause = min(pause * 2, 0.5)
    return found


def _blame(seed: int, before: list[Cycle], found: list[str]) -> None:
    print(f"\nFAILED: seed {seed}, cycle {before[-1].number}; the last {len(before)} cycles were")
    for cycle in before:
        print(f"cycle {cycle.number}" + (f", disaster {cycle.disaster}" if cycle.disaster else ""))
        for step in cycle.steps:
            print(f"  {step}")
    for text in found:
        print(f"  ! {text}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
