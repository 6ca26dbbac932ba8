"""The way to the supervisor: asks, and turns each refusal into an error with its exit code."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from descartes_tui.app.cli.exit import OF_CODE, CommandError, Exit
from descartes_tui.app.cli.session import session_of
from descartes_tui.runner.wire.client import Client
from descartes_tui.runner.wire.errors import NoSupervisor, WireError

ANSWER_WITHIN: Final = 30.0  # seconds: what the supervisor may take where nothing else is said


@contextmanager
def refusals() -> Iterator[None]:
    """Turn errors of the wire into errors of the command line."""
    try:
        yield
    except NoSupervisor as error:
        raise CommandError(
            f"{error.message}; `descartes-tui up` or `spawn` starts one", Exit.NO_SUPERVISOR
        ) from None
    except WireError as error:
        raise CommandError(error.message, OF_CODE.get(error.code, Exit.FAILED)) from None


@contextmanager
def connected(options: Namespace, *, start: bool = False) -> Iterator[Client]:
    """Speak to the session's supervisor; `start` it when none runs (one that died is always started again)."""
    with refusals():
        limit = getattr(options, "timeout", None)
        client = Client.connect(session_of(options), start=start, timeout=limit or ANSWER_WITHIN)
        try:
            yield client
        finally:
            client.close()


def ask(options: Namespace, verb: str, *, start: bool = False, **args: Any) -> Any:
    """Ask one question and return the answer; `--timeout` bounds it, None stands for as long as it takes."""
    with connected(options, start=start) as client:
        return client.call(verb, timeout=getattr(options, "timeout", ANSWER_WITHIN), **args)


def add_selection(parser: ArgumentParser) -> None:
    """Add `AGENT… | --all | --tag T`."""
    parser.add_argument(
        "agents", nargs="*", default=[], metavar="AGENT", help="name, id, beginning of an id, or pattern"
    )
    parser.add_argument("--all", action="store_true", default=False, help="every agent of the session")
    parser.add_argument("--tag", action="append", default=[], metavar="T", help="every agent with this tag")


def selection(options: Namespace) -> dict[str, Any]:
    """Return the chosen agents as the wire wants them; CommandError when none or too many ways were used."""
    ways = [bool(options.agents), options.all, bool(options.tag)]
    if sum(ways) != 1:
        raise CommandError(
            "choose agents by name, or with --tag T, or all of them with --all"
            + (" (one of these ways)" if sum(ways) > 1 else ""),
            Exit.USAGE,
        )
    if options.all:
        return {"all": True}
    return {"agents": options.agents} if options.agents else {"tags": options.tag}
