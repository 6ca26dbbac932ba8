"""Values to JSON and back: agents, configurations, events and errors, as docs/protocol.md promises them."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec

from descartes_tui.runner.model.config import (
    AgentConfig,
    AgentLimits,
    Dependency,
    FleetConfig,
    HealthCheck,
    RestartPolicy,
    StopPolicy,
)
from descartes_tui.runner.model.errors import InvalidConfig
from descartes_tui.runner.model.event import Event
from descartes_tui.runner.model.store import RunRecord
from descartes_tui.runner.wire.agents import agent_from_json, agent_to_json, time_from_json
from descartes_tui.runner.wire.faults import BadRequest, error_from_json, error_to_json
from descartes_tui.runner.wire.framing import decode_object, encode, plain
from descartes_tui.runner.wire.times import format_time

__all__ = [
    "BadRequest",
    "agent_from_json",
    "agent_to_json",
    "config_from_json",
    "config_to_json",
    "decode_object",
    "encode",
    "error_from_json",
    "error_to_json",
    "event_from_json",
    "event_to_json",
    "fleet_from_json",
    "fleet_to_json",
    "run_to_json",
    "shown_config",
]

Json = dict[str, Any]
T = TypeVar("T")

_PARTS: Final[Mapping[str, type]] = {
    "depends_on": Dependency,
    "restart": RestartPolicy,
    "health": HealthCheck,
    "stop": StopPolicy,
    "limits": AgentLimits,
}
_EVENT_KEYS: Final = ("seq", "at", "agent", "agent_id", "run", "kind")


def config_to_json(config: AgentConfig) -> Json:
    """Return a configuration with its secrets and without defaults, for the socket only."""
    whole = _object(plain(config))
    return {key: value for key, value in whole.items() if key == "name" or value != _DEFAULTS[key]}


def shown_config(config: AgentConfig) -> Json:
    """Return a configuration as it may be shown: secrets masked."""
    return _object(plain(config.shown()))


def config_from_json(data: object, *, path: str = "config") -> AgentConfig:
    """Return a configuration; InvalidConfig names the key, like `config.restart.max`."""
    _refuse_unknown_keys(data, AgentConfig, path)
    return _convert(data, AgentConfig, path)


def fleet_to_json(fleet: FleetConfig) -> Json:
    """Return a whole fleet with its secrets, for the socket only."""
    empty = _object(plain(dataclasses.replace(fleet, agents=())))
    return {**empty, "agents": [config_to_json(agent) for agent in fleet.agents]}


def fleet_from_json(data: object, *, path: str = "fleet") -> FleetConfig:
    """Return a fleet; InvalidConfig names the key, like `fleet.agents[3].stop.grace`."""
    _refuse_unknown_keys(data, FleetConfig, path)
    assert isinstance(data, dict)
    agents = data.get("agents")
    if not isinstance(agents, list):
        raise InvalidConfig(f"{path}.agents: expected a list of agents", key=f"{path}.agents")
    parsed = [config_from_json(agent, path=f"{path}.agents[{n}]") for n, agent in enumerate(agents)]
    _refuse_doubles([agent.name for agent in parsed], path)
    empty = _convert({**data, "agents": []}, FleetConfig, path)
    return dataclasses.replace(empty, agents=tuple(parsed))


def event_to_json(event: Event) -> Json:
    """Return an event with its facts flat beside its own keys, which win over facts of the same name."""
    return {
        **{name: plain(fact) for name, fact in event.facts.items()},
        "seq": event.seq,
        "at": format_time(event.at),
        "agent": event.agent,
        "agent_id": event.agent_id,
        "run": event.run,
        "kind": event.kind,
    }


def event_from_json(data: object) -> Event:
    """Return the event that `data` describes; BadRequest names the key that is wrong."""
    if not isinstance(data, dict):
        raise BadRequest(f"an event is an object, not {type(data).__name__}")
    core: Json = {key: data[key] for key in _EVENT_KEYS if key in data}
    core["at"] = time_from_json(data.get("at"), "at")
    core["facts"] = {key: value for key, value in data.items() if key not in _EVENT_KEYS}
    try:
        return msgspec.convert(core, Event)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadRequest(f"event: {error}") from None


def run_to_json(record: RunRecord) -> Json:
    """Return one run as `show` lists it."""
    return {
        "run": record.run,
        "started_at": format_time(record.started_at),
        "ended_at": format_time(record.ended_at),
        "exit_code": record.exit_code,
        "exit_signal": record.exit_signal,
        "verdict": record.verdict,
        "log_path": record.log_path,
    }


_DEFAULTS: Final = msgspec.json.decode(encode(AgentConfig("name")))


def _object(value: object) -> Json:
    assert isinstance(value, dict)
    return value


def _convert(data: object, kind: type[T], path: str) -> T:
    try:
        return msgspec.convert(data, kind)
    except InvalidConfig as error:
        key = f"{path}.{error.key}" if error.key else path
        raise InvalidConfig(f"{key}: {error}", key=key) from None
    except (msgspec.ValidationError, RecursionError) as error:
        what, _, where = str(error).partition(" - at `$")
        key = path + where.rstrip("`")
        raise InvalidConfig(f"{key}: {what[:1].lower()}{what[1:]}", key=key) from None


def _refuse_unknown_keys(data: object, kind: type, path: str) -> None:
    if not isinstance(data, dict):
        raise InvalidConfig(f"{path}: expected an object, not {type(data).__name__}", key=path)
    known = [field.name for field in dataclasses.fields(kind)]
    for key, value in data.items():
        if key not in known:
            raise InvalidConfig(
                f"{path}.{key}: unknown key; expected one of {', '.join(known)}", key=f"{path}.{key}"
            )
        if kind is AgentConfig and key in _PARTS:
            parts = value if isinstance(value, list) else [value]
            for part in parts:
                if isinstance(part, dict):
                    _refuse_unknown_keys(part, _PARTS[key], f"{path}.{key}")


def _refuse_doubles(names: list[str], path: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidConfig(f"{path}.agents: two agents are called {name!r}", key=f"{path}.agents")
        seen.add(name)
