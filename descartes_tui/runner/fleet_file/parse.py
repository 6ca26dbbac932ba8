"""Read YAML into nodes, refusing at once what only an attack or an accident can contain."""

from dataclasses import dataclass
from typing import Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from descartes_tui.runner.fleet_file.merge import MergeError, merged
from descartes_tui.runner.fleet_file.nodes import Kind, Mapping, Node, Place, Scalar, Sequence, shortened
from descartes_tui.runner.fleet_file.report import Report
from descartes_tui.runner.fleet_file.syntax import syntax_problem

MAX_DEPTH: Final = 32
MAX_NODES: Final = 100_000
MAX_ALIASES: Final = 100
_TEXT_TAGS: Final = ("!", "tag:yaml.org,2002:str")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's parser is ten times faster

EXAMPLE: Final = """a fleet file looks like this:
agents:
  hello:
    command: [echo, hello]"""


class TooMuch(Exception):
    """The file passes a bound; reading it on would be useless or harmful."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    node: Sequence | Mapping
    anchor: str | None
    key: Node | None = None


def parse(text: str, report: Report) -> Node | None:
    """Return the only document of `text`; None after noting why there is none that could be checked further."""
    builder = _Builder(report)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except TooMuch as refused:
        report.add(refused.place, "", str(refused))
        return None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a character code out of range
        report.add(*syntax_problem(error, text))
        return None
    if builder.root is None:
        report.add(Place(1, 1), "", f"the file is empty; {EXAMPLE}")
    return builder.root if builder.is_sound else None


class _Builder:
    """Builds nodes from parser events, without recursion, inside the bounds."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.root: Node | None = None
        self.is_sound = True  # what is missing from the tree would be complained of a second time
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._documents = self._nodes = self._aliases = 0

    def take(self, event: Event) -> None:
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise TooMuch(_place(event), "a second document begins here: a fleet file is one document")
        elif isinstance(event, ScalarEvent):
            self._leaf(self._scalar(event), event.anchor)
        elif isinstance(event, AliasEvent):
            self._alias(event)
        elif isinstance(event, SequenceStartEvent | MappingStartEvent):
            self._open(event)
        elif isinstance(event, SequenceEndEvent | MappingEndEvent):
            self._close()

    def _scalar(self, event: ScalarEvent) -> Scalar:
        place, quotes = _place(event), 1 if event.style else 0
        self._check_tag(event, place, None if event.implicit[0] or event.implicit[1] else event.tag)
        text_on_purpose = bool(quotes) or event.tag in _TEXT_TAGS
        exact = event.style not in ("|", ">") and _width(event) == len(event.value) + 2 * quotes
        return Scalar(place, event.value, quoted=text_on_purpose, exact=exact)

    def _check_tag(self, event: NodeEvent, place: Place, tag: str | None) -> None:
        if tag is None or tag in _TEXT_TAGS:
            return
        self.is_sound = False
        shown = tag.replace("tag:yaml.org,2002:", "!!")
        self.report.add(place, "", f"the tag {shortened(shown, quote=False)} is not allowed: remove it")

    def _count(self, place: Place) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise TooMuch(place, f"more than {MAX_NODES:,} values: a fleet file may not hold more")

    def _leaf(self, node: Scalar, anchor: str | None) -> None:
        self._count(node.place)
        if anchor:
            self._anchors[anchor] = node
        self._attach(node)

    def _alias(self, event: AliasEvent) -> None:
        place, anchor = _place(event), event.anchor or ""
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            raise TooMuch(place, f"more than {MAX_ALIASES} aliases: a fleet file may not use more")
        if any(opened.anchor == anchor for opened in self._stack):
            raise TooMuch(place, f"*{anchor} stands inside &{anchor}: a value cannot contain itself")
        target = self._anchors.get(anchor)
        if target is None:
            raise TooMuch(place, f"*{anchor} has no anchor &{anchor} above it")
        self._attach(target)

    def _open(self, event: SequenceStartEvent | MappingStartEvent) -> None:
        place = _place(event)
        self._count(place)
        if len(self._stack) >= MAX_DEPTH:
            raise TooMuch(place, f"nested deeper than {MAX_DEPTH} levels: a fleet file may not go deeper")
        self._check_tag(event, place, None if event.implicit else event.tag)
        node = Sequence(place) if isinstance(event, SequenceStartEvent) else Mapping(place)
        self._stack.append(_Open(node, event.anchor))

    def _close(self) -> None:
        opened = self._stack.pop()
        if isinstance(opened.node, Mapping):
            self._merge(opened.node)
        if opened.anchor:
            self._anchors[opened.anchor] = opened.node
        self._attach(opened.node)

    def _merge(self, node: Mapping) -> None:
        try:
            merged(node)
        except MergeError as error:
            self.report.add(error.place, "<<", str(error))

    def _attach(self, node: Node) -> None:
        """Put a finished node where it belongs: into the list or mapping that is open, or at the top."""
        if not self._stack:
            self.root = node
            return
        opened = self._stack[-1]
        if isinstance(opened.node, Mapping) and opened.key is None:
            opened.key = node
            return
        self._grow(opened.node, node)
        if isinstance(opened.node, Sequence):
            opened.node.items.append(node)
            return
        assert opened.key is not None
        self._enter(opened.node, opened.key, node)
        opened.key = None

    def _grow(self, parent: Sequence | Mapping, node: Node) -> None:
        """Bound what a walk of the tree would visit: an alias counts as all that it stands for."""
        parent.size += node.size
        if parent.size > MAX_NODES:
            message = f"its aliases stand for more than {MAX_NODES:,} values: a fleet file may not hold more"
            raise TooMuch(parent.place, message)

    def _enter(self, mapping: Mapping, key: Node, value: Node) -> None:
        if not isinstance(key, Scalar):
            self.is_sound = False
            hint = "keys are text; put quotes around a value that begins with { or ["
            self.report.add(key.place, "", hint)
        elif key.kind is not Kind.TEXT and key.text != "<<":
            written = shortened(key.text, quote=False) or "~"
            self.report.add(key.place, written, f'keys are text: write "{written}" in quotes')
        elif key.text in mapping.entries:
            first = mapping.entries[key.text][0].place
            message = (
                f"this key stands here twice, in line {first.line} and in line {key.place.line}: remove one"
            )
            self.report.add(key.place, shortened(key.text, quote=False), message)
        else:
            mapping.entries[key.text] = (key, value)


def _place(event: Event) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


def _width(event: ScalarEvent) -> int | None:
    """Return how many columns a scalar takes; None where it goes over several lines."""
    start, end = event.start_mark, event.end_mark
    return end.column - start.column if start and end and start.line == end.line else None
