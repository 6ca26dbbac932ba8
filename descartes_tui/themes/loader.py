"""The looks of the screen: theme files, the project's and the user's, checked before anything is painted."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from textual.color import Color, ColorParseError
from textual.theme import Theme

from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.themes.plain import read_plain

BUILT_IN: Final = Path(__file__).parent
DEFAULT_THEME: Final = "dark"

_COLORS: Final = (
    "primary", "secondary", "accent", "warning", "error", "success",
    "foreground", "background", "surface", "panel", "muted",
)  # fmt: skip
_STATUSES: Final = tuple(status.value for status in AgentStatus)
_LOG: Final = ("stderr", "time", "note")
_SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {"colors": _COLORS, "status": _STATUSES, "log": _LOG}
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,40}")
_LARGEST_FILE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class LoadedThemes:
    """Themes by name, and one line for each file that could not be used."""

    themes: Mapping[str, Theme]
    problems: tuple[str, ...] = ()


class BadTheme(ValueError):
    """A theme file that cannot be used; the text says where and what was expected."""


def load_themes(user_folder: Path | None = None) -> LoadedThemes:
    """Return the built-in themes and those of `user_folder`; the user's win where names are equal."""
    themes: dict[str, Theme] = {}
    problems: list[str] = []
    for path in (*_files(BUILT_IN), *_files(user_folder)):
        try:
            theme = read_theme(path)
        except BadTheme as problem:
            problems.append(str(problem))
        else:
            themes[theme.name] = theme
    return LoadedThemes(themes, tuple(problems))


def _files(folder: Path | None) -> Iterator[Path]:
    if folder is not None and folder.is_dir():
        yield from sorted(folder.glob("*.yaml"))


def read_theme(path: Path) -> Theme:
    """Return the theme in `path`; BadTheme says what is wrong with it."""
    data = _mapping(path, _parse(path), "the file")
    unknown = set(data) - {"name", "dark", *_SECTIONS}
    if unknown:
        raise BadTheme(
            f"{path}: unknown key {min(map(str, unknown))!r}; expected name, dark, colors, status, log"
        )
    name, dark = data.get("name", path.stem), data.get("dark", True)
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise BadTheme(f"{path}: name: expected letters, digits, spaces or - . _, got {name!r}")
    if not isinstance(dark, bool):
        raise BadTheme(f"{path}: dark: expected true or false, got {dark!r}")
    colors, status, log = (_section(path, data, section) for section in _SECTIONS)
    return _theme(name, dark, colors, status, log)


def _parse(path: Path) -> object:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
        if len(data) > _LARGEST_FILE:
            raise BadTheme(f"{path}: larger than 64 KiB, which no theme needs")
        text = data.decode()
    except OSError as error:
        raise BadTheme(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadTheme(f"{path}: no YAML: {error}") from error
    plain = read_plain(text)
    return _parse_yaml(path, text) if plain is None else plain


def _parse_yaml(path: Path, text: str) -> object:
    import yaml  # deferred: 11 ms of the start, and the built-in themes need none

    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # safe in either case
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BadTheme(f"{path}: no YAML: {' '.join(str(error).split())}") from error


def _mapping(path: Path, value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BadTheme(f"{path}: expected keys and values in {what}")
    return value


def _section(path: Path, data: Mapping[str, object], section: str) -> dict[str, str]:
    given, wanted = _mapping(path, data.get(section), f"`{section}`"), _SECTIONS[section]
    for key in given:
        if key not in wanted:
            raise BadTheme(f"{path}: {section}.{key}: unknown; expected one of {', '.join(wanted)}")
    return {key: _color(path, f"{section}.{key}", given.get(key)) for key in wanted}


def _color(path: Path, where: str, value: object) -> str:
    if value is None:
        raise BadTheme(f"{path}: {where} is missing; expected a colour like '#7aa8f5'")
    try:
        return Color.parse(str(value)).hex
    except ColorParseError:
        raise BadTheme(f"{path}: {where}: {value!r} is no colour; expected one like '#7aa8f5'") from None


def _theme(
    name: str, dark: bool, colors: dict[str, str], status: dict[str, str], log: dict[str, str]
) -> Theme:
    """Turn checked colours into what Textual registers, with one named variable for every meaning."""
    variables = {
        "muted": colors["muted"],
        "block-cursor-background": colors["primary"],
        "block-cursor-foreground": colors["background"],
        "block-cursor-text-style": "bold",
        "border": colors["primary"],
        "border-blurred": colors["panel"],
        "footer-key-foreground": colors["primary"],
        "input-cursor-background": colors["foreground"],
        "scrollbar": colors["panel"],
        "scrollbar-background": colors["background"],
        **{f"status-{key}": value for key, value in status.items()},
        **{f"log-{key}": value for key, value in log.items()},
    }
    return Theme(
        name=name,
        primary=colors["primary"],
        secondary=colors["secondary"],
        accent=colors["accent"],
        warning=colors["warning"],
        error=colors["error"],
        success=colors["success"],
        foreground=colors["foreground"],
        background=colors["background"],
        surface=colors["surface"],
        panel=colors["panel"],
        dark=dark,
        variables=variables,
    )


def default_variables() -> dict[str, str]:
    """Return every variable that widgets use, with values that cannot be missing or wrong."""
    names = ("muted", *(f"status-{key}" for key in _STATUSES), *(f"log-{key}" for key in _LOG))
    return dict.fromkeys(names, "#a0a8b4")
