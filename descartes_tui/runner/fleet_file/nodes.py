"""YAML as a tree in which everything knows its line and column."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import yaml


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: line and column from 1; `file` only where it is not the fleet file itself."""

    line: int
    column: int
    file: str = ""


class Kind(Enum):
    """What YAML 1.1 makes of a scalar."""

    TEXT = "text"
    NULL = "nothing"
    BOOL = "a boolean"
    INT = "a number"
    FLOAT = "a decimal number"
    DATE = "a date"


@dataclass(slots=True)
class Scalar:
    """One word, number or text. `quoted` when it was written as text on purpose."""

    place: Place
    text: str
    quoted: bool = False
    exact: bool = False  # the text stands in the file letter by letter, on one line, from `place`
    size: int = 1

    @property
    def kind(self) -> Kind:
        """What the plain word stands for; TEXT for everything quoted."""
        return Kind.TEXT if self.quoted else kind_of(self.text)


@dataclass(slots=True)
class Sequence:
    """A list."""

    place: Place
    items: "list[Node]" = field(default_factory=list)
    size: int = 1


@dataclass(slots=True)
class Mapping:
    """Keys and values in file order; the parser has refused keys that are not text, or that come twice."""

    place: Place
    entries: "dict[str, tuple[Scalar, Node]]" = field(default_factory=dict)
    size: int = 1

    def get(self, key: str) -> "Node | None":
        """Return the value of `key`, or None."""
        entry = self.entries.get(key)
        return entry[1] if entry else None


Node = Scalar | Sequence | Mapping

_KINDS: Final = {
    "tag:yaml.org,2002:null": Kind.NULL,
    "tag:yaml.org,2002:bool": Kind.BOOL,
    "tag:yaml.org,2002:int": Kind.INT,
    "tag:yaml.org,2002:float": Kind.FLOAT,
    "tag:yaml.org,2002:timestamp": Kind.DATE,
}


def kind_of(text: str) -> Kind:
    """Return what YAML 1.1 makes of a plain word, by PyYAML's own table."""
    table = yaml.SafeLoader.yaml_implicit_resolvers
    for tag, pattern in (*table.get(text[:1], ()), *table.get(None, ())):
        if tag in _KINDS and pattern.match(text):
            return _KINDS[tag]
    return Kind.TEXT


def described(node: Node) -> str:
    """Return what stands there, in words for a message: `a list`, `the number 5`, `text`."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if node.kind is Kind.TEXT:
        return f"the text {shortened(node.text)}"
    return "nothing" if node.kind is Kind.NULL else f"{node.kind.value} ({shortened(node.text, quote=False)})"


def shortened(text: str, *, quote: bool = True) -> str:
    """Return `text` in quotes, cut after 40 characters, fit for one line of a terminal."""
    cut = text if len(text) <= 40 else text[:39] + "…"
    return ascii_safe(repr(cut)) if quote else ascii_safe(cut)


def ascii_safe(text: str) -> str:
    """Return `text` with everything that a terminal would not show as one character written out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
