"""CPU and memory of whole families, whoever their members' parents are by now."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from descartes_tui.runner.process.sampler import Sampler, machine_memory, used
from descartes_tui.runner.process.sampler_stat import (
    PAGE,
    ProcStats,
    PsutilStats,
    Stat,
    parse_stat,
    start_ticks,
)
from tests.waiting import wait_until

BIG = "import mmap; m = mmap.mmap(-1, 64 << 20); m.write(b'x' * (64 << 20)); print('up', flush=True); input()"
KEEPER = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
pid = os.fork()
if pid == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(1, b"orphan %d\\n" % os.getpid())
            signal.pause()
        os._exit(0)
    os.wait()
    signal.pause()
os.write(1, b"leader %d\\n" % pid)
signal.pause()
"""


class Trees:
    """Starts scripts in sessions of their own, and ends everyone who came from them."""

    def __init__(self) -> None:
        self._mark = str(uuid4())
        self._popens: list[subprocess.Popen[bytes]] = []

    def start(self, *argv: str, lines: int = 1) -> tuple[int, list[int]]:
        """Start a program and return its pid and the numbers in its first lines."""
        popen = subprocess.Popen(
            argv,
            env={"PATH": os.environ["PATH"], "TREE": self._mark},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
        self._popens.append(popen)
        assert popen.stdout is not None
        text = b"".join(popen.stdout.readline() for _ in range(lines))
        return popen.pid, [int(word) for word in text.split() if word.isdigit()]

    def end(self) -> None:
        """Kill all of them, and look again until nobody is left."""
        wait_until("everyone to be dead", lambda: self._kill() == 0)
        for popen in self._popens:
            for file in (popen.stdin, popen.stdout):
                assert file is not None
                file.close()
            popen.wait()

    def _kill(self) -> int:
        killed = 0
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("TREE") == self._mark:
                    process.kill()
                    killed += 1
        return killed


@pytest.fixture
def trees() -> Iterator[Trees]:
    trees = Trees()
    yield trees
    trees.end()


@pytest.fixture(params=["proc", "psutil"])
def sampler(request: pytest.FixtureRequest) -> Sampler:
    return Sampler(portable=request.param == "psutil")


@pytest.mark.parametrize(
    "name", ["sh", "a b", "a) S 1 (b", ") R 0 0 0", "((", "))", "tmux: server", "x\\ny", "é", " "]
)
def test_a_stat_line_is_read_whatever_the_name(name: str) -> None:
    rest = "S 7 8 9 34816 10 4194304 11 12 13 14 250 50 3000 1000 20 0 1 0 987654 4096000 300 18446744073709551615"
    stat = parse_stat(f"42 ({name}) {rest}".encode())
    assert stat == Stat(42, "S", 7, 9, 300, 4000, 987654, 300 * PAGE)


@pytest.mark.parametrize("line", [b"", b"42", b"42 (sh", b"42 (sh) S 1 2"])
def test_what_is_no_stat_line_is_refused(line: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        parse_stat(line)


@pytest.mark.parametrize("state", ["Z", "X"])
def test_a_zombie_is_not_alive(state: str) -> None:
    assert not stat_of(1, state=state).is_alive and stat_of(1, state="D").is_alive


def test_both_sources_tell_the_same_of_this_process() -> None:
    proc, portable = ProcStats().read(os.getpid()), PsutilStats().read(os.getpid())
    assert proc is not None and portable is not None
    assert (proc.ppid, proc.session) == (portable.ppid, portable.session)
    assert proc.cpu / ProcStats.ticks_per_second == pytest.approx(portable.cpu, abs=0.2)
    assert proc.memory == pytest.approx(portable.memory, rel=0.1)
    assert start_ticks(os.getpid()) == proc.start


@pytest.mark.parametrize("source", [ProcStats(), PsutilStats()])
def test_a_process_that_is_gone_is_none(source: ProcStats | PsutilStats) -> None:
    popen = subprocess.Popen(["true"])
    popen.wait()
    assert source.read(popen.pid) is None
    assert os.getpid() in source.pids()


def test_a_process_that_is_gone_has_no_start() -> None:
    popen = subprocess.Popen(["true"])
    popen.wait()
    assert start_ticks(popen.pid) == 0


def test_a_family_with_sessions_of_their_own_is_one(sampler: Sampler, trees: Trees) -> None:
    pid, _ = trees.start("sh", "-c", "sleep 600 & setsid sleep 600 & echo $!; wait")
    other, _ = trees.start("sh", "-c", "echo; sleep 600; true")
    wait_until("three and two", lambda: counts(sampler, a=pid, b=other) == {"a": 3, "b": 2})
    usage = sampler.sample({"a": pid})["a"]
    assert usage.memory_bytes is not None and 0 < usage.memory_bytes < 64 << 20


def test_orphans_of_the_session_and_known_ones_stay_in_the_family(sampler: Sampler, trees: Trees) -> None:
    script = "sh -c 'setsid sleep 600 & sleep 600 & echo $$ $!; wait' & wait"
    pid, (middle, _) = trees.start("sh", "-c", script)
    wait_until("four", lambda: counts(sampler, a=pid) == {"a": 4})
    os.kill(middle, signal.SIGKILL)
    wait_until("only orphans to be left", lambda: counts(sampler, a=pid) == {"a": 2})


def test_a_family_outlives_its_leader(sampler: Sampler, trees: Trees) -> None:
    pid, _ = trees.start("sh", "-c", "sleep 600 & echo; wait")
    wait_until("two", lambda: counts(sampler, a=pid) == {"a": 2})
    os.kill(pid, signal.SIGKILL)
    wait_until("one", lambda: counts(sampler, a=pid) == {"a": 1})  # the leader is a zombie of ours


def test_everyone_below_the_keeper_is_family_but_not_the_keeper(sampler: Sampler, trees: Trees) -> None:
    keeper, told = trees.start(sys.executable, "-I", "-S", "-c", KEEPER, lines=2)
    leader = next(pid for pid in told if psutil.Process(pid).ppid() == keeper and os.getsid(pid) == pid)
    wait_until(
        "the orphan to be handed over", lambda: all(psutil.Process(pid).ppid() == keeper for pid in told)
    )
    assert sampler.sample({"a": leader}, {"a": keeper})["a"].processes == 2
    assert sampler.sample({"a": leader})["a"].processes == 2  # remembered
    assert Sampler().sample({"a": leader})["a"].processes == 1


def test_a_new_run_is_found_among_those_who_were_strangers(sampler: Sampler, trees: Trees) -> None:
    pid, _ = trees.start("sh", "-c", "sleep 600 & echo; wait")
    assert sampler.sample({}) == {}
    assert sampler.sample({"a": pid})["a"].processes == 2
    assert sampler.sample({}) == {}
    assert sampler.sample({"a": pid})["a"].cpu_percent is None


def test_one_who_works_uses_one_core_and_one_who_waits_none(sampler: Sampler, trees: Trees) -> None:
    works, _ = trees.start("sh", "-c", "(while :; do :; done) & echo; wait")
    waits, _ = trees.start("sh", "-c", "echo; sleep 600; true")
    roots = {"works": works, "waits": waits}
    assert {usage.cpu_percent for usage in sampler.sample(roots).values()} == {None}
    start = cpu_of_tree(works)
    began = time.monotonic()
    wait_until("some work", lambda: cpu_of_tree(works) > start + 0.2)
    at_most = time.monotonic()
    usage = sampler.sample(roots)
    assert usage["waits"].cpu_percent == pytest.approx(0, abs=5)
    percent = usage["works"].cpu_percent
    used = cpu_of_tree(works) - start  # what can have been seen, and the time that it was at least divided by
    assert percent is not None and 0 < percent <= 100 * (used + 0.05) / (at_most - began) + 1


def cpu_of_tree(pid: int) -> float:
    children = psutil.Process(pid).children()
    return sum(sum(child.cpu_times()[:2]) for child in children)


def test_percent_is_of_one_core_over_the_time_between(trees: Trees) -> None:
    times = iter([100.0, 102.0, 102.0])
    stats = FakeStats([stat_of(5, cpu=100)], [stat_of(5, cpu=150), stat_of(6, ppid=5, cpu=50)], [stat_of(5)])
    sampler = Sampler(source=stats, clock=lambda: next(times))
    percents = [sampler.sample({"a": 5})["a"].cpu_percent for _ in range(3)]
    assert percents == [None, 50.0, None]  # no time has passed: nobody knows


def test_memory_of_the_family_is_its_sum(sampler: Sampler, trees: Trees) -> None:
    pid, _ = trees.start(sys.executable, "-I", "-S", "-c", BIG)
    (usage,) = sampler.sample({"a": pid}).values()
    assert usage.memory_bytes is not None and 64 << 20 < usage.memory_bytes < 128 << 20


def test_zombies_are_not_counted(sampler: Sampler, trees: Trees) -> None:
    code = "import os, sys; pid = os.fork() or os._exit(0); print(pid, flush=True); sys.stdin.read()"
    pid, (child,) = trees.start(sys.executable, "-I", "-S", "-c", code)
    wait_until("the zombie", lambda: psutil.Process(child).status() == psutil.STATUS_ZOMBIE)
    assert sampler.sample({"a": pid})["a"].processes == 1


def test_a_leader_whose_number_was_given_away_is_a_stranger() -> None:
    stats = FakeStats([stat_of(5)], [stat_of(5, start=2), stat_of(6, ppid=5, start=3)])
    sampler = Sampler(source=stats)
    assert [sampler.sample({"a": 5})["a"].processes for _ in range(2)] == [1, 0]


def test_a_family_that_is_gone_uses_nothing(sampler: Sampler) -> None:
    popen = subprocess.Popen(["true"])
    popen.wait()
    usage = sampler.sample({"a": popen.pid})["a"]
    assert (usage.processes, usage.memory_bytes) == (0, 0)


def stat_of(
    pid: int, *, state: str = "R", ppid: int = 1, cpu: float = 0, reaped: float = 0, start: float = 1
) -> Stat:
    return Stat(pid, state, ppid, 0, cpu, reaped, start, PAGE)


class FakeStats:
    """Tells what it was given, look by look."""

    ticks_per_second = 100.0

    def __init__(self, *looks: list[Stat]) -> None:
        self._looks = iter(looks)
        self._now: dict[int, Stat] = {}

    def pids(self) -> list[int]:
        """Go on to the next look."""
        self._now = {stat.pid: stat for stat in next(self._looks)}
        return list(self._now)

    def read(self, pid: int) -> Stat | None:
        """Return one of this look."""
        return self._now.get(pid)


@pytest.mark.parametrize(
    ("before", "after", "ticks"),
    [
        ([stat_of(1, cpu=10)], [stat_of(1, cpu=25)], 15),
        ([stat_of(1)], [stat_of(1), stat_of(2, ppid=1, cpu=7)], 7),
        ([stat_of(1), stat_of(2, ppid=1, cpu=30)], [stat_of(1, reaped=34)], 4),
        ([stat_of(1), stat_of(2, ppid=1, cpu=30)], [stat_of(1)], 0),  # reaped by somebody else
        ([stat_of(1)], [stat_of(1, reaped=50)], 50),  # came and went in between
        ([stat_of(1, cpu=90)], [stat_of(1, cpu=3, start=2)], 3),  # another one by the same number
        ([stat_of(1, cpu=10)], [stat_of(1, cpu=9)], 0),
        ([stat_of(1), stat_of(2, ppid=1, cpu=5, reaped=6)], [stat_of(1, reaped=11)], 0),
    ],
)
def test_what_was_used_counts_each_tick_once(before: list[Stat], after: list[Stat], ticks: float) -> None:
    assert used({stat.pid: stat for stat in before}, {stat.pid: stat for stat in after}) == ticks


def test_short_lived_children_are_counted(trees: Trees) -> None:
    sampler = Sampler()
    pid, _ = trees.start("sh", "-c", "echo; while :; do /bin/true; done")
    sampler.sample({"a": pid})
    stat = Path(f"/proc/{pid}/stat")
    start = parse_stat(stat.read_bytes()).reaped
    wait_until("children to be reaped", lambda: parse_stat(stat.read_bytes()).reaped > start + 20)
    percent = sampler.sample({"a": pid})["a"].cpu_percent
    assert percent is not None and percent > 10


def test_the_machine_has_memory() -> None:
    assert machine_memory() == psutil.virtual_memory().total


def counts(sampler: Sampler, **roots: int) -> dict[str, int | None]:
    return {run: usage.processes for run, usage in sampler.sample(roots).items()}
