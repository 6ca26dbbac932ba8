"""One question put to one tool: a folder, a mark and a manager of its own, and nothing left of them afterwards."""

import contextlib
import itertools
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.comparison import ground
from benchmarks.comparison.ground import MARK, Truth
from benchmarks.comparison.tools.tool import Agent, Tool

FIXTURES = Path(__file__).parent / "fixtures"
_numbers = itertools.count(1)
leftovers: list[str] = []


@dataclass(slots=True)
class Case:
    """A running manager, with the truth about each agent it was given."""

    tool: Tool
    mark: str
    truths: dict[str, Truth] = field(default_factory=dict)

    def agent(self, name: str, script: str, kind: str) -> Agent:
        """Declare an agent that runs a case of a fixture."""
        truth = Truth(self.tool.folder / f"{name}.truth")
        self.truths[name] = truth
        python = str(Path(sys.executable).resolve())
        argv = (python, "-I", "-S", str(FIXTURES / f"{script}.py"), kind, str(truth.path))
        return Agent(name, argv)

    def ready(self, name: str = "it", label: str = "ready", within: float = 20.0) -> None:
        """Wait until an agent has noted `label`; TimeoutError when it never does."""
        if not ground.until(lambda: label in self.truths[name].labels(), within):
            raise TimeoutError(f"{self.tool.name} did not start {name} within {within:.0f} s")


@contextlib.contextmanager
def case(kind: type[Tool], peers: Path, variant: str) -> Iterator[Case]:
    """Give a tool in this configuration; afterwards end whatever it started and remove its folder."""
    mark = f"{os.getpid()}-{next(_numbers)}."
    folder = Path(tempfile.mkdtemp(prefix="comparison-"))
    environ = {**_clean(os.environ), MARK: mark, "HOME": str(folder), "TERM": "xterm-256color"}
    one = Case(kind(peers, folder, environ, variant), mark)
    try:
        yield one
    finally:
        closing = threading.Thread(target=_close, args=[one.tool], daemon=True)
        closing.start()
        closing.join(5.0)
        leftovers.extend(
            f"{kind.name}: {process.pid} {process.label}" for process in ground.end(mark, one.truths.values())
        )
        one.tool.reap()
        shutil.rmtree(folder, ignore_errors=True)


def _close(tool: Tool) -> None:
    with contextlib.suppress(Exception):  # whatever is left is ended by pid
        tool.close()


def _clean(environ: "os._Environ[str]") -> dict[str, str]:
    """Leave out what would tell a tool of a session around us."""
    prefixes = ("DESCARTES_", "XDG_", "TMUX", "PM2", "PYTHON", "VIRTUAL_ENV")
    return {name: value for name, value in environ.items() if not name.startswith(prefixes)}
