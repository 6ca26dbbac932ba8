"""Any program: its exit code is its word."""

from descartes_tui.runner.backends.exits import verdict_of_exit
from descartes_tui.runner.model.backend import BUILT_IN, Invocation
from descartes_tui.runner.model.config import AgentConfig, StopPolicy
from descartes_tui.runner.model.errors import InvalidConfig
from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.status import Verdict


class CommandBackend:
    """Runs `command`: a list as it is, text through `/bin/sh -c`."""

    name: str = "command"
    program: str = ""
    install_hint: str = ""
    default_stop: StopPolicy = BUILT_IN["command"].default_stop

    def invocation(self, config: AgentConfig) -> Invocation:
        """Return the command as an argument vector; InvalidConfig when there is none."""
        if not config.command or (isinstance(config.command, str) and not config.command.strip()):
            raise InvalidConfig("backend command needs a command", key="command")
        if config.args:
            raise InvalidConfig("write the arguments into the command", key="args")
        if isinstance(config.command, str):
            return Invocation(("/bin/sh", "-c", config.command))
        return Invocation(tuple(config.command))

    def verdict(self, config: AgentConfig, exit_status: ExitStatus, tail: bytes) -> Verdict:
        """Judge by the exit alone."""
        return verdict_of_exit(config, exit_status)
