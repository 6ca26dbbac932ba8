"""What the supervisor does for each verb of docs/protocol.md: small functions over the fleet."""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from msgspec import Struct

import descartes_tui
from descartes_tui.runner.model.errors import AgentError, ExecutionError, Timeout
from descartes_tui.runner.model.info import FamilyMember
from descartes_tui.runner.model.signals import signal_number
from descartes_tui.runner.model.status import AgentStatus, Verb
from descartes_tui.runner.supervisor import requests
from descartes_tui.runner.supervisor.desk import Deed, Desk
from descartes_tui.runner.wire.codec import (
    agent_to_json,
    config_from_json,
    fleet_from_json,
    run_to_json,
    shown_config,
)
from descartes_tui.runner.wire.faults import BadRequest
from descartes_tui.runner.wire.times import format_time, parse_time

PROTOCOL: Final = 1
FAMILY_LIMIT: Final = 2.0  # seconds: `show` never waits longer for a picture of the processes

Json = dict[str, Any]


async def hello(desk: Desk, args: requests.Hello) -> Json:
    if args.protocol != PROTOCOL:
        raise ExecutionError(
            f"session {desk.session}",
            f"this supervisor speaks protocol {PROTOCOL}, not {args.protocol}; use the descartes-tui that"
            f" started it ({descartes_tui.__version__}), or end it with SIGTERM to pid {os.getpid()}:"
            " its agents live on and the next command starts a new one",
        )
    return {
        "protocol": PROTOCOL,
        "version": descartes_tui.__version__,
        "pid": os.getpid(),
        "session": desk.session,
        "started_at": format_time(desk.started_at),
    }


async def list_agents(desk: Desk, args: requests.List) -> list[Json]:
    return [
        agent_to_json(info)
        for info in desk.fleet.snapshot()
        if (not args.tags or set(args.tags) & set(info.tags)) and (args.all or not info.status.has_ended)
    ]


async def show(desk: Desk, args: requests.OneAgent) -> Json:
    agent = desk.one(args.agent)
    fleet = desk.fleet
    family: Sequence[FamilyMember] = ()
    with suppress(TimeoutError, AgentError):
        family = await asyncio.wait_for(fleet.family(agent), FAMILY_LIMIT)
    why: Json = dict(fleet.why(agent))
    return {
        **agent_to_json(fleet.info(agent)),
        "config": shown_config(fleet.config(agent)),
        "family": family_tree(family),
        "runs": [run_to_json(run) for run in fleet.runs(agent)],
        "why": {**why, "since": format_time(why["since"]), "next_at": format_time(why["next_at"])},
    }


def family_tree(family: Sequence[FamilyMember]) -> list[Json]:
    """Return the processes of a run as a tree: children inside their parents, the leader first."""
    nodes: dict[int, Json] = {
        one.pid: {
            "pid": one.pid,
            "ppid": one.ppid,
            "name": one.name,
            "cmdline": one.cmdline,
            "status": one.status,
            "cpu_seconds": one.cpu_seconds,
            "memory_bytes": one.memory_bytes,
            "children": [],
        }
        for one in family
    }
    roots: list[Json] = []
    for pid, node in nodes.items():
        parent = nodes.get(node["ppid"])
        (roots if parent is None or node["ppid"] == pid else parent["children"]).append(node)
    return roots


async def up(desk: Desk, args: requests.Up) -> Json:
    report = await desk.fleet.up(fleet_from_json(args.fleet), args.env, args.agents)
    return {
        "started": list(report.started),
        "waiting": list(report.waiting),
        "kept": list(report.kept),
        "changed": list(report.changed),
    }


async def spawn(desk: Desk, args: requests.Spawn) -> Json:
    # no file declares it, so `up` does not start it, and `list` may forget it when it has ended
    config = replace(config_from_json(args.config), autostart=False)
    return agent_to_json(await desk.fleet.spawn(config, args.env))


async def pause(desk: Desk, args: requests.Pause) -> list[Json]:
    return await _each(desk, Verb.PAUSE, args, partial(desk.fleet.pause, cooperative=args.cooperative))


async def stop(desk: Desk, args: requests.Stop) -> list[Json]:
    deed = partial(desk.fleet.stop, grace=args.grace)
    return await _each(desk, Verb.STOP, args, deed, wait=args.wait)


async def kill(desk: Desk, args: requests.Kill) -> list[Json]:
    return await _each(desk, Verb.KILL, args, desk.fleet.kill, wait=args.wait)


async def signal(desk: Desk, args: requests.Signal) -> list[Json]:
    try:
        number = signal_number(str(args.signal))
    except ValueError as error:
        raise BadRequest(f"signal: {error}") from None
    return await _each(desk, Verb.SIGNAL, args, lambda agent: desk.fleet.signal(agent, number))


