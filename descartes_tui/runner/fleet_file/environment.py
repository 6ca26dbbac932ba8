"""The variables an agent gets: from its env files, then from `environment`, which wins."""

from typing import Final

from descartes_tui.runner.fleet_file.env_file import KEY, read_env_file
from descartes_tui.runner.fleet_file.nodes import Mapping, Node, Place, Sequence, shortened
from descartes_tui.runner.fleet_file.values import Values, dotted

MAX_ENTRY: Final = 128 * 1024 - 1  # bytes of KEY=VALUE: Linux passes no longer one (MAX_ARG_STRLEN)


def environment_of(values: Values, table: Mapping, path: str) -> dict[str, str]:
    """Return the variables that `env_file` and `environment` of one agent's `table` give."""
    variables: dict[str, str] = {}
    if (node := table.get("env_file")) is not None:
        variables |= _from_files(values, node, dotted(path, "env_file"))
    if (node := table.get("environment")) is not None:
        variables |= _from_mapping(values, node, dotted(path, "environment"))
    return variables


def _from_files(values: Values, node: Node, path: str) -> dict[str, str]:
    variables: dict[str, str] = {}
    items = node.items if isinstance(node, Sequence) else [node]
    for item in items:
        file = values.path(item, path)
        if file is not None:
            found = read_env_file(file, item.place, path, values.report)
            variables |= {
                key: value for key, value in found.items() if _fits(values, item.place, path, key, value)
            }
    return variables


def _from_mapping(values: Values, node: Node, path: str) -> dict[str, str]:
    if not isinstance(node, Mapping):
        values.mapping(node, path)
        return {}
    variables: dict[str, str] = {}
    for key, (place, value) in node.entries.items():
        if KEY.fullmatch(key) is None:
            shown = shortened(key, quote=False)
            message = "expected the name of an environment variable: letters, digits and _"
            values.report.add(place.place, dotted(path, shown), message)
            continue
        text = values.text(value, dotted(path, key))
        if text is not None and _fits(values, value.place, dotted(path, key), key, text):
            variables[key] = text
    return variables


def _fits(values: Values, place: Place, path: str, key: str, value: str) -> bool:
    if len(key) + 1 + len(value.encode()) <= MAX_ENTRY:
        return True
    values.report.add(place, path, f"{key} is longer than 128 KiB: no process can be given that")
    return False
