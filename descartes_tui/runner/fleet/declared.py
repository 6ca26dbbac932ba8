"""What survives a supervisor that is killed: which agents there are, complete with their environment.

Files in the session's volatile folder, mode 0600, written beside and renamed: `<id>.agent.json` for each agent,
`env-<hash>.json` for each environment of a caller (many agents share one), `limits.json` for the fleet.
"""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from descartes_tui.runner.fleet.presence import AGENT_SUFFIX
from descartes_tui.runner.model.config import AgentConfig
from descartes_tui.runner.model.errors import AgentError
from descartes_tui.runner.model.folders import private_folder

log = logging.getLogger(__name__)
LIMITS: Final = "limits.json"


@dataclass(frozen=True, slots=True)
class Limits:
    """How many agents may run at once (None = no bound), and seconds between two starts."""

    max_concurrent: int | None = None
    start_interval: float = 0.0


@dataclass(frozen=True, slots=True)
class Declaration:
    """One agent as it was declared; `order` is its place in the fleet, `wanted` asks for a start."""

    id: str
    order: int
    wanted: bool
    config: AgentConfig
    env: dict[str, str]


class Declared:
    """The folder of declarations of one session."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written: dict[str, str] = {}  # text per agent: writing the same again is spared

    def write(self, declaration: Declaration) -> None:
        """Save or replace one agent. OSError when the disk refuses."""
        facts = {
            "id": declaration.id,
            "order": declaration.order,
            "wanted": declaration.wanted,
            "env": self._write_env(declaration.env),
            "config": msgspec.to_builtins(declaration.config),
        }
        text = json.dumps(facts)  # escapes what is no UTF-8, and reads it back as it was
        if self._written.get(declaration.id) != text:
            _write(self._path(declaration.id), text)
            self._written[declaration.id] = text

    def write_limits(self, limits: Limits) -> None:
        """Save the limits of the fleet."""
        _write(self.folder / LIMITS, json.dumps(msgspec.to_builtins(limits)))

    def read_limits(self) -> Limits:
        """Return the limits saved last; none where there are none."""
        try:
            return msgspec.convert(json.loads((self.folder / LIMITS).read_text()), Limits)
        except (OSError, ValueError):
            return Limits()

    def remove(self, agent_id: str) -> None:
        """Forget one agent."""
        self._written.pop(agent_id, None)
        self._path(agent_id).unlink(missing_ok=True)

    def clear(self) -> None:
        """Forget everything: the session is over."""
        self._written.clear()
        for path in (
            *self.folder.glob(f"*{AGENT_SUFFIX}"),
            *self.folder.glob("env-*.json"),
            self.folder / LIMITS,
        ):
            path.unlink(missing_ok=True)

    def read(self) -> list[Declaration]:
        """Return all agents in their order. One that cannot be read is set aside and logged, not lost."""
        found = [self._read_one(path) for path in self.folder.glob(f"*{AGENT_SUFFIX}")]
        return sorted((one for one in found if one is not None), key=lambda one: one.order)

    def _read_one(self, path: Path) -> Declaration | None:
        try:
            text = path.read_text()
            facts = json.loads(text)
            declaration = Declaration(
                id=path.name.removesuffix(AGENT_SUFFIX),
                order=int(facts["order"]),
                wanted=bool(facts["wanted"]),
                config=msgspec.convert(facts["config"], AgentConfig),
                env=self._read_env(str(facts["env"])),
            )
        except (OSError, ValueError, KeyError, TypeError, AgentError) as error:
            log.error("the declaration %s is set aside as it cannot be read: %s", path, error)
            path.rename(path.with_name(path.name + ".unreadable"))
            return None
        self._written[declaration.id] = text
        return declaration

    def _write_env(self, env: Mapping[str, str]) -> str:
        text = json.dumps(dict(sorted(env.items())))
        key = sha256(text.encode()).hexdigest()[:32]
        path = self.folder / f"env-{key}.json"
        if not path.exists():
            _write(path, text)
        return key

    def _read_env(self, key: str) -> dict[str, str]:
        env: Any = json.loads((self.folder / f"env-{key}.json").read_text())
        return {str(name): str(value) for name, value in env.items()}

    def _path(self, agent_id: str) -> Path:
        return self.folder / f"{agent_id}{AGENT_SUFFIX}"


def _write(path: Path, text: str) -> None:
    """Replace a file as a whole: readers find the old text or the new one, never half of it."""
    private_folder(path.parent)
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    beside.replace(path)
