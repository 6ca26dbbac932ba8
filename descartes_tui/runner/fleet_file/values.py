"""Turn one node into one value, or note what was expected there instead."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from descartes_tui.runner.fleet_file.interpolate import interpolate
from descartes_tui.runner.fleet_file.nodes import (
    Kind,
    Node,
    Place,
    Scalar,
    Sequence,
    described,
    kind_of,
    shortened,
)
from descartes_tui.runner.fleet_file.nodes import Mapping as MappingNode
from descartes_tui.runner.fleet_file.report import Report, did_you_mean, listed
from descartes_tui.runner.model.units import format_bytes, parse_duration, parse_size

MAX_DURATION: Final = 366 * 86400.0
MAX_PATTERN: Final = 1000
_TRUE: Final = frozenset({"yes", "true", "on"})
_NESTED_REPEAT: Final = re.compile(r"(?:[^\\]|^)\((?:\\.|[^()\\])*[^\\][+*]\)(?:[+*]|\{\d*,\})")
_SURROGATE_OR_NUL: Final = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Values:
    """Reads values of one file; `variables` fill `${…}`, `folder` is what relative paths start from."""

    report: Report
    variables: Mapping[str, str]
    folder: Path

    def mapping(self, node: Node, path: str, known: Collection[str] = ()) -> MappingNode | None:
        """Return a mapping; with `known`, every other key in it is a problem."""
        if not isinstance(node, MappingNode):
            self._wrong(node, path, "a mapping")
            return None
        for key, (place, _) in node.entries.items():
            if known and key not in known:
                shown = shortened(key, quote=False)
                hint = did_you_mean(key, known) or f"; known here: {listed(known, 'and')}"
                self.report.add(place.place, dotted(path, shown), f"unknown key{hint}")
        return node

    def text(self, node: Node, path: str, *, filled: bool = True) -> str | None:
        """Return text, its variables filled in if `filled`; numbers and booleans need quotes."""
        if not isinstance(node, Scalar) or node.kind is Kind.NULL:
            self._wrong(node, path, "text")
            return None
        if node.kind is not Kind.TEXT:
            found = f"{node.kind.value} in YAML"
            self.report.add(
                node.place, path, f'expected text, but {node.text} is {found}: write "{node.text}" in quotes'
            )
            return None
        value = self._filled(node, path) if filled else node.text
        if value is not None and (bad := _SURROGATE_OR_NUL.search(value)):
            self.report.add(
                node.place, path, f"the character U+{ord(bad[0]):04X} cannot be passed to a process"
            )
            return None
        return value

    def texts(self, node: Node, path: str) -> tuple[str, ...] | None:
        """Return a list of text; one text alone is a list of one."""
        if not isinstance(node, Sequence):
            return self._one_text(node, path)
        values = [self.text(item, f"{path}[{index}]") for index, item in enumerate(node.items)]
        return None if None in values else tuple(value for value in values if value is not None)

    def _one_text(self, node: Node, path: str) -> tuple[str, ...] | None:
        if not isinstance(node, Scalar):
            self._wrong(node, path, "a list of text")
            return None
        one = self.text(node, path)
        return None if one is None else (one,)

    def word(self, node: Node, path: str, choices: Collection[str]) -> str | None:
        """Return one of `choices`."""
        if isinstance(node, Scalar) and node.text in choices:
            return node.text
        expected = f"expected {listed(choices)}, found {described(node)}"
        hint = did_you_mean(node.text, choices) if isinstance(node, Scalar) else ""
        self.report.add(node.place, path, expected + hint)
        return None

    def flag(self, node: Node, path: str) -> bool | None:
        """Return true or false."""
        text = self._plain(node, path, "true or false", Kind.BOOL)
        return None if text is None else text.lower() in _TRUE

    def whole(self, node: Node, path: str, low: int, high: int) -> int | None:
        """Return a whole number from `low` to `high`, written in decimal digits."""
        expected = f"a whole number from {low} to {high}"
        text = self._plain(node, path, expected, Kind.INT)
        if text is None:
            return None
        if not re.fullmatch(r"[-+]?(0|[1-9][0-9]{0,17})", text) or not low <= int(text) <= high:
            self._wrong(node, path, expected)
            return None
        return int(text)

    def duration(self, node: Node, path: str, *, low: float = 0.0) -> float | None:
        """Return seconds from text with a unit, at least `low`."""
        if not isinstance(node, Scalar) or node.kind is Kind.NULL:
            self._wrong(node, path, "a duration like 500ms, 10s or 1m30s")
            return None
        text = self._filled(node, path)
        if text is None:
            return None
        try:
            seconds = parse_duration(text[:100])
        except (ValueError, OverflowError):
            self._wrong(node, path, "a duration with a unit, like 500ms, 10s, 1m30s or 2h")
            return None
        if not low <= seconds <= MAX_DURATION:
            self._wrong(node, path, "a duration of " + (f"{low:g}s to a year" if low else "at most a year"))
            return None
        return seconds

    def size(self, node: Node, path: str, *, low: int, high: int) -> int | None:
        """Return bytes from text with a unit, from `low` to `high`."""
        expected = "a size with a unit, like 512MiB or 4GiB"
        if not isinstance(node, Scalar) or node.kind is Kind.NULL:
            self._wrong(node, path, expected)
            return None
        text = self._filled(node, path)
        if text is None:
            return None
        try:
            size = parse_size(text[:100].strip())
        except (ValueError, OverflowError):
            self._wrong(node, path, expected)
            return None
        if not low <= size <= high:
            self._wrong(node, path, f"a size from {format_bytes(low)}iB to {format_bytes(high)}iB")
            return None
        return size

    def pattern(self, node: Node, path: str) -> str | None:
        """Return a regular expression that compiles; `$` in it is its own, no variables are filled in."""
        text = self.text(node, path, filled=False)
        if text is None:
            return None
        problem = _pattern_problem(text)
        if problem:
            self.report.add(node.place, path, problem)
        return None if problem else text

    def path(self, node: Node, path: str) -> Path | None:
        """Return a path, made absolute from the file's folder; `~` is the home of the caller."""
        text = self.text(node, path)
        if text is None:
            return None
        if not text:
            self._wrong(node, path, "a path")
            return None
        if text == "~" or text.startswith("~/"):
            text = self.variables.get("HOME", "~") + text[1:]
        return (self.folder / text).absolute()

    def _plain(self, node: Node, path: str, expected: str, kind: Kind) -> str | None:
        """Return the plain word of a number or boolean, its variables filled in."""
        if isinstance(node, Scalar) and "${" in node.text:
            text = self._filled(node, path)
            if text is None:
                return None
            node = Scalar(node.place, text)
        if isinstance(node, Scalar) and not node.quoted and kind_of(node.text) is kind:
            return node.text
        self._wrong(node, path, expected)
        return None

    def _filled(self, node: Scalar, path: str) -> str | None:
        text, mistakes = interpolate(node.text, self.variables)
        for mistake in mistakes:
            self.report.add(_inside(node, mistake.offset), path, mistake.message)
        return None if mistakes else text

    def _wrong(self, node: Node, path: str, expected: str) -> None:
        self.report.add(node.place, path, f"expected {expected}, found {described(node)}")


def dotted(path: str, key: str) -> str:
    """Return the path of `key` inside `path`."""
    return f"{path}.{key}" if path else key


def _inside(node: Scalar, offset: int) -> Place:
    """Return where the character at `offset` stands, as exactly as the way it is written allows."""
    if not node.exact:
        return node.place
    return Place(node.place.line, node.place.column + node.quoted + offset)


def _pattern_problem(text: str) -> str | None:
    if len(text) > MAX_PATTERN:
        return f"a regular expression of more than {MAX_PATTERN} characters"
    if _NESTED_REPEAT.search(text):
        return "a repeat inside a repeat, like (a+)+, can search for ever: write it with one repeat"
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        return f"not a regular expression: {error}"
    return None
