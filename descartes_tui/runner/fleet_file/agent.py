"""The keys of one agent: each is read by one function, and what belongs together is checked together."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from descartes_tui.runner.fleet_file.environment import environment_of
from descartes_tui.runner.fleet_file.limits import agent_limits
from descartes_tui.runner.fleet_file.nodes import Kind, Node, Place, Scalar, Sequence
from descartes_tui.runner.fleet_file.nodes import Mapping as MappingNode
from descartes_tui.runner.fleet_file.policies import (
    Need,
    dependencies,
    health_check,
    restart_policy,
    stop_policy,
)
from descartes_tui.runner.fleet_file.read import Unreadable, read_text
from descartes_tui.runner.fleet_file.report import did_you_mean, listed
from descartes_tui.runner.fleet_file.values import Values, dotted
from descartes_tui.runner.model.backend import BackendFacts
from descartes_tui.runner.model.config import StdinMode

MAX_REPLICAS: Final = 1000
MAX_ARGUMENT: Final = 128 * 1024 - 1  # bytes: Linux passes no longer string to a process (MAX_ARG_STRLEN)
LATER: Final = ("log", "mode", "on_supervisor_loss")


@dataclass(slots=True)
class Draft:
    """An agent as its entry says, before it is looked at together with the others."""

    name: str
    place: Place
    path: str
    fields: dict[str, Any] = field(default_factory=dict)
    needs: tuple[Need, ...] = ()
    replicas: int = 1


@dataclass(frozen=True, slots=True)
class AgentReader:
    """Reads entries; `kinds` are the backends that can be named."""

    values: Values
    kinds: Mapping[str, BackendFacts]

    def fields(self, table: MappingNode, path: str) -> dict[str, Any]:
        """Return what the keys of `table` say, by AgentConfig's names; `needs` and `replicas` beside them."""
        self._check_keys(table, path)
        found: dict[str, Any] = {}
        for key, (_, node) in table.entries.items():
            if key in _READERS:
                value = _READERS[key](self.values, node, dotted(path, key))
                if value is not None:
                    found[key] = value
        self._backend_fields(table, path, found)
        found["environment"] = environment_of(self.values, table, path)
        return found

    def draft(self, name: str, place: Place, table: MappingNode, path: str) -> Draft:
        """Return the agent `name`, with everything noted that its own entry shows to be wrong."""
        fields = self.fields(table, path)
        self._check_start(table, path, place, fields)
        fields.setdefault("working_dir", str(self.values.folder))
        needs, replicas = fields.pop("depends_on", ()), fields.pop("replicas", 1)
        fields.pop("task_file", None)
        return Draft(name, place, path, fields, needs, replicas)

    def _check_keys(self, table: MappingNode, path: str) -> None:
        for key, (place, _) in list(table.entries.items()):
            if key in LATER:
                self.values.report.add(
                    place.place, dotted(path, key), "not supported by this version: remove it"
                )
        kept = {key: entry for key, entry in table.entries.items() if key not in LATER}
        self.values.mapping(MappingNode(table.place, kept), path, KEYS)

    def _backend_fields(self, table: MappingNode, path: str, found: dict[str, Any]) -> None:
        """Read what depends on the kind of agent: the kind itself, its stop policy, its task."""
        values, backend = self.values, "command"
        if (node := table.get("backend")) is not None:
            backend = values.text(node, dotted(path, "backend")) or ""
            found["backend"] = backend
            if backend and backend not in self.kinds:
                hint = did_you_mean(backend, self.kinds)
                message = f"unknown backend {backend!r}{hint}; known: {listed(self.kinds, 'and')}"
                values.report.add(node.place, dotted(path, "backend"), message)
        if (node := table.get("stop")) is not None:
            facts = self.kinds.get(backend, self.kinds["command"])
            found["stop"] = stop_policy(values, node, dotted(path, "stop"), facts.default_stop)
        if (node := table.get("task_file")) is not None:
            found["task"] = _task_of(values, node, dotted(path, "task_file"), table)

    def _check_start(self, table: MappingNode, path: str, place: Place, fields: dict[str, Any]) -> None:
        report, backend = self.values.report, fields.get("backend", "command")
        if backend == "command" and "command" not in table.entries:
            hint = " (or a backend)" if "backend" not in table.entries else ""
            report.add(place, path, f"expected `command`, like `command: [echo, hello]`{hint}")
        if backend == "command" and (entry := table.entries.get("args")):
            report.add(entry[0].place, dotted(path, "args"), "write the arguments into `command`")
        if backend not in self.kinds or backend == "command":
            return
        if (entry := table.entries.get("command")) and backend in self.kinds:
            hint = (
                f"backend {backend} makes its own command line: write `task`, and `args` for more arguments"
            )
            report.add(entry[0].place, dotted(path, "command"), hint)
        if not {"task", "task_file"} & table.entries.keys():
            report.add(place, path, f"expected `task` or `task_file`: what {backend} is asked to do")
        if fields.get("stdin") is StdinMode.PIPE and self.kinds[backend].open_stdin_hangs:
            report.add(
                table.entries["stdin"][1].place,
                dotted(path, "stdin"),
                f"an open pipe makes {backend} wait for ever",
            )


