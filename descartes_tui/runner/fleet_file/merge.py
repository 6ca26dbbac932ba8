"""The merge key `<<`: take over the entries of another mapping, own entries win."""

from descartes_tui.runner.fleet_file.nodes import Mapping, Node, Place, Sequence


class MergeError(Exception):
    """What follows `<<` is neither a mapping nor a list of mappings."""

    def __init__(self, place: Place) -> None:
        super().__init__("expected an alias of a mapping, or a list of such aliases")
        self.place = place


def merged(node: Mapping) -> None:
    """Replace the entry `<<` of `node` by the entries it stands for; its bounded size stays counted."""
    entry = node.entries.pop("<<", None)
    if entry is None:
        return
    for source in _sources(entry[1]):
        for key, value in source.entries.items():
            node.entries.setdefault(key, value)


def _sources(value: Node) -> list[Mapping]:
    nodes = value.items if isinstance(value, Sequence) else [value]
    mappings = [node for node in nodes if isinstance(node, Mapping)]
    if len(mappings) != len(nodes):
        raise MergeError(value.place)
    return mappings
