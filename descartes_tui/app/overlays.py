"""What lies over the screen when asked for: questions, the form for a new agent, details, help."""

from collections.abc import Callable, Mapping
from typing import Final

from descartes_tui.app.desk import Desk
from descartes_tui.app.details import DetailsScreen
from descartes_tui.app.dialog import Answer, Dialog
from descartes_tui.app.help import HelpScreen
from descartes_tui.app.leave import DETACH, leave_dialog, living
from descartes_tui.app.spawn_form import SpawnForm
from descartes_tui.app.stopping import StoppingScreen
from descartes_tui.app.wishes import ask_fleet
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import Verb

_MOST_NAMED: Final = 8


def _kill(screen: Desk) -> None:
    targets = [info for info in screen.table.targets if info.status.has_process]
    what = targets[0].name if len(targets) == 1 else f"{len(targets)} agents"
    lines = [_family_line(info) for info in targets[:_MOST_NAMED]]
    if len(targets) > _MOST_NAMED:
        lines.append(f"and {len(targets) - _MOST_NAMED} more")
    text = "Every process is ended at once, without a chance to clean up.\n\n" + "\n".join(lines)

    def answered(answer: str | None) -> None:
        if answer:
            ask_fleet(screen, Verb.KILL, targets)

    screen.app.push_screen(Dialog(f"Kill {what}?", text, [Answer(("y", "enter"), "kill", "yes")]), answered)


def _family_line(info: AgentInfo) -> str:
    count = info.usage.processes
    processes = "" if not count else " · 1 process" if count == 1 else f" · {count} processes"
    return f"{info.name}  pid {info.pid}{processes}"


def _new(screen: Desk) -> None:
    names = {info.name for info in screen.agents}
    alive = {info.name for info in living(screen.agents)}
    known = screen.services

    def spawned(agent_id: str | None) -> None:
        if agent_id:
            screen.go_to(agent_id)

    screen.app.push_screen(SpawnForm(known.feed, known.backends(), alive, names), spawned)


def _details(screen: Desk) -> None:
    if screen.table.selected is not None:
        known = screen.services
        screen.app.push_screen(DetailsScreen(known.feed, screen.table.selected, known.clock))


def _leave(screen: Desk) -> None:
    def stopped(leave: bool | None) -> None:
        if leave:
            screen.app.exit(0)

    def answered(answer: str | None) -> None:
        if answer == DETACH:
            screen.app.exit(0)
        elif answer:
            known = screen.services
            screen.app.push_screen(StoppingScreen(known.feed, lambda: screen.agents, known.clock), stopped)

    screen.app.push_screen(leave_dialog(screen.agents, screen.app.theme_variables), answered)


def _help(screen: Desk) -> None:
    screen.app.push_screen(HelpScreen())


OVERLAYS: Final[Mapping[str, Callable[[Desk], None]]] = {
    "kill": _kill,
    "new": _new,
    "details": _details,
    "help": _help,
    "leave": _leave,
}
"""By the id of the action in the registry."""
