"""What the parts of a fleet share: where things are kept, the clock, who launches, the book of agents."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from descartes_tui.runner.fleet.clock import Clock
from descartes_tui.runner.fleet.declared import Declared
from descartes_tui.runner.fleet.register import Register
from descartes_tui.runner.fleet.tasks import Tasks
from descartes_tui.runner.model.backend import ModelBackend
from descartes_tui.runner.model.run import Launcher
from descartes_tui.runner.model.store import StateStore


@dataclass(frozen=True, slots=True)
class Parts:
    """Handed to every part of the engine. `declared` is None where nothing is to survive this process."""

    folder: Path
    session: str
    working_dir: str
    on_loss: float | None
    clock: Clock
    launcher: Launcher
    backends: Mapping[str, ModelBackend]
    store: StateStore
    register: Register
    declared: Declared | None
    tasks: Tasks
