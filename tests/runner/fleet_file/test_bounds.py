"""A file made to exhaust the reader is refused quickly and cheaply."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.runner.fleet_file.loading import written

MEASURE = """
import json, resource, sys, time, tracemalloc
from pathlib import Path
from descartes_tui.runner.fleet_file import load_fleet
from descartes_tui.runner.model.errors import FleetFileError
import descartes_tui.runner.fleet_file.load  # the import is not what is measured
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.process_time()
try:
    load_fleet(Path(sys.argv[1]), env={})
    said = "accepted"
except FleetFileError as error:
    said = str(error)
spent = time.process_time() - started
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps([said, spent, grown / 1024]))
"""

LEVELS = "abcdefghi"


def alias_bomb() -> str:
    rows = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    rows += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise(LEVELS)]
    return "\n".join(rows)


def merge_bomb() -> str:
    rows = ["a: &a {k: v}"]
    rows += [f"{b}: &{b} {{<<: [{', '.join([f'*{a}'] * 9)}]}}" for a, b in pairwise(LEVELS)]
    return "\n".join(rows)


BOMBS = {
    "aliases of aliases": (alias_bomb(), "stand for more than 100,000 values"),
    "merges of merges": (merge_bomb(), "stand for more than 100,000 values"),
    "many aliases": ("a: &a x\nb: [" + "*a, " * 200 + "]", "more than 100 aliases"),
    "an alias to itself": ("agents: &a [*a]", "a value cannot contain itself"),
    "an alias to itself as key": ("agents: &a {*a : x}", "a value cannot contain itself"),
    "depth 2,000": ("[" * 2_000, "nested deeper than 32 levels"),
    "depth 100,000": ("[" * 100_000, "nested deeper than 32 levels"),
    "deep mappings": ("{a: " * 100_000, "nested deeper than 32 levels"),
    "a long list": ("[" + "a," * 300_000 + "]", "more than 100,000 values"),
    "many keys": (
        "agents:\n" + "".join(f"  a{n}: {{comand: x}}\n" for n in range(15_000)),
        "too many problems",
    ),
    "a megabyte more than allowed": ("#" * 2**20 + "\n#", "larger than 1 MiB"),
    "a long word": ("agents: " + "x" * (2**20 - 10), "expected a mapping"),
    "a slow name": ("agents: {a: {command: " + "'" * 100_001 + "}}", ""),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(tmp_path: Path, name: str) -> None:
    text, message = BOMBS[name]
    answer = subprocess.run(
        [sys.executable, "-c", MEASURE, str(written(tmp_path, text.encode()))],
        capture_output=True,
        check=True,
        timeout=60,
    )
    said, seconds, mebibytes = json.loads(answer.stdout)
    assert message in said
    assert said != "accepted"
    assert len(said) < 100_000
    print(f"{name}: {seconds * 1000:.0f} ms, {mebibytes:.1f} MiB")
    assert seconds < 2.0
    assert mebibytes < 50


def test_a_file_of_100_megabytes_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "agents.yaml"
    with file.open("wb") as sparse:
        sparse.truncate(100 * 2**20)
    answer = subprocess.run(
        [sys.executable, "-c", MEASURE, str(file)], capture_output=True, check=True, timeout=60
    )
    said, seconds, mebibytes = json.loads(answer.stdout)
    assert said.endswith("the file is larger than 1 MiB")
    assert (seconds < 1.0, mebibytes < 20) == (True, True)
