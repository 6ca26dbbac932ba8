"""The parts of an agent that say when: restart, stop, health and dependencies."""

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from descartes_tui.runner.fleet_file.nodes import Kind, Mapping, Node, Place, Scalar, Sequence
from descartes_tui.runner.fleet_file.values import Values, dotted
from descartes_tui.runner.model.config import (
    Dependency,
    DependencyNeed,
    HealthCheck,
    RestartPolicy,
    RestartWhen,
    StopPolicy,
)
from descartes_tui.runner.model.signals import signal_number

MOMENT: Final = 0.01  # seconds: no probe and no wait is shorter
_WHEN: Final = tuple(when.value for when in RestartWhen)
_NEEDS: Final = tuple(need.value for need in DependencyNeed if need is not DependencyNeed.LOG)
_LOOPBACK: Final = ("localhost", "::1")
_PROBES: Final = ("exec", "http", "log")
_HEALTH_KEYS: Final = (*_PROBES, "interval", "timeout", "retries", "start_period", "on_failure")


@dataclass(frozen=True, slots=True)
class Need:
    """One entry of `depends_on`, with the place to complain about."""

    dependency: Dependency
    place: Place
    path: str


def restart_policy(values: Values, node: Node, path: str) -> RestartPolicy | None:
    """Return the policy of a word or a mapping {policy, max, within, backoff}."""
    if isinstance(node, Scalar):
        word = values.word(node, path, _WHEN)
        return RestartPolicy(RestartWhen(word)) if word else None
    table = values.mapping(node, path, ("policy", "max", "within", "backoff"))
    if table is None:
        return None
    policy = RestartPolicy(RestartWhen.ON_FAILURE)
    if value := table.get("policy"):
        word = values.word(value, dotted(path, "policy"), _WHEN)
        policy = replace(policy, when=RestartWhen(word)) if word else policy
    if value := table.get("max"):
        policy = replace(policy, max=values.whole(value, dotted(path, "max"), 0, 1_000_000) or 0)
    if value := table.get("within"):
        policy = replace(policy, within=values.duration(value, dotted(path, "within")) or 0.0)
    if value := table.get("backoff"):
        low, high = _backoff(values, value, dotted(path, "backoff"))
        policy = replace(policy, backoff_min=low, backoff_max=high)
    return policy


def _backoff(values: Values, node: Node, path: str) -> tuple[float, float]:
    """Return the shortest and the longest wait of `1s..60s`, or of `5s` alone."""
    default = RestartPolicy()
    if not isinstance(node, Scalar) or ".." not in node.text:
        fixed = values.duration(node, path)
        return (default.backoff_min, default.backoff_max) if fixed is None else (fixed, fixed)
    first, _, last = node.text.partition("..")
    low = values.duration(Scalar(node.place, first), path)
    high = values.duration(Scalar(node.place, last), path) if low is not None else None
    if low is None or high is None:
        return default.backoff_min, default.backoff_max
    if low > high:
        values.report.add(node.place, path, f"{node.text}: the shortest wait comes first, like 1s..60s")
    return low, high


def stop_policy(values: Values, node: Node, path: str, default: StopPolicy) -> StopPolicy | None:
    """Return `default`, the backend's own, with what {stdin, signal, grace} change in it."""
    table = values.mapping(node, path, ("stdin", "signal", "grace"))
    if table is None:
        return None
    policy = default
    if value := table.get("stdin"):
        policy = replace(policy, stdin=values.text(value, dotted(path, "stdin"), filled=False) or "")
    if value := table.get("signal"):
        policy = replace(policy, signal=_signal(values, value, dotted(path, "signal")) or policy.signal)
    if value := table.get("grace"):
        policy = replace(policy, grace=values.duration(value, dotted(path, "grace")) or 0.0)
    return policy


def _signal(values: Values, node: Node, path: str) -> str | None:
    number = isinstance(node, Scalar) and node.kind is Kind.INT
    name = node.text if isinstance(node, Scalar) and number else values.text(node, path)
    try:
        if name is not None:
            signal_number(name)
    except ValueError as error:
        values.report.add(node.place, path, str(error))
        return None
    return name


def health_check(values: Values, node: Node, path: str) -> HealthCheck | None:
    """Return the probe of a mapping with exactly one of exec, http and log."""
    table = values.mapping(node, path, _HEALTH_KEYS)
    if table is None:
        return None
    chosen = [key for key in _PROBES if key in table.entries]
    if len(chosen) != 1:
        found = " and ".join(chosen) or "none"
        values.report.add(table.place, path, f"expected exactly one of exec, http and log, found {found}")
    check = HealthCheck()
    for key, (_, value) in table.entries.items():
        check = _health_key(values, check, key, value, dotted(path, key))
    return check


