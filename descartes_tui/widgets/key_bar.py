"""The bottom lines: the keys that mean something now, greyed where the runner would refuse."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.strip import Strip

from descartes_tui.widgets.lines import Lines, strip_of

_GAP = 2


@dataclass(frozen=True, slots=True)
class KeyHint:
    """One key: what is printed for it, what it does, and whether it can now. `weight` 1 is dropped last."""

    action: str
    key: str
    title: str
    enabled: bool = True
    weight: int = 5


class KeyBar(Lines):
    """Keys in the order they are given, over one or two lines; the heaviest weights go where room is short."""

    DEFAULT_CSS = """
    KeyBar {
        height: 1; background: $panel; color: $foreground;
        & > .key-bar--key { color: $primary; text-style: bold; }
        & > .key-bar--title { color: $foreground; }
        & > .key-bar--off { color: $muted 60%; }
    }
    KeyBar:nocolor > .key-bar--off { text-style: dim; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"key-bar--{part}" for part in ("key", "title", "off")}

    @dataclass
    class Pressed(Message):
        """A key was clicked."""

        bar: "KeyBar"
        action: str

        @property
        def control(self) -> "KeyBar":
            return self.bar

    css_part = "key-bar"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.hints: tuple[KeyHint, ...] = ()
        self._rows: list[list[KeyHint]] = []

    def show_hints(self, hints: Sequence[KeyHint]) -> None:
        """Show these keys from now on."""
        if tuple(hints) != self.hints:
            self.hints = tuple(hints)
            self._arrange()

    def on_resize(self) -> None:
        self._arrange()

    def on_click(self, event: events.Click) -> None:
        x = 1
        for hint in self._rows[event.y] if event.y < len(self._rows) else []:
            if x <= event.x < x + _cells(hint) and hint.enabled:
                self.post_message(self.Pressed(self, hint.action))
            x += _cells(hint) + _GAP

    def line(self, y: int) -> Strip:
        """Return one line of keys."""
        pieces = [(" ", self.ground)]
        for hint in self._rows[y] if y < len(self._rows) else []:
            key, title = ("key", "title") if hint.enabled else ("off", "off")
            pieces += [
                (f"{hint.key} ", self.look(key)),
                (hint.title, self.look(title)),
                ("  ", self.ground),
            ]
        return strip_of(pieces, self.size.width, self.ground)

    def _arrange(self) -> None:
        kept = list(self.hints)
        while kept and len(rows := self._wrap(kept)) > max(1, self.size.height):
            kept.remove(max(reversed(kept), key=lambda hint: hint.weight))
        self._rows = rows if kept else []
        self.refresh()

    def _wrap(self, hints: Sequence[KeyHint]) -> list[list[KeyHint]]:
        rows: list[list[KeyHint]] = [[]]
        used = 1
        for hint in hints:
            if rows[-1] and used + _cells(hint) > self.size.width - 1:
                rows.append([])
                used = 1
            rows[-1].append(hint)
            used += _cells(hint) + _GAP
        return rows


def _cells(hint: KeyHint) -> int:
    return cell_len(hint.key) + 1 + cell_len(hint.title)
