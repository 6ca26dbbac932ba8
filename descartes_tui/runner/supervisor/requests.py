"""What clients may ask for, and with which arguments: the request side of docs/protocol.md."""

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from descartes_tui.runner.wire.faults import BadRequest

Seconds = Annotated[float, Meta(ge=0, le=1e9)]
Texts = Annotated[list[str], Meta(max_length=10_000)]


class Nothing(Struct, forbid_unknown_fields=True):
    """No arguments."""


class Hello(Struct, forbid_unknown_fields=True):
    """Who is there, and does it speak `protocol`?"""

    protocol: int = 1


class List(Struct, forbid_unknown_fields=True):
    """All agents, or those with one of `tags`; with `all` false, ended ones are left out."""

    all: bool = True
    tags: Texts = []


class OneAgent(Struct, forbid_unknown_fields=True):
    """One agent, by name, id, or unique prefix of its id."""

    agent: str


class Selection(Struct, forbid_unknown_fields=True):
    """Agents by name, id, prefix or glob, or with one of `tags`, or `all`; `timeout` bounds the answer."""

    agents: Texts = []
    all: bool = False
    tags: Texts = []
    timeout: Seconds | None = None


class Pause(Selection):
    """`cooperative`: ask by a JSON line on stdin instead of stopping the family."""

    cooperative: bool = False


class Stop(Selection):
    """`grace` replaces the agent's own seconds between its signal and KILL."""

    grace: Seconds | None = None
    wait: bool = True


class Kill(Selection):
    """`wait`: answer when the family is empty."""

    wait: bool = True


class Signal(Selection, kw_only=True):
    """A signal by name or number."""

    signal: str | int


class Wait(Selection):
    """Until all fulfil `condition`."""

    condition: str = "exit"


class Send(OneAgent):
    """Bytes for stdin, as base64; `eof` closes it afterwards."""

    data: bytes = b""
    eof: bool = False


class Resize(OneAgent, kw_only=True):
    """The size of the agent's terminal."""

    rows: Annotated[int, Meta(ge=1, le=10_000)]
    columns: Annotated[int, Meta(ge=1, le=10_000)]


class Up(Struct, forbid_unknown_fields=True):
    """Launch a fleet, or of it only `agents`."""

    fleet: dict[str, Any]
    env: dict[str, str] = {}
    agents: Texts = []


class Spawn(Struct, forbid_unknown_fields=True):
    """Start one agent that no file declares."""

    config: dict[str, Any]
    env: dict[str, str] = {}


class Events(Struct, forbid_unknown_fields=True):
    """Events above number `since`, not before `since_time`; `follow` for those to come."""

    since: Annotated[int, Meta(ge=0)] = 0
    since_time: str | None = None
    agent: str | None = None
    follow: bool = False


class Down(Struct, forbid_unknown_fields=True):
    """Stop everything; what lives after `timeout` seconds is killed."""

    timeout: Seconds | None = None


class Cancel(Struct, forbid_unknown_fields=True):
    """End the stream or wait with this id."""

    id: int | str


Args = TypeVar("Args", bound=Struct)


def parse(verb: str, args: object, kind: type[Args]) -> Args:
    """Return the arguments of a request; BadRequest says what is wrong and what was expected."""
    try:
        return msgspec.convert(args, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        what, _, where = str(error).partition(" - at `$")
        place = f"args{where.rstrip('`')}"
        known = ", ".join(field.name for field in msgspec.structs.fields(kind)) or "no arguments"
        raise BadRequest(f"{verb}: {place}: {what[:1].lower()}{what[1:]} (it takes {known})") from None
