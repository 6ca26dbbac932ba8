"""Every key of the screen, once: the footer, the help, the palette and the greying all read this list."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Final

from descartes_tui.runner.model.status import AgentStatus, Verb, is_allowed

THEME_PREFIX: Final = "theme: "
"""What the titles of themes begin with in the palette."""


class Needs(Enum):
    """What must be there for an action to mean something."""

    NOTHING = "nothing"
    AGENT = "agent"  # at least one: under the cursor or marked
    STOPPING = "stopping"  # at least one that is being stopped: under the cursor or marked
    ANY_STOPPING = "any stopping"
    LOG = "log"  # an agent whose log is shown


class Group(Enum):
    """Under which heading the help shows an action."""

    AGENTS = "Agents"
    STOPS = "While agents stop"
    TABLE = "Table"
    LOG = "Log"
    SCREEN = "Screen"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do. `key` as Textual names it; `weight` 1 leaves the footer last, 0 is never in it."""

    id: str
    key: str
    title: str
    help: str
    group: Group
    needs: Needs = Needs.NOTHING
    verb: Verb | None = None
    weight: int = 5
    shown_key: str = ""

    @property
    def label(self) -> str:
        """The key as a person reads it."""
        return self.shown_key or self.key


_AGENTS, _STOPS, _TABLE, _LOG, _SCREEN = Group

ACTIONS: Final = (
    Action("start", "s", "start", "Start the selected or marked agents", _AGENTS, Needs.AGENT, Verb.START, 2),
    Action("new", "n", "new", "Fill in a form and spawn a new agent", _AGENTS, weight=2),
    Action("pause", "p", "pause", "Hold the whole family, tools included", _AGENTS, Needs.AGENT, Verb.PAUSE, 3),
    Action("resume", "r", "resume", "Let a paused family go on", _AGENTS, Needs.AGENT, Verb.RESUME, 3),
    Action("terminate", "t", "terminate", "Ask to end: signal, grace, then kill", _AGENTS, Needs.AGENT, Verb.STOP, 2),
    Action("kill", "k", "kill", "Kill the whole family at once (asks first)", _AGENTS, Needs.AGENT, Verb.KILL, 2),
    Action("restart", "R", "restart", "End the run and begin another", _AGENTS, Needs.AGENT, Verb.RESTART, 3),
    Action("send", "i", "input", "Write a line to the agent's standard input", _AGENTS, Needs.AGENT, Verb.SEND, 3),
    Action("details", "d", "details", "Why it is so, configuration, family, runs", _AGENTS, Needs.AGENT, weight=3),
    Action("force", "K", "force", "Kill what is being stopped: selected or marked", _STOPS, Needs.STOPPING, weight=0),
    Action("force_all", "F", "force all", "Kill all that is being stopped", _STOPS, Needs.ANY_STOPPING, weight=0),
    Action("mark", "space", "mark", "Mark an agent: actions then go to all marked", _TABLE, Needs.AGENT, weight=6),
    Action("mark_all", "*", "mark all", "Mark every agent shown, or none", _TABLE, Needs.AGENT, weight=9),
    Action("filter", "/", "filter", "Show only agents in whose row these words occur", _TABLE, weight=4),
    Action("follow", "f", "follow", "Stay at the newest line, or stop doing so", _LOG, Needs.LOG, weight=5),
    Action("wrap", "w", "wrap", "Wrap long lines, or cut them at the edge", _LOG, Needs.LOG, weight=6),
    Action("stream", "o", "stream", "Show both streams, only stdout, or only stderr", _LOG, Needs.LOG, weight=7),
    Action("timestamps", "T", "times", "Show when each line arrived", _LOG, Needs.LOG, weight=7),
    Action("copy", "y", "copy", "Copy the selected lines of the log, or the page in view", _LOG, Needs.LOG, weight=7),
    Action("save", "x", "save", "Save the log to a file in this folder", _LOG, Needs.LOG, weight=8),
    Action("zoom", "z", "zoom", "Give the log the whole screen, and back", _LOG, Needs.LOG, weight=6),
    Action("palette", "ctrl+p", "palette", "Every action and theme, by name", _SCREEN, weight=8, shown_key="^p"),
    Action("help", "?", "help", "These keys", _SCREEN, weight=1),
    Action("leave", "q", "leave", "Leave the screen: agents go on, or stop all (asks)", _SCREEN, weight=1),
)  # fmt: skip

BY_ID: Final = {action.id: action for action in ACTIONS}


def is_possible(
    action: Action, targets: Collection[AgentStatus], *, has_log: bool, stopping: bool = False
) -> bool:
    """True when the action would do something now; for a verb, exactly when the runner would accept it.

    With several targets it is enough that one of them may: the others are passed over and named.
    `stopping`: an agent is being stopped, whichever.
    """
    if action.needs is Needs.LOG:
        return has_log
    if action.needs is Needs.ANY_STOPPING:
        return stopping
    if action.needs is Needs.STOPPING:
        return AgentStatus.STOPPING in targets
    if action.needs is Needs.AGENT and not targets:
        return False
    return action.verb is None or any(is_allowed(action.verb, status) for status in targets)
