"""A session of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runner.sessions import own_sessions


@pytest.fixture
def session(tmp_path: Path) -> Iterator[str]:
    """The name of a session that nobody else uses; all of its processes are gone after the test."""
    with own_sessions(tmp_path) as name:
        yield name
