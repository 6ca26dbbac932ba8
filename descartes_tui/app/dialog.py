"""A question in the middle of the screen, answered by one key; escape always means: nothing happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Static


@dataclass(frozen=True, slots=True)
class Answer:
    """One way to answer: its keys (the first is shown), what it is called and what it gives back."""

    keys: tuple[str, ...]
    title: str
    value: str


class Dialog(ModalScreen[str | None]):
    """Title, plain text, and the answers; gives back the chosen answer's value, None for escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(
        self, title: str, text: Text | str, answers: Sequence[Answer], *, stay: str = "stay"
    ) -> None:
        super().__init__(classes="dialog")
        self._title, self._text = title, text
        self._answers = (*answers, Answer(("escape",), stay, ""))

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog-box") as box:
            box.border_title = ""
            yield Static(Text(self._title), classes="dialog-title")
            yield Static(
                Text(self._text) if isinstance(self._text, str) else self._text, classes="dialog-text"
            )
            yield Static(self._choices(), classes="dialog-keys")

    def on_key(self, event: Key) -> None:
        """Answer by key; every other key is swallowed, so that nothing behind the question acts."""
        for answer in self._answers:
            if answer.value and (event.key in answer.keys or event.character in answer.keys):
                event.stop()
                self.dismiss(answer.value)
                return

    def _choices(self) -> Text:
        style = self.app.current_theme.primary
        text = Text(no_wrap=False)
        for answer in self._answers:
            text.append(
                f"\u00a0{'esc' if answer.keys[0] == 'escape' else answer.keys[0]}\u00a0", f"bold {style}"
            )
            text.append(answer.title.replace(" ", "\u00a0") + "  ")
        return text
