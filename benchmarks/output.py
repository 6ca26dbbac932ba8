"""Output drained to disk by keepers, beside `cat >file` fed by the same writers."""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Figure
from descartes_tui.runner import AgentConfig, LocalProcessRunner, ProcessRunnerConfig

BULK = "import os\nb = (b'x' * 79 + b'\\n') * 800\nfor i in range({}): os.write(1, b)"
LINES = "import sys\nfor i in range({}): sys.stdout.write('%079d\\n' % i)"
CASES = (
    ("1 agent, 64 KB writes", 1, BULK.format(8000)),
    ("1 agent, 80-byte lines in 8 KB writes", 1, LINES.format(2_000_000)),
    ("50 agents, 64 KB writes", 50, BULK.format(400)),
)


def figures() -> Iterator[Figure]:
    """Measure each case twice and keep the better one of either side."""
    for name, count, script in CASES:
        argv = (sys.executable, "-S", "-c", script)
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            rounds = [
                (_cat(argv, count, Path(folder)), asyncio.run(_ours(argv, count, folder))) for _ in "ab"
            ]
        cat, ours = max(pair[0] for pair in rounds), max(pair[1] for pair in rounds)
        yield Figure(f"output to disk: {name}", f"{ours:.0f} MB/s", f"cat: {cat:.0f} MB/s", ours / cat)


def _cat(argv: tuple[str, ...], count: int, folder: Path) -> float:
    """Return MB/s of `argv | cat >file`, `count` times at once."""
    began = time.perf_counter()
    cats = []
    for number in range(count):
        with (folder / f"cat-{number}").open("wb") as file:
            writer = subprocess.Popen(argv, stdout=subprocess.PIPE)
            cats.append((writer, subprocess.Popen(["cat"], stdin=writer.stdout, stdout=file)))
            assert writer.stdout is not None
            writer.stdout.close()
    for writer, cat in cats:
        cat.wait()
        writer.wait()
    took = time.perf_counter() - began
    files = list(folder.glob("cat-*"))
    total = sum(file.stat().st_size for file in files)
    for file in files:
        file.unlink()
    return total / took / 1e6


async def _ours(argv: tuple[str, ...], count: int, folder: str) -> float:
    """Return MB/s of the same through keepers, until every log is complete."""
    config = ProcessRunnerConfig(state_dir=str(Path(folder) / "state"))
    async with LocalProcessRunner(config) as runner:
        await (await runner.spawn(AgentConfig(name="warm", command=("true",)))).wait()
        began = time.perf_counter()
        handles = [await runner.spawn(AgentConfig(name=f"w-{n}", command=argv)) for n in range(count)]
        for handle in handles:
            await handle.wait()
        took = time.perf_counter() - began
        total = sum(Path(handle.info.log_path or "").stat().st_size for handle in handles)
        for handle in handles:
            Path(handle.info.log_path or "").unlink()
    return total / took / 1e6