def _task_of(values: Values, node: Node, path: str, table: MappingNode) -> str | None:
    if "task" in table.entries:
        values.report.add(node.place, path, "expected either `task` or `task_file`, found both")
        return None
    file = values.path(node, path)
    if file is None:
        return None
    try:
        text = read_text(file)[0].strip()
    except Unreadable as error:
        values.report.add(node.place, path, f"{file}: {error}")
        return None
    if not text:
        values.report.add(node.place, path, f"{file}: the file is empty")
    return text


def _command(values: Values, node: Node, path: str) -> tuple[str, ...] | str | None:
    if isinstance(node, Scalar):
        return _shell_command(values, node, path)
    if not isinstance(node, Sequence):
        values.report.add(node.place, path, "expected a list like [python3, agent.py], or text for the shell")
        return None
    words = values.texts(node, path)
    if not node.items or (words and not words[0].strip()):
        values.report.add(node.place, path, "expected a program and its arguments, found no program")
        return None
    return words


def _shell_command(values: Values, node: Scalar, path: str) -> str | None:
    text = values.text(node, path)
    if text is None:
        return None
    if not text.strip():
        values.report.add(node.place, path, "expected a command, found nothing")
        return None
    try:
        if "\n" not in text.strip():  # more lines may be a here-document, in which a quote is only a quote
            shlex.split(text, comments=True)
    except ValueError as error:
        values.report.add(node.place, path, f"the shell could not read this: {str(error).lower()}")
        return None
    return text


def _argument(values: Values, node: Node, path: str) -> str | None:
    text = values.text(node, path)
    if text is not None and len(text.encode()) > MAX_ARGUMENT:
        message = "longer than 128 KiB: put it into a file and name the file in the task"
        values.report.add(node.place, path, message)
        return None
    return text


def _task(values: Values, node: Node, path: str) -> str | None:
    text = _argument(values, node, path)
    if text is not None and not text.strip():
        values.report.add(node.place, path, "expected text, found nothing")
        return None
    return text


def _folder(values: Values, node: Node, path: str) -> str | None:
    folder = values.path(node, path)
    if folder is None or _is_folder(folder):
        return None if folder is None else str(folder)
    values.report.add(node.place, path, f"{folder}: there is no such folder")
    return None


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _stdin(values: Values, node: Node, path: str) -> StdinMode | None:
    if isinstance(node, Scalar) and node.kind is Kind.NULL:
        return StdinMode.NULL
    word = values.word(node, path, ("null", "pipe"))
    return StdinMode(word) if word else None


def _exit_codes(values: Values, node: Node, path: str) -> tuple[int, ...] | None:
    items = node.items if isinstance(node, Sequence) else [node]
    if not items:
        values.report.add(node.place, path, "expected exit codes like [0], found an empty list")
        return None
    codes = [values.whole(item, f"{path}[{index}]", 0, 255) for index, item in enumerate(items)]
    return tuple(code for code in codes if code is not None)


def _replicas(values: Values, node: Node, path: str) -> int | None:
    return values.whole(node, path, 1, MAX_REPLICAS)


_READERS: Final[dict[str, Callable[[Values, Node, str], Any]]] = {
    "task": _task,
    "model": _argument,
    "system_prompt": _argument,
    "context": _argument,
    "command": _command,
    "args": Values.texts,
    "working_dir": _folder,
    "stdin": _stdin,
    "tty": Values.flag,
    "autostart": Values.flag,
    "replicas": _replicas,
    "tags": Values.texts,
    "depends_on": dependencies,
    "restart": restart_policy,
    "success_exit_codes": _exit_codes,
    "health": health_check,
    "keep_leftovers": Values.flag,
    "limits": agent_limits,
    "secret": Values.texts,
}

KEYS: Final = (*_READERS, "backend", "env_file", "environment", "stop", "task_file")
"""Everything an agent's entry may say."""
