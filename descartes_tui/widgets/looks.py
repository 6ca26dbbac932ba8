"""How each status is shown: a symbol, a word, a colour, so that none of them carries the meaning alone."""

from collections.abc import Mapping
from typing import Final

from descartes_tui.runner.model.status import AgentStatus

SYMBOLS: Final[Mapping[AgentStatus, str]] = {
    AgentStatus.IDLE: "○",
    AgentStatus.STARTING: "◐",
    AgentStatus.RUNNING: "●",
    AgentStatus.PAUSED: "‖",
    AgentStatus.STOPPING: "◑",
    AgentStatus.BACKOFF: "↻",
    AgentStatus.COMPLETED: "✓",
    AgentStatus.FAILED: "✗",
    AgentStatus.TERMINATED: "■",
}


def label(status: AgentStatus) -> str:
    """Return symbol and word, like `● running`."""
    return f"{SYMBOLS[status]} {status.value}"


def status_css(owner: str) -> str:
    """Return the CSS rules that give `OWNER--STATUS` its theme colour, for each status."""
    return "\n".join(
        f"& > .{owner}--{status.value} {{ color: $status-{status.value}; }}" for status in AgentStatus
    )


def status_classes(owner: str) -> set[str]:
    """Return the component classes that `status_css` gives rules for."""
    return {f"{owner}--{status.value}" for status in AgentStatus}
