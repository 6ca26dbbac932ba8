"""Ends one agent as gently as it allows: `exit` on its stdin, then TERM, at last KILL."""

import asyncio
import contextlib
from dataclasses import dataclass

from descartes_tui.runner.model.errors import AgentError
from descartes_tui.runner.model.info import ExitStatus
from descartes_tui.runner.model.runner import AgentHandle
from descartes_tui.runner.model.status import AgentStatus


@dataclass(frozen=True, slots=True)
class GracefulShutdown:
    """Waits `timeout_secs` after `exit\\n` on stdin, and as long again after TERM, before it kills."""

    timeout_secs: float = 5.0

    async def shutdown(self, handle: AgentHandle) -> ExitStatus:
        """Return how the agent ended; at once when it has ended already."""
        if handle.info.takes_input and handle.status is AgentStatus.RUNNING:
            await self._ask(handle)
        await handle.stop(grace=self.timeout_secs)
        info = handle.info
        return ExitStatus(info.exit_code, info.exit_signal)

    async def _ask(self, handle: AgentHandle) -> None:
        """Write the word and wait; an agent that hears nothing is not waited for."""
        with contextlib.suppress(AgentError, TimeoutError):
            await handle.write_stdin(b"exit\n")
            async with asyncio.timeout(self.timeout_secs):
                await handle.wait()
