"""Read a fleet file: everything in it is right, or every problem is told with its place."""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from descartes_tui.runner.fleet_file.agent import AgentReader, Draft
from descartes_tui.runner.fleet_file.find import session_from_folder
from descartes_tui.runner.fleet_file.graph import check_names, instance_names, resolve
from descartes_tui.runner.fleet_file.nodes import Mapping as MappingNode
from descartes_tui.runner.fleet_file.nodes import Node, Place, Scalar, Sequence, described, shortened
from descartes_tui.runner.fleet_file.parse import EXAMPLE, parse
from descartes_tui.runner.fleet_file.read import Unreadable, read_text
from descartes_tui.runner.fleet_file.report import Report
from descartes_tui.runner.fleet_file.values import Values, dotted
from descartes_tui.runner.model.backend import BUILT_IN, BackendFacts, ModelBackend
from descartes_tui.runner.model.config import NAME_PATTERN, AgentConfig, Dependency, FleetConfig
from descartes_tui.runner.model.errors import InvalidConfig

MAX_AGENTS: Final = 10_000
_TOP: Final = ("version", "session", "defaults", "limits", "agents")
_MERGED: Final = ("environment", "stop", "restart", "limits")
REPLICA: Final = "DESCARTES_REPLICA"


def load_fleet(
    path: Path | str,
    *,
    variables: Mapping[str, str] | None = None,
    env: Mapping[str, str],
    backends: Mapping[str, ModelBackend] | None = None,
) -> FleetConfig:
    """Return the fleet of the file at `path`; FleetFileError tells every problem.

    `variables` (from --var) win over `env` where text says `${NAME}`. With `backends`, kinds from plug-ins
    can be named too, and each agent's command line is tried out.
    """
    report = Report(str(path))
    text = _text_of(Path(path), report)
    root = parse(text, report)
    if root is None:
        report.raise_if_any()
        raise AssertionError("unreachable: a file without a document has a problem")
    lookup = ChainMap(dict(variables or {}), dict(env))
    values = Values(report, lookup, Path(path).absolute().parent)
    fleet = _Fleet(values, AgentReader(values, _kinds(backends)), backends or {}).read(root, Path(path))
    report.raise_if_any()
    return fleet


def _text_of(path: Path, report: Report) -> str:
    try:
        return read_text(path)[0]
    except Unreadable as error:
        report.add(Place(error.line, error.column), "", str(error))
        report.raise_if_any()
        raise AssertionError("unreachable") from None


def _kinds(backends: Mapping[str, ModelBackend] | None) -> dict[str, BackendFacts]:
    extra = {
        name: BackendFacts(name, backend.program, backend.install_hint, backend.default_stop)
        for name, backend in (backends or {}).items()
    }
    return extra | dict(BUILT_IN)


