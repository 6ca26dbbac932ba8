"""From a configuration to everything a launcher needs: arguments, environment, folder."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from descartes_tui.runner.fleet.parts import Parts
from descartes_tui.runner.fleet.record import Record, Run
from descartes_tui.runner.model.backend import Invocation, ModelBackend
from descartes_tui.runner.model.config import AgentConfig
from descartes_tui.runner.model.errors import InvalidConfig, SpawnFailed
from descartes_tui.runner.model.folders import MARK
from descartes_tui.runner.model.run import RunSpec

OURS: Final = "DESCARTES_"  # what a caller that is an agent itself got from us is not passed on


def backend_of(config: AgentConfig, backends: Mapping[str, ModelBackend]) -> ModelBackend:
    """Return the backend; InvalidConfig names those that exist."""
    try:
        return backends[config.backend]
    except KeyError:
        known = ", ".join(sorted(backends))
        raise InvalidConfig(
            f"unknown backend {config.backend!r}: expected one of {known}", key="backend"
        ) from None


def run_spec(record: Record, run: Run, parts: Parts) -> RunSpec:
    """Return what to launch; SpawnFailed with the cause in one line when it cannot work."""
    config = record.config
    try:
        backend = backend_of(config, parts.backends)
        invocation = backend.invocation(config)
    except InvalidConfig as error:
        raise SpawnFailed(config.name, str(error)) from error
    cwd = config.working_dir or parts.working_dir or str(Path.cwd())
    env = environment(record, run, parts.session, invocation, cwd)
    _check_installed(config, backend, env)
    return RunSpec(
        run_id=run.run_id,
        folder=run.folder,
        argv=invocation.argv,
        env=env,
        cwd=cwd,
        stdin=config.stdin.value,
        tty=config.tty,
        keep_leftovers=config.keep_leftovers,
        on_loss=parts.on_loss,
    )


def environment(record: Record, run: Run, session: str, invocation: Invocation, cwd: str) -> dict[str, str]:
    """Return the whole environment of a run: the caller's, then the configuration's, the backend's, ours."""
    env = {name: value for name, value in record.env.items() if not name.startswith(OURS)}
    env.setdefault("PYTHONUNBUFFERED", "1")  # what an agent says is to be seen when it says it
    env |= {"PWD": cwd, "DESCARTES_SESSION": session}
    env |= record.config.environment
    env |= invocation.environment
    if record.config.context:
        env["AGENT_CONTEXT"] = record.config.context
    return env | {"DESCARTES_AGENT": record.name, MARK: run.run_id}


def _check_installed(config: AgentConfig, backend: ModelBackend, env: Mapping[str, str]) -> None:
    if backend.program and shutil.which(backend.program, path=env.get("PATH", os.defpath)) is None:
        hint = f": {backend.install_hint}" if backend.install_hint else ""
        raise SpawnFailed(config.name, f"{backend.program} is not installed{hint}")
