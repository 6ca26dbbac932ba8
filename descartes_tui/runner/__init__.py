"""The runner: start, watch and stop fleets of agent processes. Loads no Textual.

Names are imported on first use, so that the warm process and the command line pay only for what they touch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from descartes_tui.runner.fleet.graceful import GracefulShutdown as GracefulShutdown
    from descartes_tui.runner.fleet.local import LocalProcessRunner as LocalProcessRunner
    from descartes_tui.runner.model.backend import ModelBackend as ModelBackend
    from descartes_tui.runner.model.config import AgentConfig as AgentConfig
    from descartes_tui.runner.model.config import AgentLimits as AgentLimits
    from descartes_tui.runner.model.config import Dependency as Dependency
    from descartes_tui.runner.model.config import DependencyNeed as DependencyNeed
    from descartes_tui.runner.model.config import HealthCheck as HealthCheck
    from descartes_tui.runner.model.config import OnLimit as OnLimit
    from descartes_tui.runner.model.config import ProcessRunnerConfig as ProcessRunnerConfig
    from descartes_tui.runner.model.config import RestartPolicy as RestartPolicy
    from descartes_tui.runner.model.config import RestartWhen as RestartWhen
    from descartes_tui.runner.model.config import StdinMode as StdinMode
    from descartes_tui.runner.model.config import StopPolicy as StopPolicy
    from descartes_tui.runner.model.errors import AgentError as AgentError
    from descartes_tui.runner.model.errors import CommunicationError as CommunicationError
    from descartes_tui.runner.model.errors import ExecutionError as ExecutionError
    from descartes_tui.runner.model.errors import InvalidConfig as InvalidConfig
    from descartes_tui.runner.model.errors import NotFound as NotFound
    from descartes_tui.runner.model.errors import SpawnFailed as SpawnFailed
    from descartes_tui.runner.model.errors import Timeout as Timeout
    from descartes_tui.runner.model.errors import TooManyAgents as TooManyAgents
    from descartes_tui.runner.model.info import AgentInfo as AgentInfo
    from descartes_tui.runner.model.info import ExitStatus as ExitStatus
    from descartes_tui.runner.model.runner import AgentHandle as AgentHandle
    from descartes_tui.runner.model.runner import AgentRunner as AgentRunner
    from descartes_tui.runner.model.runner import Output as Output
    from descartes_tui.runner.model.runner import StatusChanged as StatusChanged
    from descartes_tui.runner.model.signals import AgentSignal as AgentSignal
    from descartes_tui.runner.model.status import AgentStatus as AgentStatus
    from descartes_tui.runner.model.store import StateStore as StateStore

_HOMES: Final = {
    "AgentConfig": "model.config",
    "AgentError": "model.errors",
    "AgentHandle": "model.runner",
    "AgentInfo": "model.info",
    "AgentLimits": "model.config",
    "AgentRunner": "model.runner",
    "AgentSignal": "model.signals",
    "AgentStatus": "model.status",
    "CommunicationError": "model.errors",
    "Dependency": "model.config",
    "DependencyNeed": "model.config",
    "ExecutionError": "model.errors",
    "ExitStatus": "model.info",
    "GracefulShutdown": "fleet.graceful",
    "HealthCheck": "model.config",
    "InvalidConfig": "model.errors",
    "LocalProcessRunner": "fleet.local",
    "ModelBackend": "model.backend",
    "NotFound": "model.errors",
    "OnLimit": "model.config",
    "Output": "model.runner",
    "ProcessRunnerConfig": "model.config",
    "RestartPolicy": "model.config",
    "RestartWhen": "model.config",
    "SpawnFailed": "model.errors",
    "StateStore": "model.store",
    "StatusChanged": "model.runner",
    "StdinMode": "model.config",
    "StopPolicy": "model.config",
    "Timeout": "model.errors",
    "TooManyAgents": "model.errors",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
