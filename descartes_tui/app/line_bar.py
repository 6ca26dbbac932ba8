"""The one-line field above the keys: for the filter, and for what is sent to an agent."""

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

_LONGEST = 64 * 1024


class LineBar(Horizontal):
    """Hidden until it is opened for a purpose; enter hands the line over, escape leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    @dataclass
    class Typed(Message):
        """The text changed."""

        bar: "LineBar"
        purpose: str
        text: str

    @dataclass
    class Entered(Message):
        """Enter was pressed."""

        bar: "LineBar"
        purpose: str
        text: str

    @dataclass
    class Left(Message):
        """Escape was pressed."""

        bar: "LineBar"
        purpose: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.purpose = ""
        self.display = False

    def compose(self) -> ComposeResult:
        yield Label("", id="line-label", markup=False)
        yield Input(id="line-input", max_length=_LONGEST, compact=True, select_on_focus=False)
        yield Label("", id="line-hint", markup=False)

    def open(self, purpose: str, label: str, hint: str, text: str = "") -> None:
        """Show the field, filled with `text`, and put the keyboard into it."""
        self.purpose, self.display = purpose, True
        self.query_one("#line-label", Label).update(label)
        self.query_one("#line-hint", Label).update(hint)
        field = self.query_one(Input)
        with field.prevent(Input.Changed):
            field.value = text
        field.cursor_position = len(text)
        self.screen.set_focus(field)  # at once: what is typed next must not be taken for keys of the screen

    def close(self) -> None:
        """Hide the field."""
        self.display, self.purpose = False, ""

    def clear(self) -> None:
        """Empty the field for the next line."""
        self.query_one(Input).clear()

    def action_leave(self) -> None:
        self.post_message(self.Left(self, self.purpose))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(self, self.purpose, event.value))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Entered(self, self.purpose, event.value))
