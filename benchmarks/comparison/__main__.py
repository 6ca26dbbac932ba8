"""`python -m benchmarks.comparison [--only NAME …] [--rows NAME …]`: install the peers, ask, write the table."""

import argparse
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.comparison import case, machine, peers, table
from benchmarks.comparison.ground import marked
from benchmarks.comparison.rows import GROUPS
from benchmarks.comparison.rows.row import Cell, Group
from benchmarks.comparison.tools import TOOLS
from benchmarks.comparison.tools.tool import Tool

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "comparison.md"
RESULTS = HERE / "results.json"


def main() -> int:
    """Ask all, or what is named; 1 when something of ours is left over."""
    options = _options()
    for line in peers.install(options.peers):
        print(f"could not install {line}", file=sys.stderr)
    kinds = [kind for kind in TOOLS if not options.only or kind.name in options.only]
    results = _earlier(options)
    results["tools"] |= {kind.name: _about(kind, options.peers) for kind in kinds}
    ready = [kind for kind in kinds if not results["tools"][kind.name]["missing"]]
    for group in GROUPS:
        if not options.rows or options.rows & {group.name, *group.rows}:
            _ask(group, ready, options.peers, results)
            options.results.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    case.leftovers.extend(f"{process.pid} {process.label}" for process in marked(f"{os.getpid()}-"))
    results["machine"] |= {"left_over": case.leftovers, "load_after": machine.load()}
    options.results.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    table.put(DOCUMENT, results)
    print(f"left over: {', '.join(case.leftovers) or 'nothing'}")
    return 1 if case.leftovers else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.comparison", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[kind.name for kind in TOOLS])
    parser.add_argument("--rows", nargs="+", metavar="NAME", help=", ".join(group.name for group in GROUPS))
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of the results")
    default = Path(tempfile.gettempdir()) / "comparison-peers"
    parser.add_argument("--peers", type=Path, default=default, help="where the peers are installed")
    options = parser.parse_args()
    options.peers = options.peers.resolve()
    options.rows = set(options.rows or ())
    known = {name for group in GROUPS for name in (group.name, *group.rows)}
    if unknown := options.rows - known:
        parser.error(f"no row {', '.join(sorted(unknown))}: choose from {', '.join(g.name for g in GROUPS)}")
    return options


def _earlier(options: argparse.Namespace) -> dict[str, Any]:
    """Begin with nothing, or where only a part is asked for, with what was seen before."""
    partly = options.only or options.rows
    if partly and options.results.exists():
        found: dict[str, Any] = json.loads(options.results.read_text())
        return found
    return {"machine": machine.facts(), "tools": {}, "cells": {}}


def _about(kind: type[Tool], folder: Path) -> dict[str, str]:
    missing = kind.missing(folder)
    with tempfile.TemporaryDirectory() as empty:
        tool = kind(folder, Path(empty), dict(os.environ), "default")
        return {"missing": missing, "version": "" if missing else tool.version()}


def _variants(kind: type[Tool], group: Group) -> list[str]:
    """Ask the tuned configuration, and the default too where the tuning can matter."""
    if "tuned" not in kind.variants:
        return ["default"]
    return ["default", "tuned"] if group.tuning in kind.tuned_for else ["tuned"]


def _ask(group: Group, kinds: list[type[Tool]], folder: Path, results: dict[str, Any]) -> None:
    todo = [(kind, variant) for kind in kinds for variant in _variants(kind, group)]
    with ThreadPoolExecutor(len(todo) if group.together else 1) as pool:
        answers = pool.map(lambda one: _answer(group, one[0], one[1], folder), todo)
        for (kind, variant), cells in zip(todo, answers, strict=True):
            for key, cell in cells.items():
                place = results["cells"].setdefault(key, {}).setdefault(kind.name, {})
                place[variant] = {
                    "text": cell.text,
                    "good": cell.good,
                    "facts": cell.facts,
                    "at": machine.now(),
                }


def _answer(group: Group, kind: type[Tool], variant: str, folder: Path) -> dict[str, Cell]:
    began = time.monotonic()
    try:
        cells = dict(group.ask(kind, folder, variant))
    except Exception as error:  # one tool that fails must not end the session
        cells = {
            key: Cell(f"not run: {type(error).__name__}", None, {"error": str(error)}) for key in group.rows
        }
    for key, cell in cells.items():
        why = f"  {cell.facts['error']}" if "error" in cell.facts else ""
        print(
            f"{time.monotonic() - began:5.1f} s  {kind.name:14} {variant:8} {key:18} {cell.text}{why}",
            flush=True,
        )
    return cells


if __name__ == "__main__":
    sys.exit(main())
