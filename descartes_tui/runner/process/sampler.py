"""How much CPU and memory each agent's whole family uses, measured in one look at all processes."""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import psutil

from descartes_tui.runner.model.info import Usage
from descartes_tui.runner.process.sampler_stat import ProcStats, PsutilStats, Stat, StatSource

FULL_LOOK: Final = 20  # looks after which strangers are looked at again: a number may have a new owner


@dataclass(slots=True)
class _Family:
    """What is remembered of one run between two looks. `leader` is None until it has been seen."""

    root: int
    leader: Stat | None = None
    members: dict[int, Stat] = field(default_factory=dict)  # zombies included
    at: float | None = None  # when it was looked at last


class Sampler:
    """Remembers between looks who belongs to which run. Not for several threads at once.

    A family is: the leader, its descendants, its session, whatever was seen in it before, and everything
    below its keeper (but not the keeper). With `portable`, psutil is asked instead of /proc.
    """

    def __init__(
        self,
        *,
        portable: bool = sys.platform != "linux",
        source: StatSource | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source: StatSource = source or (PsutilStats() if portable else ProcStats())
        self._clock = clock
        self._families: dict[str, _Family] = {}
        self._keepers: dict[int, str] = {}
        self._strangers: set[int] = set()
        self._looks = 0

    def sample(self, roots: Mapping[str, int], keepers: Mapping[str, int] | None = None) -> dict[str, Usage]:
        """Return what each run uses: CPU in percent of one core since its last sample (None at its first).

        `roots` are the leaders' pids by run, `keepers` the pids of the runs' keepers.
        """
        self._expect(roots, keepers or {})
        seen = self._read()
        families = self._sort(seen)
        now = self._clock()
        return {run: self._usage(self._families[run], families[run], now) for run in roots}

    def _expect(self, roots: Mapping[str, int], keepers: Mapping[str, int]) -> None:
        """Take over which runs there are; a new one may be among those who were strangers so far."""
        by_pid = {pid: run for run, pid in keepers.items() if run in roots}
        known = {run: family.root for run, family in self._families.items()}
        self._looks += 1
        if known != dict(roots) or by_pid != self._keepers or self._looks % FULL_LOOK == 0:
            self._strangers.clear()
        self._keepers = by_pid
        for run in [run for run, pid in known.items() if roots.get(run) != pid]:
            del self._families[run]
        for run, pid in roots.items():
            self._families.setdefault(run, _Family(pid))

    def _read(self) -> dict[int, Stat]:
        """Return the members of all families and whoever has come since the last look."""
        pids = self._source.pids()
        read, strangers = self._source.read, self._strangers
        strangers.intersection_update(pids)
        return {pid: stat for pid in pids if pid not in strangers and (stat := read(pid)) is not None}

    def _sort(self, seen: Mapping[int, Stat]) -> dict[str, dict[int, Stat]]:
        """Give everyone to a family, or to the strangers."""
        owners: dict[int, str | None] = dict.fromkeys(self._keepers)
        sessions: dict[int, str] = {}
        for run, family in self._families.items():
            if self._own(run, family, seen, owners):
                sessions[family.root] = run
        families: dict[str, dict[int, Stat]] = {run: {} for run in self._families}
        for pid, stat in seen.items():
            owner = owners[pid] if pid in owners else self._owner(stat, seen, owners, sessions)
            if owner is not None:
                families[owner][pid] = stat
            else:
                self._strangers.add(pid)
        return families

    def _own(
        self, run: str, family: _Family, seen: Mapping[int, Stat], owners: dict[int, str | None]
    ) -> bool:
        """Find the leader, and who was in the family before; False when the leader's pid is a stranger's."""
        for pid, stat in family.members.items():
            if pid in seen and seen[pid].start == stat.start:
                owners[pid] = run
        leader = seen.get(family.root)
        if leader is None:
            return True
        family.leader = family.leader or leader
        if leader.start != family.leader.start:
            return False
        owners[leader.pid] = run
        return True

    def _owner(
        self,
        stat: Stat,
        seen: Mapping[int, Stat],
        owners: dict[int, str | None],
        sessions: Mapping[int, str],
    ) -> str | None:
        """Return whose a process is: climb to the first ancestor of whom that is known."""
        climbed: list[int] = []
        owner: str | None = None
        above: Stat | None = stat
        while above is not None and above.pid not in climbed:
            if above.pid in owners:
                owner = owners[above.pid]
                break
            climbed.append(above.pid)
            owner = self._keepers.get(above.ppid) or sessions.get(above.session)
            if owner is not None:
                break
            above = seen.get(above.ppid)
        owners.update(dict.fromkeys(climbed, owner))
        return owner

    def _usage(self, family: _Family, members: dict[int, Stat], now: float) -> Usage:
        alive = [stat for stat in members.values() if stat.is_alive]
        percent = None
        if family.at is not None and now > family.at:
            ticks = used(family.members, members)
            percent = 100 * ticks / self._source.ticks_per_second / (now - family.at)
        family.members, family.at = members, now
        return Usage(percent, sum(stat.memory for stat in alive), len(alive))


def used(before: Mapping[int, Stat], after: Mapping[int, Stat]) -> float:
    """Return the ticks of CPU that a family used between two looks.

    When a child ends, what it used in its life becomes `reaped` time of its parent: what was counted at the
    look before is taken off there, and what it used since is counted. So are children that came and went
    between the looks.
    """
    counted: dict[int, float] = {}
    for pid, old in before.items():
        if pid not in after or after[pid].start != old.start:
            counted[old.ppid] = counted.get(old.ppid, 0) + old.cpu + old.reaped
    total = 0.0
    for pid, new in after.items():
        previous = before.get(pid)
        if previous is None or previous.start != new.start:
            total += new.cpu + new.reaped
        else:
            total += max(0, new.cpu - previous.cpu)
            total += max(0, new.reaped - previous.reaped - counted.get(pid, 0))
    return total


def machine_memory() -> int:
    """Return the bytes of memory of this machine."""
    return psutil.virtual_memory().total
