"""What each key does, by the id of its action."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from descartes_tui.app.desk import Desk
from descartes_tui.app.log_deeds import LOG_DEEDS
from descartes_tui.app.wishes import ask_fleet
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus, Verb


def _being_stopped(agents: Sequence[AgentInfo]) -> list[AgentInfo]:
    return [info for info in agents if info.status is AgentStatus.STOPPING]


def _send(screen: Desk) -> None:
    info = screen.table.selected
    if info is not None and not info.takes_input:
        text = f"{info.name} has no standard input: its configuration says `stdin: null`. Set `stdin: pipe`."
        screen.notify(text, severity="warning", markup=False)
    elif info is not None:
        screen.open_send_line(info)


def _over(name: str) -> Callable[[Desk], None]:
    def open_it(screen: Desk) -> None:
        # deferred: questions, forms and details are an eighth of the start, and none is in the first frame
        from descartes_tui.app.overlays import OVERLAYS

        OVERLAYS[name](screen)

    return open_it


DEEDS: Final[Mapping[str, Callable[[Desk], None]]] = {
    **LOG_DEEDS,
    "start": lambda screen: ask_fleet(screen, Verb.START, screen.table.targets),
    "pause": lambda screen: ask_fleet(screen, Verb.PAUSE, screen.table.targets),
    "resume": lambda screen: ask_fleet(screen, Verb.RESUME, screen.table.targets),
    "terminate": lambda screen: ask_fleet(screen, Verb.STOP, screen.table.targets),
    "restart": lambda screen: ask_fleet(screen, Verb.RESTART, screen.table.targets),
    "kill": _over("kill"),
    "force": lambda screen: ask_fleet(screen, Verb.KILL, _being_stopped(screen.table.targets)),
    "force_all": lambda screen: ask_fleet(screen, Verb.KILL, screen.stopping),
    "new": _over("new"),
    "send": _send,
    "details": _over("details"),
    "mark": lambda screen: screen.table.toggle_mark(),
    "mark_all": lambda screen: screen.table.toggle_all_marks(),
    "filter": lambda screen: screen.open_filter_line(),
    "palette": lambda screen: screen.app.action_command_palette(),
    "help": _over("help"),
    "leave": _over("leave"),
}
"""By the id of the action in the registry; a test keeps the two in step."""
