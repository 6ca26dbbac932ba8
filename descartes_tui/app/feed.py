"""What the screen needs from whoever runs the agents: their pictures as they change, and a way to ask."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Protocol

from descartes_tui.runner.wire.updates import Update

Json = dict[str, Any]


class Feed(Protocol):
    """The fleet as the screen sees it; the wire's AsyncClient is one. Errors say in their text what happened."""

    def watch(self) -> AsyncIterator[Update]:
        """Yield a picture, then news; survives the supervisor's death and begins again with a picture."""

    async def call(self, verb: str, **args: Any) -> Any:
        """Ask for `verb` of the wire with `args` and return its answer as plain values."""

    def stream(self, verb: str, **args: Any) -> AsyncGenerator[Json, None]:
        """Yield the answers of a verb that gives many."""