async def send(desk: Desk, args: requests.Send) -> Json:
    agent = desk.one(args.agent)
    if args.data:
        await desk.fleet.write_stdin(agent, args.data)
    if args.eof:
        await desk.fleet.close_stdin(agent)
    return {"bytes": len(args.data)}


async def resize(desk: Desk, args: requests.Resize) -> None:
    await desk.fleet.resize(desk.one(args.agent), args.rows, args.columns)


async def wait(desk: Desk, args: requests.Wait) -> list[Json]:
    agents = _selected(desk, args)
    try:
        async with asyncio.timeout(args.timeout):
            await desk.fleet.wait_for(agents, args.condition)
    except ExecutionError as error:  # it never can: not the request is refused, but what was hoped for failed
        raise AgentError(str(error)) from None
    except TimeoutError:
        raise Timeout(f"{args.condition!r} of all {len(agents)} agents", args.timeout or 0.0) from None
    return [agent_to_json(desk.fleet.info(agent)) for agent in agents]


async def down(desk: Desk, args: requests.Down) -> Json:
    report = await desk.fleet.shutdown(args.timeout)
    # after this answer has been written
    asyncio.get_running_loop().call_soon(desk.ending.set)
    return {"stopped": list(report.stopped), "killed": list(report.killed)}


async def detach_check(desk: Desk, args: requests.Nothing) -> Json:
    living = [info.name for info in desk.fleet.snapshot() if info.status in _GOES_ON]
    return {"running": len(living), "agents": living}


def watch(desk: Desk, args: requests.Nothing) -> AsyncGenerator[Json, None]:
    return desk.feed.watch()


def events(desk: Desk, args: requests.Events) -> AsyncGenerator[Json, None]:
    try:
        since_time = parse_time(args.since_time) if args.since_time is not None else 0.0
    except ValueError as error:
        raise BadRequest(f"events: args.since_time: {error}") from None
    agent = args.agent
    if agent is not None:
        with suppress(AgentError):  # not among the living: then it may still be in the history
            agent = desk.one(agent)
    return desk.feed.events(since=args.since, since_time=since_time, agent=agent, follow=args.follow)


def _plain(verb: Verb, deed_of: Callable[[Desk], Deed]) -> "Answer":
    async def act(desk: Desk, args: requests.Selection) -> list[Json]:
        return await _each(desk, verb, args, deed_of(desk))

    return Answer(requests.Selection, act)


async def _each(
    desk: Desk, verb: Verb, args: requests.Selection, deed: Deed, *, wait: bool = True
) -> list[Json]:
    return await desk.each(verb, _selected(desk, args), deed, within=args.timeout, wait=wait)


def _selected(desk: Desk, args: requests.Selection) -> list[str]:
    if not (args.agents or args.all or args.tags):
        raise BadRequest("no agent was chosen: give agents, tags, or all")
    return desk.fleet.resolve(args.agents, all=args.all, tags=args.tags)


_GOES_ON: Final = frozenset(
    {AgentStatus.STARTING, AgentStatus.RUNNING, AgentStatus.PAUSED, AgentStatus.STOPPING, AgentStatus.BACKOFF}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A verb with one answer. `drops`: nothing is lost when its client leaves, so it ends then."""

    args: type[Struct]
    run: Callable[[Desk, Any], Awaitable[Any]]
    drops: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """A verb with many answers, until there are no more or its client has enough."""

    args: type[Struct]
    run: Callable[[Desk, Any], AsyncGenerator[Json, None]]


VERBS: Final[Mapping[str, Answer | Stream]] = {
    "hello": Answer(requests.Hello, hello),
    "list": Answer(requests.List, list_agents),
    "show": Answer(requests.OneAgent, show),
    "up": Answer(requests.Up, up),
    "spawn": Answer(requests.Spawn, spawn),
    "start": _plain(Verb.START, lambda desk: desk.fleet.start),
    "restart": _plain(Verb.RESTART, lambda desk: desk.fleet.restart),
    "resume": _plain(Verb.RESUME, lambda desk: desk.fleet.resume),
    "rm": _plain(Verb.REMOVE, lambda desk: desk.fleet.remove),
    "pause": Answer(requests.Pause, pause),
    "stop": Answer(requests.Stop, stop),
    "kill": Answer(requests.Kill, kill),
    "signal": Answer(requests.Signal, signal),
    "send": Answer(requests.Send, send),
    "resize": Answer(requests.Resize, resize),
    "wait": Answer(requests.Wait, wait, drops=True),
    "watch": Stream(requests.Nothing, watch),
    "events": Stream(requests.Events, events),
    "down": Answer(requests.Down, down),
    "detach_check": Answer(requests.Nothing, detach_check),
}
"""Every verb but `cancel`, which is about other requests of its connection."""
