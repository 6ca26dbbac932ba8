"""What an exit code or a signal alone says about a run."""

import signal
from typing import Final

from descartes_tui.runner.model.config import AgentConfig
from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.status import Verdict

_REQUESTS: Final = frozenset(
    {signal.SIGINT, signal.SIGTERM} | ({signal.SIGHUP} if hasattr(signal, "SIGHUP") else set())
)
_AS_CODE: Final = frozenset(128 + number for number in _REQUESTS)


def verdict_of_exit(config: AgentConfig, exit_status: ExitStatus) -> Verdict:
    """Return UNKNOWN, INTERRUPTED (by INT, TERM or HUP, also as 128 + n), DONE or FAILED.

    A code that the configuration calls a success is one, even 143.
    """
    if exit_status.code is None and exit_status.signal is None:
        return Verdict.UNKNOWN
    if exit_status.code in config.success_exit_codes:
        return Verdict.DONE
    if exit_status.signal in _REQUESTS or exit_status.code in _AS_CODE:
        return Verdict.INTERRUPTED
    return Verdict.FAILED
