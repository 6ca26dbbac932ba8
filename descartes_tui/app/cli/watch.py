"""The fleet as it changes: the supervisor's announcements, taken in beside whatever else a command does."""

import queue
import threading
import time
from argparse import Namespace
from typing import Any, Final

from descartes_tui.app.cli.exit import CommandError, Exit
from descartes_tui.app.cli.session import session_of
from descartes_tui.runner.wire.client import Client
from descartes_tui.runner.wire.errors import NoSupervisor, WireError

Agent = dict[str, Any]
GOES_ON: Final = frozenset(("starting", "running", "paused", "stopping", "backoff"))
COMES_BACK_WITHIN: Final = 20.0  # seconds that a supervisor which died may take to be there again


class FleetWatch:
    """Announcements of one session, from the moment it is made. Made and read by one thread.

    A supervisor that dies while agents go on is started again, as by every command, and announces the whole
    fleet anew. `over` is true once there is nothing more to come.
    """

    def __init__(self, options: Namespace) -> None:
        self.agents: dict[str, Agent] = {}
        self.known = False  # the whole fleet has been announced
        self.over = False
        self._session = session_of(options)
        self._closed = False
        self._news: queue.SimpleQueue[dict[str, Any] | CommandError | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._listen, name="fleet-watch", daemon=True)
        self._thread.start()

    def changed(self, wait: float = 0.0) -> list[Agent]:
        """Return the agents that changed since the last call; `wait` at most so many seconds for the first."""
        changed: list[Agent] = []
        while (news := self._next(wait)) is not None:
            wait = 0.0
            if "snapshot" in news:
                self.known = True
                self.agents.clear()
            fresh: list[Agent] = news.get("snapshot") or news.get("changed") or []
            for gone in news.get("removed") or []:
                self.agents.pop(gone, None)
            self.agents |= {agent["id"]: agent for agent in fresh}
            changed += fresh
        return changed

    def goes_on(self) -> bool:
        """True while an agent runs or will be started again."""
        return any(agent["status"] in GOES_ON for agent in self.agents.values())

    def close(self) -> None:
        """Take no more notice; the listener ends with its connection."""
        self._closed = True

    def _next(self, wait: float) -> dict[str, Any] | None:
        try:
            news = self._news.get(timeout=wait) if wait else self._news.get_nowait()
        except queue.Empty:
            return None
        if isinstance(news, CommandError):
            raise news
        if news is None:
            self.over = True
        return news

    def _listen(self) -> None:
        try:
            self._listen_until_it_left()
            self._news.put(None)
        except NoSupervisor:
            self._news.put(None)
        except WireError as error:
            self._news.put(CommandError(error.message, Exit.FAILED))

    def _listen_until_it_left(self) -> None:
        lost_at = time.monotonic()  # 0: connected
        going_on: set[str] = set()
        while not self._closed:
            try:
                with Client.connect(self._session) as client:
                    for news in client.stream("watch"):
                        lost_at = 0.0
                        self._news.put(news)
                        _note(news, going_on)
                    if not going_on:
                        return
            except NoSupervisor:
                raise
            except WireError:
                if lost_at == 0 and not going_on:
                    return  # it went after all of them had ended
                lost_at = lost_at or time.monotonic()
                if time.monotonic() - lost_at > COMES_BACK_WITHIN:
                    raise
            time.sleep(0.05)  # it has just gone: do not knock without pause


def _note(news: dict[str, Any], going_on: set[str]) -> None:
    """Keep in mind which agents have not come to their end."""
    if "snapshot" in news:
        going_on.clear()
    for agent in news.get("snapshot") or news.get("changed") or []:
        (going_on.add if agent["status"] in GOES_ON else going_on.discard)(agent["id"])
    going_on.difference_update(news.get("removed") or [])
