"""Wishes handed to the fleet in workers, so that the screen never waits."""

import base64
from collections.abc import Sequence

from descartes_tui.app.asking import Trouble, ask, trouble
from descartes_tui.app.desk import Desk
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import Verb


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
