"""The verbs of the command line: which module knows each, and what its line in the help says."""

from collections.abc import Mapping
from typing import Final

GROUPS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "The fleet": {
        "up": ("up", "launch the fleet of a file; open the screen, or stream its output"),
        "down": ("down", "stop everything, and the supervisor"),
        "spawn": ("spawn", "start one agent, print its id"),
        "ps": ("ps", "list the agents (also: list)"),
    },
    "One agent or several": {
        "show": ("show", "everything about one: configuration, processes, runs, and why"),
        "logs": ("logs", "output, also of several agents merged, also as it comes"),
        "send": ("send", "write to an agent's standard input"),
        "wait": ("wait", "wait until agents exit, run, are healthy, or say something"),
        "start": ("actions", "start agents that do not run"),
        "stop": ("actions", "stop agents gracefully, their processes with them"),
        "restart": ("actions", "stop and start again"),
        "pause": ("actions", "freeze agents with all their processes"),
        "resume": ("actions", "let paused agents go on"),
        "kill": ("actions", "kill agents with all their processes at once"),
        "signal": ("actions", "send a signal to all processes of agents"),
        "rm": ("actions", "forget agents that have ended"),
    },
    "What happened": {
        "events": ("events", "the events of the session, also as they come"),
        "history": ("history", "runs of the past, also of other sessions"),
    },
    "Fleet files": {
        "init": ("fleet_files", "write a commented agents.yaml"),
        "validate": ("fleet_files", "check a fleet file and name every problem"),
    },
    "The set-up": {
        "backends": ("backends", "kinds of agents, and which programs were found"),
        "supervisor": ("supervisor", "run the supervisor by hand (systemd, containers)"),
        "version": ("version", "print the version"),
    },
}

ALIASES: Final[Mapping[str, str]] = {"list": "ps", "ls": "ps"}

MODULES: Final[Mapping[str, str]] = {
    verb: module for verbs in GROUPS.values() for verb, (module, _) in verbs.items()
} | {"open": "open"}

SUMMARIES: Final[Mapping[str, str]] = {
    verb: summary for verbs in GROUPS.values() for verb, (_, summary) in verbs.items()
} | {"open": "open the screen"}
