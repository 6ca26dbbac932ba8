"""The catalogue of faults is whole, names only tests that exist, and its page says what it says."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.faults.catalogue import CASES
from tests.faults.report import EXPECTED, PATH, faults_page

ROOT = Path(__file__).parents[2]


def test_every_fault_stands_there_once_in_order() -> None:
    expected = [
        f"{letter}{number:02}" for letter, count in EXPECTED.items() for number in range(1, count + 1)
    ]
    assert sorted(case.id for case in CASES) == sorted(expected)
    assert max(Counter(case.id for case in CASES).values()) == 1


def test_what_is_not_shown_says_why() -> None:
    assert [case.id for case in CASES if not case.proofs and not case.missing] == []


def test_every_proof_is_a_test_that_exists() -> None:
    proofs = {proof for case in CASES for proof in case.proofs}
    files = sorted({proof.partition("::")[0] for proof in proofs})
    listing = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--collect-only",
            "-q",
            "-p",
            "no:cacheprovider",
            "-o",
            "addopts=",
            *files,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    nodes = [line for line in listing.stdout.splitlines() if "::" in line]
    known = {*nodes, *(node.partition("[")[0] for node in nodes)}
    assert sorted(proofs - known) == []


def test_the_page_is_up_to_date() -> None:
    assert PATH.read_text() == faults_page(), "run python -m tests.faults"
