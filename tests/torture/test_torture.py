"""A short form of the torture, and of the kills, so that both stay fit for use."""

import re
import subprocess
import sys

import pytest


def tortured(*options: str) -> str:
    """Run the torture beside us, and return what it said."""
    command = [sys.executable, "-m", "tests.torture", "--seed", "3", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_short_torture_holds() -> None:
    said = tortured("--seconds", "6", "--calm")
    found = re.search(r"(\d+) passed, 0 failed", said)
    assert found and int(found[1]) > 0, said


def test_of_nasty_families_that_are_killed_nobody_survives() -> None:
    assert "40 kills: 0 survivors" in tortured("--kills", "40")


@pytest.mark.load
@pytest.mark.timeout(900)
def test_of_a_thousand_families_nobody_survives() -> None:
    command = [sys.executable, "-m", "tests.torture", "--kills", "1000", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=800)
    assert "1000 kills: 0 survivors" in done.stdout, done.stdout + done.stderr
