"""Write a fleet file and load it, as every test here does."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from descartes_tui.runner.fleet_file import load_fleet
from descartes_tui.runner.model.config import AgentConfig, FleetConfig
from descartes_tui.runner.model.errors import FleetFileError, Problem


def written(folder: Path, text: str | bytes) -> Path:
    """Write `agents.yaml` into `folder` and return its path."""
    file = folder / "agents.yaml"
    file.write_bytes(text if isinstance(text, bytes) else dedent(text).encode("utf-8", "surrogatepass"))
    return file


def loaded(
    folder: Path,
    text: str,
    *,
    env: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> FleetConfig:
    """Return the fleet that `text` describes."""
    return load_fleet(written(folder, text), env=env or {}, variables=variables)


def agent(folder: Path, keys: str, **more: Mapping[str, str]) -> AgentConfig:
    """Return the only agent, called `a`, with these keys; it has a command unless they give one."""
    command = "" if "command:" in keys or "backend:" in keys else "command: [echo]\n"
    body = "".join(f"    {line}\n" for line in (command + dedent(keys)).splitlines())
    return loaded(folder, f"agents:\n  a:\n{body}", **more).agents[0]


def problems(folder: Path, text: str | bytes, env: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
    """Return everything that is wrong with `text`; fail when nothing is."""
    file = written(folder, text)
    try:
        fleet = load_fleet(file, env=env or {})
    except FleetFileError as error:
        return error.problems
    raise AssertionError(f"accepted: {fleet}")