def _health_key(values: Values, check: HealthCheck, key: str, node: Node, path: str) -> HealthCheck:
    if key == "exec":
        return replace(check, exec=_probe_command(values, node, path))
    if key == "http":
        return replace(check, http=_probe_url(values, node, path))
    if key == "log":
        return replace(check, log=values.pattern(node, path) or "")
    if key == "interval":
        return replace(check, interval=values.duration(node, path, low=MOMENT) or check.interval)
    if key == "timeout":
        return replace(check, timeout=values.duration(node, path, low=MOMENT) or check.timeout)
    if key == "start_period":
        return replace(check, start_period=values.duration(node, path) or 0.0)
    if key == "retries":
        return replace(check, retries=values.whole(node, path, 1, 1000) or check.retries)
    if key == "on_failure":
        return replace(
            check, on_failure=values.word(node, path, ("none", "restart", "stop")) or check.on_failure
        )
    return check


def _probe_command(values: Values, node: Node, path: str) -> tuple[str, ...]:
    words = values.texts(node, path) or ()
    if isinstance(node, Scalar):
        return ("/bin/sh", "-c", words[0]) if words else ()
    if isinstance(node, Sequence) and (not node.items or (words and not words[0])):
        values.report.add(node.place, path, "expected a program and its arguments, found an empty list")
    return words


def _probe_url(values: Values, node: Node, path: str) -> str:
    url = values.text(node, path)
    if url is None:
        return ""
    problem = _url_problem(url)
    if problem:
        values.report.add(node.place, path, problem)
    return url


def _url_problem(url: str) -> str | None:
    if any(character <= " " for character in url):
        return "a URL has no blanks: write %20 instead"
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return "expected a URL with a port from 1 to 65535, like http://127.0.0.1:8080/health"
    if parts.scheme not in ("http", "https") or not host or port == 0:
        return "expected a URL with http or https, a host and a port, like http://127.0.0.1:8080/health"
    if parts.username is not None or parts.password is not None:
        return "a name or password has no place in a health URL: leave it out"
    if host not in _LOOPBACK and not host.startswith("127."):
        return f"a health check asks this machine only: expected 127.0.0.1, ::1 or localhost, found {host}"
    return None


def dependencies(values: Values, node: Node, path: str) -> tuple[Need, ...]:
    """Return the needs of a list of names, or of a mapping from name to what must be true of it."""
    if isinstance(node, Mapping):
        found = [_need(values, key, value, dotted(path, name)) for name, (key, value) in node.entries.items()]
        return tuple(need for need in found if need)
    items = node.items if isinstance(node, Sequence) else [node]
    names = [(item, values.text(item, f"{path}[{i}]", filled=False)) for i, item in enumerate(items)]
    return tuple(Need(Dependency(name), item.place, path) for item, name in names if name)


def _need(values: Values, key: Scalar, node: Node, path: str) -> Need | None:
    if isinstance(node, Mapping):
        return _need_table(values, key, node, path)
    if isinstance(node, Scalar) and node.text.startswith("log:"):
        pattern = values.pattern(Scalar(node.place, node.text[4:].strip(), quoted=True), path)
        return Need(Dependency(key.text, DependencyNeed.LOG, pattern or ""), key.place, path)
    word = values.word(node, path, (*_NEEDS, "log: REGEX"))
    return Need(Dependency(key.text, DependencyNeed(word)), key.place, path) if word in _NEEDS else None


def _need_table(values: Values, key: Scalar, node: Mapping, path: str) -> Need | None:
    values.mapping(node, path, ("condition", "log", "timeout"))
    need = Dependency(key.text)
    if log := node.get("log"):
        need = replace(need, need=DependencyNeed.LOG, pattern=values.pattern(log, dotted(path, "log")) or "")
    if condition := node.get("condition"):
        word = values.word(condition, dotted(path, "condition"), (*_NEEDS, "log"))
        if word == "log" and not log:
            values.report.add(
                condition.place, dotted(path, "condition"), "expected also `log:` with the expression"
            )
        elif word not in (None, "log") and log:
            values.report.add(
                condition.place, dotted(path, "condition"), "expected either a condition or `log:`"
            )
        elif word:
            need = replace(need, need=DependencyNeed(word))
    if timeout := node.get("timeout"):
        seconds = values.duration(timeout, dotted(path, "timeout"), low=MOMENT)
        need = replace(need, timeout=seconds or need.timeout)
    return Need(need, key.place, path)
