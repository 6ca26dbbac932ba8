"""The fleet file that a newcomer starts from."""

from importlib.resources import files


def example_text() -> str:
    """Return a commented `agents.yaml` that is valid and starts at once, for `descartes-tui init`."""
    return files(__package__).joinpath("starter.yaml").read_text(encoding="utf-8")
