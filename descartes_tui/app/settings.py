"""What the screen remembers for the person: so far the theme, in a file that may also be written by hand."""

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from descartes_tui.runner.model.folders import private_folder
from descartes_tui.themes.plain import read_plain

SETTINGS_FILE: Final = "config.yaml"
_LARGEST_FILE: Final = 64 * 1024
_THEME_LINE: Final = re.compile(r"^theme[ \t]*:.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings found, and what was wrong with them in one line ('' = nothing)."""

    theme: str = ""
    problem: str = ""


def read_settings(folder: Path) -> Settings:
    """Return the settings in `folder`; whatever is wrong there never keeps the screen from starting."""
    path = folder / SETTINGS_FILE
    try:
        data = _parse(path)
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else " ".join(str(error).split())
        return Settings(problem=f"{path} is not used: {cause}. Correct or remove it.")
    theme = data.get("theme", "")
    if not isinstance(theme, str):
        return Settings(problem=f"{path}: theme: expected a name like dark, got {theme!r}")
    return Settings(theme)


def _parse(path: Path) -> Mapping[str, Any]:
    with path.open("rb") as file:
        text = file.read(_LARGEST_FILE + 1)
    if len(text) > _LARGEST_FILE:
        raise ValueError("larger than 64 KiB")
    data = read_plain(text.decode("utf-8", "replace")) or _parse_yaml(text)
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ValueError("expected keys and values, like `theme: dark`")
    return data


def _parse_yaml(text: bytes) -> object:
    if not text.strip():
        return None
    import yaml  # deferred: 11 ms of the start, and a file with only a theme needs none

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"no YAML: {' '.join(str(error).split())}") from error


def remember_theme(folder: Path, theme: str) -> None:
    """Write the theme into the settings, leaving every other line as it is. OSError or ValueError say why not."""
    path = private_folder(folder) / SETTINGS_FILE
    try:
        _parse(path)
        text = path.read_text("utf-8")
    except FileNotFoundError:
        text = ""
    except ValueError as error:
        raise ValueError(f"{path} was left as it is: {error}") from error
    line = f"theme: {_quoted(theme)}"
    if _THEME_LINE.search(text):
        text = _THEME_LINE.sub(lambda _: line, text, count=1)
    else:
        text = f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{line}\n"
    _replace(path, text)


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", text) else "'" + text.replace("'", "''") + "'"


def _replace(path: Path, text: str) -> None:
    """Write `path` so that a reader, or a crash, meets either the old or the new file, whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
