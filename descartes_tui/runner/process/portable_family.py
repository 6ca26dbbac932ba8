"""Which processes belong to a run, found in pictures of all processes, with psutil alone."""

import os
import sys
from collections.abc import Iterable, Sequence

import psutil

from descartes_tui.runner.process.portable_table import Picture, Row


class PortableFamily:
    """The family of one run: descendants of `leader`, its session, and all that carry the run's `mark`.

    A process once seen stays in the family though its parent ends. What nobody saw before its parent ended
    is found by session or mark; a daemon that has left both before the first look at it is not found: only
    a keeper, which such a daemon cannot leave, promises that. Processes are known by pid and start time.
    """

    def __init__(self, mark: str, leader: int | None) -> None:
        self.mark, self.leader = mark, leader
        self.session = leader  # the number is not given away while the leader is not reaped
        self._seen: set[psutil.Process] = set()
        if leader is not None:
            self._remember_leader(leader)

    def _remember_leader(self, leader: int) -> None:
        try:
            self._seen.add(psutil.Process(leader))
        except psutil.Error:
            return  # over already

    def leader_is_reaped(self) -> None:
        """Trust the leader's number no longer: it may be given to a stranger."""
        self.session = None

    def find(self, picture: Picture) -> list[Row]:
        """Return the living processes of the family in a picture, leader first, and remember them."""
        parents = self._dead_parents(picture)
        ways = [row for one in self._seen if (row := picture.find(one))]
        ways += [*picture.session(self.session), *picture.marked(self.mark)]
        ways += [row for one in parents for row in _children(picture, one)]
        found: dict[int, Row] = {}
        while ways:
            row = ways.pop()
            if row.pid not in found and row.pid != os.getpid():
                found[row.pid] = row
                ways += _children(picture, row.process)
        self._seen = {row.process for row in found.values()} | parents
        living = [row for row in found.values() if row.is_alive]
        return sorted(living, key=lambda row: (row.pid != self.leader, row.pid))

    def _dead_parents(self, picture: Picture) -> set[psutil.Process]:
        """On Windows a child keeps the number of its dead parent; elsewhere it gets a new parent."""
        if sys.platform == "win32":
            return {one for one in self._seen if one.pid not in picture.rows and picture.children(one.pid)}
        return set()


def _children(picture: Picture, parent: psutil.Process) -> Sequence[Row]:
    children = picture.children(parent.pid)
    if sys.platform == "win32":
        return [row for row in children if _is_younger(row.process, parent)]
    return children


def _is_younger(child: psutil.Process, parent: psutil.Process) -> bool:
    """False where the number of a dead parent was given to somebody who came after the child."""
    try:
        return child.create_time() >= parent.create_time()
    except psutil.Error:
        return False


def describe(rows: Iterable[Row]) -> str:
    """Return at most five processes in words: `sleep (12, disk-sleep)`."""
    shown = list(rows)
    words = [f"{name_of(row.process)} ({row.pid}, {row.status})" for row in shown[:5]]
    return ", ".join(words) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")


def name_of(process: psutil.Process) -> str:
    """Return a process's name, '?' when it cannot be known any more."""
    try:
        return process.name()
    except psutil.Error:
        return "?"
