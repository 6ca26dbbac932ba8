"""However a fleet file is damaged, the answer is a fleet or a list of problems, never anything else."""

import contextlib
import random
from pathlib import Path

import pytest
import yaml

from descartes_tui.runner.fleet_file import load_fleet, parse
from descartes_tui.runner.model.config import FleetConfig
from descartes_tui.runner.model.errors import FleetFileError

EXAMPLE = Path(__file__).parents[3] / "agents.example.yaml"
PIECES = [
    *"{}[]:,&*!|>'\"%@`#-?\t\n\\$~=<", "<<", "no", "1:30", "010", "${X}", "${", "&a", "*a", "!!x", "null", "---\n",
    "\x00", "\x07", "\ufeff", "\u2028", "\x85", "9" * 5000, ".nan", "2026-13-45", "\\ud800", "é", "agents:", "  ",
]  # fmt: skip


def damaged(text: str, chance: random.Random) -> str:
    """Return `text` after one to four accidents."""
    for _ in range(chance.randint(1, 4)):
        at, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
        match chance.randrange(5):
            case 0:
                text = text[:at] + text[min(end, at + 40) :]
            case 1:
                text = text[:at] + chance.choice(PIECES) + text[at:]
            case 2:
                text = text[:at] + chance.choice(PIECES) + text[at + 1 :]
            case 3:
                text = text[:end] + text[at : min(end, at + 200)] + text[end:]
            case _:
                lines = text.split("\n")
                line = chance.randrange(len(lines))
                lines[line] = chance.choice(["  ", "    ", ""]) + lines[line].lstrip()
                text = "\n".join(lines)
    return text


@pytest.mark.parametrize("seed", range(8))
def test_damage_never_gives_anything_but_a_fleet_or_problems(tmp_path: Path, seed: int) -> None:
    chance, text = random.Random(seed), EXAMPLE.read_text()
    file = tmp_path / "agents.yaml"
    refused = 0
    for _ in range(500):
        file.write_bytes(damaged(text, chance).encode("utf-8", "surrogatepass"))
        try:
            assert isinstance(load_fleet(file, env={}), FleetConfig)
        except FleetFileError as error:
            refused += 1
            lines = file.read_bytes().count(b"\n") + 10
            assert all(problem.message and 1 <= problem.line <= lines for problem in error.problems)
            assert all(character.isprintable() or character == "\n" for character in str(error))
    assert refused > 100


@pytest.mark.parametrize("seed", range(2))
def test_the_slow_parser_is_as_careful(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where libyaml is missing, PyYAML's own parser takes its place."""
    monkeypatch.setattr(parse, "_LOADER", yaml.SafeLoader)
    chance, text = random.Random(seed), EXAMPLE.read_text()
    file = tmp_path / "agents.yaml"
    for extra in ["", '"\\U99999999"', '"\\ud800"'] + [""] * 60:
        file.write_bytes((damaged(text, chance) + extra).encode("utf-8", "surrogatepass"))
        with contextlib.suppress(FleetFileError):
            load_fleet(file, env={})


def test_random_bytes_are_refused(tmp_path: Path) -> None:
    chance = random.Random(1)
    file = tmp_path / "agents.yaml"
    for _ in range(300):
        file.write_bytes(chance.randbytes(chance.randrange(200)))
        with pytest.raises(FleetFileError):
            load_fleet(file, env={})
