"""Leaving the screen: says what happens to each agent, then detaches, or stops all."""

from collections.abc import Mapping, Sequence

from rich.text import Text

from descartes_tui.app.dialog import Answer, Dialog
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.looks import label

DETACH, STOP = "detach", "stop"
_MOST_NAMES = 8


def living(agents: Sequence[AgentInfo]) -> list[AgentInfo]:
    """Return the agents that would go on, or begin again, if the screen were left."""
    return [info for info in agents if info.status.has_process or info.status is AgentStatus.BACKOFF]


def leave_dialog(agents: Sequence[AgentInfo], colors: Mapping[str, str]) -> Dialog:
    """Return the question that `q` asks; `colors` are the theme's variables."""
    going_on = living(agents)
    stop = Answer(("s",), "stop all", STOP)
    if not going_on:
        text = "No agent is running. The supervisor stays and keeps the history;\nstop all ends it as well."
        return Dialog("Leave?", text, (Answer(("d", "enter"), "leave", DETACH), stop))
    count = "1 agent keeps" if len(going_on) == 1 else f"{len(going_on)} agents keep"
    lines = Text(
        f"{count} running under the supervisor if you detach;\ndescartes-tui brings this screen back.\n\n"
    )
    lines.append_text(agent_lines(going_on, _MOST_NAMES, colors))
    return Dialog("Leave?", lines, (Answer(("d", "enter"), "detach", DETACH), stop))


def agent_lines(agents: Sequence[AgentInfo], most: int, colors: Mapping[str, str]) -> Text:
    """Return one line an agent, in columns."""
    shown = agents[:most]
    lines = []
    for info in shown:
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(f"{label(info.status):<12}  ", colors.get(f"status-{info.status.value}", ""))
        line.append(info.name)
        lines.append(line)
    if len(agents) > len(shown):
        lines.append(Text(f"and {len(agents) - len(shown)} more"))
    return Text("\n").join(lines)
