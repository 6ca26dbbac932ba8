"""The help: every key, read from the same list that binds them."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from descartes_tui.app.actions import ACTIONS, Group

_MOVING = (
    ("↑ ↓ j", "Move; in the log: scroll"),
    ("PgUp PgDn", "A page up or down"),
    ("Home End", "First or last; in the log, End follows again"),
    ("← →", "In the log: sideways, where lines are cut"),
    ("enter", "Put the keyboard into the log; escape brings it back"),
    ("tab", "From the table to the log and back"),
    ("mouse", "Click selects, the wheel scrolls, dragging over the log selects lines"),
)


class HelpScreen(ModalScreen[None]):
    """All keys on one page; any of escape, q, ? or enter closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter", "dismiss", show=False)]

    def __init__(self) -> None:
        super().__init__(classes="dialog")

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog-box tall"):
            yield Static("Keys", classes="dialog-title")
            yield Static(self._text(), classes="dialog-text")
            yield Static("esc close", classes="dialog-keys")

    def _text(self) -> Text:
        style = f"bold {self.app.current_theme.primary}"
        text = Text()
        for group in Group:
            rows = [(action.label, action.help) for action in ACTIONS if action.group is group]
            self._section(text, group.value, rows, style)
        self._section(text, "Moving", list(_MOVING), style)
        return text

    def _section(self, text: Text, title: str, rows: list[tuple[str, str]], style: str) -> None:
        text.append(f"{title}\n" if not text else f"\n{title}\n", "bold")
        for key, meaning in rows:
            text.append(f"  {key:<10}", style)
            text.append(f"{meaning}\n")