@dataclass(frozen=True, slots=True)
class _Fleet:
    """The top of the file."""

    values: Values
    reader: AgentReader
    backends: Mapping[str, ModelBackend]

    def read(self, root: Node, file: Path) -> FleetConfig:
        report = self.values.report
        if not isinstance(root, MappingNode):
            report.add(
                root.place, "", f"expected a mapping with `agents`, found {described(root)}; {EXAMPLE}"
            )
            report.raise_if_any()
            raise AssertionError("unreachable")
        self.values.mapping(root, "", _TOP)
        self._version(root)
        max_concurrent, start_interval = self._limits(root)
        drafts = self._drafts(root)
        check_names(drafts, report)
        needs = resolve(drafts, report)
        agents = () if report.problems else self._configs(drafts, needs)
        session = self._session(root, file)
        return FleetConfig(session, agents, str(file), max_concurrent, start_interval, tuple(report.warnings))

    def _version(self, root: MappingNode) -> None:
        node = root.get("version")
        if node is not None and not (isinstance(node, Scalar) and node.text == "1"):
            self.values.report.add(node.place, "version", f"expected 1, found {described(node)}")

    def _session(self, root: MappingNode, file: Path) -> str:
        node = root.get("session")
        if node is None:
            return session_from_folder(file)
        name = self.values.text(node, "session", filled=False)
        if name is not None and NAME_PATTERN.fullmatch(name) is None:
            self.values.report.add(node.place, "session", _bad_name(name))
        return name or ""

    def _limits(self, root: MappingNode) -> tuple[int | None, float]:
        node = root.get("limits")
        table = self.values.mapping(node, "limits", ("max_concurrent", "start_interval")) if node else None
        if table is None:
            return None, 0.0
        most, interval = table.get("max_concurrent"), table.get("start_interval")
        return (
            self.values.whole(most, "limits.max_concurrent", 1, MAX_AGENTS) if most else None,
            (self.values.duration(interval, "limits.start_interval") or 0.0) if interval else 0.0,
        )

    def _defaults(self, root: MappingNode) -> MappingNode:
        """Return the table of `defaults`, read once by itself: its mistakes are told under its name."""
        node = root.get("defaults")
        table = self.values.mapping(node, "defaults") if node else None
        if table is None:
            return MappingNode(Place(1, 1))
        self.reader.fields(table, "defaults")
        return table

    def _drafts(self, root: MappingNode) -> list[Draft]:
        report, defaults = self.values.report, self._defaults(root)
        node = root.get("agents")
        if node is None:
            report.add(root.place, "agents", f"expected `agents`; {EXAMPLE}")
            return []
        table = self.values.mapping(node, "agents")
        if table is not None and not table.entries:
            report.add(node.place, "agents", f"expected at least one agent; {EXAMPLE}")
        drafts = []
        for name, (key, entry) in (table.entries if table else {}).items():
            path = dotted("agents", shortened(name, quote=False))
            if NAME_PATTERN.fullmatch(name) is None:
                report.add(key.place, path, _bad_name(name))
            elif (own := self.values.mapping(entry, path)) is not None:
                drafts.append(self.reader.draft(name, key.place, under(defaults, own), path))
        return drafts

    def _configs(
        self, drafts: list[Draft], needs: Mapping[str, tuple[Dependency, ...]]
    ) -> tuple[AgentConfig, ...]:
        configs: list[AgentConfig] = []
        for draft in drafts:
            for number, name in enumerate(instance_names(draft), start=1):
                config = self._config(draft, name, number, needs[draft.name])
                if len(configs) == MAX_AGENTS:
                    self.values.report.add(draft.place, draft.path, f"more than {MAX_AGENTS:,} agents")
                    return ()
                if config:
                    configs.append(config)
        return tuple(configs)

    def _config(
        self, draft: Draft, name: str, number: int, needs: tuple[Dependency, ...]
    ) -> AgentConfig | None:
        environment = draft.fields["environment"]
        if draft.replicas > 1:
            environment = environment | {REPLICA: str(number)}
        try:
            config = AgentConfig(
                **{**draft.fields, "name": name, "environment": environment, "depends_on": needs}
            )
            if config.backend in self.backends:
                self.backends[config.backend].invocation(config)
        except InvalidConfig as error:
            path = dotted(draft.path, error.key) if error.key else draft.path
            self.values.report.add(draft.place, path, str(error))
            return None
        return config


def under(defaults: MappingNode, own: MappingNode) -> MappingNode:
    """Return `own` with what it leaves out taken from `defaults`.

    environment, stop, restart and limits are merged key by key, tags are put together; everything else is replaced.
    """
    entries = {**defaults.entries, **own.entries}
    for key in defaults.entries.keys() & own.entries.keys():
        below, above = defaults.entries[key][1], own.entries[key][1]
        if key in _MERGED and isinstance(below, MappingNode) and isinstance(above, MappingNode):
            entries[key] = own.entries[key][0], MappingNode(above.place, {**below.entries, **above.entries})
        elif key == "tags":
            entries[key] = own.entries[key][0], Sequence(above.place, _items(below) + _items(above))
    for one, other in (("task", "task_file"), ("task_file", "task")):
        if one in own.entries and other not in own.entries:
            entries.pop(other, None)
    return MappingNode(own.place, entries)


def _items(node: Node) -> list[Node]:
    return node.items if isinstance(node, Sequence) else [node]


def _bad_name(name: str) -> str:
    expected = "expected a letter or digit, then at most 62 of A-Z a-z 0-9 . _ -"
    return f"{shortened(name)} cannot be a name: {expected}"
