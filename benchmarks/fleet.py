"""100 agents started and tracked, stopped, and left quiet; beside a plain loop of subprocess.Popen."""

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Figure, call, cpu_seconds, memory, session, sleepers
from descartes_tui.runner import AgentConfig, LocalProcessRunner
from descartes_tui.runner.process import kernel

COUNT = 100
SETTLE_SECONDS, QUIET_SECONDS = 15.0, 20.0  # young runs are looked at more often
ARGV = ("sh", "-c", "echo ready; exec sleep 100000")


def figures() -> Iterator[Figure]:
    """Measure the library, then a whole session with its supervisor."""
    plain_start, plain_stop = _plain()
    start, stop = asyncio.run(_library())
    yield _beside("library: 100 agents started", start, plain_start)
    yield _beside("library: 100 agents stopped (TERM, families proven empty)", stop, plain_stop)
    with session() as env:
        call(env, "spawn", "warm-up", "--", "true")
        file = sleepers(env, COUNT)
        began = time.perf_counter()
        call(env, "up", "-f", str(file), "--detach")
        call(env, "wait", "quiet-*", "--for", "running")
        yield _beside("session: `up` of 100 agents", time.perf_counter() - began, plain_start)
        yield from _quiet(env)
        began = time.perf_counter()
        call(env, "down")
        yield _beside(
            "session: `down` of 100 agents and the supervisor", time.perf_counter() - began, plain_stop
        )


def _beside(scenario: str, ours: float, plain: float) -> Figure:
    beside = f"Popen loop: {plain * 1000:.0f} ms"
    return Figure(scenario, f"{ours * 1000:.0f} ms", beside, ours / plain)


def _plain() -> tuple[float, float]:
    """Start, hear the first line of, and stop 100 children without any manager."""
    began = time.perf_counter()
    children = [
        subprocess.Popen(ARGV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        for _ in range(COUNT)
    ]
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()
    started = time.perf_counter() - began
    began = time.perf_counter()
    for child in children:
        child.terminate()
    for child in children:
        child.wait()
    return started, time.perf_counter() - began


async def _library() -> tuple[float, float]:
    """The same through LocalProcessRunner: until each agent's first line is in its log."""
    async with LocalProcessRunner() as runner:
        warm = await runner.spawn(AgentConfig(name="warm", command=("true",)))
        await warm.wait()
        began = time.perf_counter()
        handles = await asyncio.gather(
            *(runner.spawn(AgentConfig(name=f"agent-{n}", command=ARGV)) for n in range(COUNT))
        )
        logs = [Path(handle.info.log_path or "") for handle in handles]
        while not all(log.exists() and log.stat().st_size for log in logs):
            await asyncio.sleep(0.002)
        started = time.perf_counter() - began
        began = time.perf_counter()
        await runner.shutdown_all()
        return started, time.perf_counter() - began


def _parent(pid: int) -> int:
    stat = kernel.read_stat(pid)
    assert stat is not None
    return stat.ppid


def _quiet(env: dict[str, str]) -> Iterator[Figure]:
    """Memory and processor time of supervisor and keepers while 100 agents say nothing."""
    agents = json.loads(call(env, "ps", "--json", "--all"))
    pids = [agent["pid"] for agent in agents if agent["pid"]]
    stats = [stat for stat in (kernel.read_stat(pid) for pid in pids) if stat is not None]
    keepers = sorted({stat.ppid for stat in stats})
    warm, supervisor = _parent(keepers[0]), _parent(_parent(keepers[0]))
    sizes = [memory(pid) for pid in keepers]
    pss, private = (sum(size[part] for size in sizes) / len(sizes) / 1e6 for part in (0, 1))
    yield Figure(f"keeper, mean of {len(keepers)}", f"{pss:.2f} MB", f"private {private:.2f} MB", None)
    yield Figure("warm process", f"{memory(warm)[0] / 1e6:.1f} MB", "proportional (PSS)", None)
    yield Figure("supervisor", f"{memory(supervisor)[0] / 1e6:.1f} MB", "proportional (PSS)", None)
    ours = [*keepers, warm, supervisor]
    time.sleep(SETTLE_SECONDS)
    before, began = cpu_seconds(ours), time.perf_counter()
    time.sleep(QUIET_SECONDS)
    used = (cpu_seconds(ours) - before) / (time.perf_counter() - began)
    yield Figure("supervisor + keepers, 100 quiet agents", f"{used * 100:.2f} %", "of one core", None)
