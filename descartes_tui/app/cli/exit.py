"""How a command ends: the exit codes that scripts rely on, and the one error that carries them."""

from enum import IntEnum
from typing import Final


class Exit(IntEnum):
    """What `$?` says after a command."""

    OK = 0  # done
    FAILED = 1  # the thing itself failed
    USAGE = 2  # wrong arguments, or a fleet file with mistakes
    NO_SUPERVISOR = 3  # nothing runs under this session's name
    NO_SUCH_AGENT = 4  # no agent matches
    REFUSED = 5  # not possible in the agent's present state
    TIMED_OUT = 6  # did not happen in the time allowed
    PARTLY = 7  # done for some agents, not for all
    INTERRUPTED = 130  # ended by Ctrl-C


OF_CODE: Final = {
    "failed": Exit.FAILED,
    "spawn_failed": Exit.FAILED,
    "communication": Exit.FAILED,
    "bad_request": Exit.USAGE,
    "invalid_config": Exit.USAGE,
    "not_found": Exit.NO_SUCH_AGENT,
    "refused": Exit.REFUSED,
    "timeout": Exit.TIMED_OUT,
}
"""The exit code for each error code of the wire."""


class CommandError(Exception):
    """A command cannot go on: one line for a person, and the exit code."""

    def __init__(self, message: str, code: int = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code
