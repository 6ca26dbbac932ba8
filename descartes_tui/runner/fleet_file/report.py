"""The one report of everything that is wrong with a fleet file."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from descartes_tui.runner.fleet_file.nodes import Place, ascii_safe
from descartes_tui.runner.model.errors import FleetFileError, Problem

MAX_PROBLEMS: Final = 200


@dataclass(slots=True)
class Report:
    """Collects problems of `file`, and warnings that forbid nothing."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _seen: set[tuple[Place, str]] = field(default_factory=set)

    def add(self, place: Place, path: str, message: str) -> None:
        """Note a problem; one mistake that is reached twice, through `defaults` or an alias, is noted once.

        Raises FleetFileError when there are so many that nobody would read on.
        """
        if (place, message) in self._seen:
            return
        self._seen.add((place, message))
        shown = "\n".join(
            ascii_safe(line) for line in message.split("\n")
        )  # file names and values may hold escapes
        self.problems.append(
            Problem(place.file or self.file, place.line, place.column, ascii_safe(path), shown)
        )
        if len(self.problems) == MAX_PROBLEMS:
            self.problems.append(
                Problem(self.file, place.line, place.column, "", "too many problems: stopped here")
            )
            self.raise_if_any()

    def warn(self, place: Place, message: str) -> None:
        """Note a warning with its place."""
        text = f"{place.file or self.file}:{place.line}:{place.column}: {message}"
        if text not in self.warnings:
            self.warnings.append(text)

    def raise_if_any(self) -> None:
        """Raise FleetFileError with all problems, in the order they stand in the file."""
        if self.problems:
            in_order = sorted(self.problems, key=lambda p: (p.file != self.file, p.file, p.line, p.column))
            raise FleetFileError(tuple(in_order))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean X?)` for a known word that looks like `word`, else nothing."""
    names = list(known)
    plain = {name.lower().replace("-", "_"): name for name in reversed(names)}
    close = get_close_matches(word.lower().replace("-", "_"), plain, n=1, cutoff=0.6)
    return f" (did you mean {plain[close[0]]}?)" if close else ""


def listed(words: Iterable[str], last: str = "or") -> str:
    """Return `a, b or c`."""
    *head, tail = words
    return f"{', '.join(head)} {last} {tail}" if head else tail
