"""Writes docs/faults.md: every fault, what holds, how it is shown, and what does not hold yet."""

from collections import Counter
from pathlib import Path
from typing import Final

from tests.faults.catalogue import CASES, Case

PATH: Final = Path(__file__).parents[2] / "docs" / "faults.md"
GROUPS: Final = {
    "P": "Agents",
    "S": "Our own programs",
    "T": "Terminal and screen",
    "D": "Disks and files",
    "C": "Fleet files",
    "A": "The socket",
    "O": "Output",
    "L": "Load",
}
EXPECTED: Final = {"P": 40, "S": 18, "T": 16, "D": 18, "C": 32, "A": 18, "O": 18, "L": 12}
HEAD: Final = """# Faults

What is done to this program on purpose, what is right then, and which test shows that it happens. Written by
`python -m tests.faults` from `tests/faults/catalogue.py`; do not edit it by hand. *Holds*: its tests show all
of it. *Partly*: the note says what they do not show. *Not yet*: no test shows it, so it is not claimed.

Beside these there is `make torture`: random operations and kills on a real session, judged from outside by /proc
after every cycle, repeatable by their seed.
"""


def faults_page() -> str:
    """Return the whole page."""
    counts = Counter(case.verdict for case in CASES)
    total = f"**{len(CASES)} cases: {counts['holds']} hold, {counts['partly']} partly, {counts['not yet']} not yet.**"
    table = ["| group | cases | hold | partly | not yet |", "| --- | --- | --- | --- | --- |"]
    sections = []
    for letter, title in GROUPS.items():
        cases = [case for case in CASES if case.id[0] == letter]
        kinds = Counter(case.verdict for case in cases)
        table.append(
            f"| {title} | {len(cases)} | {kinds['holds']} | {kinds['partly']} | {kinds['not yet']} |"
        )
        sections.append(_section(title, cases))
    return "\n".join([HEAD, total, "", *table, "", *sections])


def _section(title: str, cases: list[Case]) -> str:
    head = [f"## {title}", "", "| | done | right | | shown by |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*head, *(_row(case) for case in cases), ""])


def _row(case: Case) -> str:
    tests = ", ".join(f"`{_short(proof)}`" for proof in case.proofs)
    shown = "; ".join(part for part in (tests, f"*{case.missing}*" if case.missing else "") if part)
    return f"| {case.id} | {case.how} | {case.right} | {case.verdict} | {shown} |".replace("\n", " ")


def _short(proof: str) -> str:
    return proof.removeprefix("tests/").replace("|", "\\|")
