"""What to say where the YAML itself is broken: the place, and what usually helps there."""

import yaml
from yaml.reader import ReaderError

from descartes_tui.runner.fleet_file.nodes import Place, ascii_safe


def syntax_problem(error: yaml.YAMLError | ValueError, text: str) -> tuple[Place, str, str]:
    """Return place, path and message for a parser's complaint about `text`."""
    if isinstance(error, ReaderError):
        return place_of(text, error.position), "", _unreadable(error)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if isinstance(error, yaml.MarkedYAMLError) and mark:
        line, column = mark.line, mark.column
        words = ascii_safe(error.problem or error.context or "this is not YAML")
        return Place(line + 1, column + 1), "", f"{words}{_hint(error, text, line, column)}"
    return Place(1, 1), "", f"this is not YAML: {ascii_safe(str(error))}"


def place_of(text: str, position: int) -> Place:
    """Return line and column of the character at `position`."""
    before = text[: max(position, 0)]
    return Place(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def _unreadable(error: ReaderError) -> str:
    code = error.character if isinstance(error.character, int) else ord(str(error.character)[:1] or "\0")
    return f"the character U+{code:04X} is not allowed in YAML: remove it, or write it as an escape in quotes"


def _hint(error: yaml.MarkedYAMLError, text: str, line: int, column: int) -> str:
    lines = text.splitlines()
    here = lines[line] if line < len(lines) else ""
    words = f"{error.context or ''} {error.problem or ''}"
    if "\t" in here[: column + 1] and not here[:column].strip():
        return ": indent with spaces, not with tabs"
    if "quoted scalar" in words:
        begun = error.context_mark
        return (
            f": the quote that opens in line {begun.line + 1} is never closed"
            if begun
            else ": close the quote"
        )
    if "mapping values are not allowed" in words:
        return ": put quotes around a value that has a colon and a blank in it"
    if here[column : column + 1] in tuple("%@`&*!|>{}[],") and here[column : column + 1]:
        return f": put quotes around a value that begins with {here[column]}"
    if "could not find expected ':'" in words or "expected <block end>" in words:
        return ": check the indentation, and that each key has its colon"
    return ""
