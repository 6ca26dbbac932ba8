"""A shop of its own for each fault."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.shop import Shop, open_shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A session whose every process must be gone when the test is over."""
    with open_shop(tmp_path) as made:
        yield made
