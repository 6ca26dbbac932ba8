"""Fleet files: YAML checked against what agents understand, every problem with its place.

Names are imported on first use: looking for a file must not cost the import of a YAML parser.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from descartes_tui.runner.fleet_file.example import example_text as example_text
    from descartes_tui.runner.fleet_file.find import default_fleet_file as default_fleet_file
    from descartes_tui.runner.fleet_file.find import session_of as session_of
    from descartes_tui.runner.fleet_file.load import load_fleet as load_fleet

_HOMES: Final = {
    "default_fleet_file": "find",
    "example_text": "example",
    "load_fleet": "load",
    "session_of": "find",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
