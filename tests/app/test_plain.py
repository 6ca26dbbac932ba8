"""The simplest YAML is read as a YAML parser would, and everything else is left to one."""

import pytest
import yaml

from descartes_tui.themes.loader import BUILT_IN
from descartes_tui.themes.plain import read_plain


@pytest.mark.parametrize("path", sorted(BUILT_IN.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_theme_of_ours_is_of_that_kind(path: object) -> None:
    text = path.read_text()  # type: ignore[attr-defined]
    assert read_plain(text) == yaml.safe_load(text)


@pytest.mark.parametrize(
    "text", ["theme: dark\n", "# mine\n\ntheme: high-contrast\n", 'a: "#a0B1c2"\nb:\n  c: word\n']
)
def test_what_it_reads_a_parser_reads_alike(text: str) -> None:
    assert read_plain(text) == yaml.safe_load(text) is not None


@pytest.mark.parametrize(
    "text",
    ["theme: 3", "a: yes", "a: null", "a:", "a: b # c", "a: b\na: c", "  a: b", "a:\n   b: c", "a: [b]", "a: 'b'",
     "a:\n  b: c\n  b: d", "a: b\n---\nc: d", "a: b: c", "a: #abc", "a: on", "\ta: b", "true: x", "a: b\n  c: d"],
)  # fmt: skip
def test_what_is_more_is_left_to_a_parser(text: str) -> None:
    assert read_plain(text) is None
