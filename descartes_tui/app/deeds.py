"""What each key does to agents: wishes handed to the fleet in workers, so that the screen never waits."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from descartes_tui.app.asking import Trouble, ask, trouble
from descartes_tui.app.desk import Desk
from descartes_tui.app.details import DetailsScreen
from descartes_tui.app.dialog import Answer, Dialog
from descartes_tui.app.help import HelpScreen
from descartes_tui.app.leave import DETACH, leave_dialog, living
from descartes_tui.app.log_deeds import LOG_DEEDS
from descartes_tui.app.stopping import StoppingScreen
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus, Verb

_MOST_NAMED: Final = 8


def ask_fleet(screen: Desk, verb: Verb, agents: Sequence[AgentInfo]) -> None:
    """Ask for `verb` in the background and tell what did not work."""

    async def asking() -> None:
        for problem in await ask(screen.services.feed, verb, agents):
            _tell(screen, problem)

    screen.run_worker(asking(), name=f"{verb.value} {len(agents)}", group="verbs", exit_on_error=False)


def send_line(screen: Desk, info: AgentInfo, text: str) -> None:
    """Write one line to an agent's standard input in the background."""
    data = base64.b64encode(f"{text}\n".encode("utf-8", "surrogateescape")).decode()

    async def sending() -> None:
        try:
            await screen.services.feed.call("send", agent=info.id, data=data)
        except Exception as error:  # said to the person, whatever it is
            _tell(screen, trouble(Verb.SEND, info.name, error))

    screen.run_worker(sending(), name=f"send {info.name}", group="verbs", exit_on_error=False)


def _tell(screen: Desk, problem: Trouble) -> None:
    if problem.warning:
        screen.notify(problem.text, severity="warning", markup=False, timeout=6)
    else:
        screen.notify(problem.text, severity="error", markup=False, timeout=10)


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


def _being_stopped(agents: Sequence[AgentInfo]) -> list[AgentInfo]:
    return [info for info in agents if info.status is AgentStatus.STOPPING]


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

    from descartes_tui.app.spawn_form import SpawnForm  # loaded when asked for: it is a tenth of the start-up

    screen.app.push_screen(SpawnForm(known.feed, known.backends(), alive, names), spawned)


def _details(screen: Desk) -> None:
    if screen.table.selected is not None:
        screen.app.push_screen(DetailsScreen(screen.services.feed, screen.table.selected))


def _send(screen: Desk) -> None:
    info = screen.table.selected
    if info is not None and not info.takes_input:
        text = f"{info.name} has no standard input: its configuration says `stdin: null`. Set `stdin: pipe`."
        screen.notify(text, severity="warning", markup=False)
    elif info is not None:
        screen.open_send_line(info)


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


DEEDS: Final[Mapping[str, Callable[[Desk], None]]] = {
    **LOG_DEEDS,
    "start": lambda screen: ask_fleet(screen, Verb.START, screen.table.targets),
    "pause": lambda screen: ask_fleet(screen, Verb.PAUSE, screen.table.targets),
    "resume": lambda screen: ask_fleet(screen, Verb.RESUME, screen.table.targets),
    "terminate": lambda screen: ask_fleet(screen, Verb.STOP, screen.table.targets),
    "restart": lambda screen: ask_fleet(screen, Verb.RESTART, screen.table.targets),
    "kill": _kill,
    "force": lambda screen: ask_fleet(screen, Verb.KILL, _being_stopped(screen.table.targets)),
    "force_all": lambda screen: ask_fleet(screen, Verb.KILL, screen.stopping),
    "new": _new,
    "send": _send,
    "details": _details,
    "mark": lambda screen: screen.table.toggle_mark(),
    "mark_all": lambda screen: screen.table.toggle_all_marks(),
    "filter": lambda screen: screen.open_filter_line(),
    "palette": lambda screen: screen.app.action_command_palette(),
    "help": lambda screen: _help(screen),
    "leave": _leave,
}
"""By the id of the action in the registry; a test keeps the two in step."""


def _help(screen: Desk) -> None:
    screen.app.push_screen(HelpScreen())
