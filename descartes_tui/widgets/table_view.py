"""Where the cursor of the table stands, and which rows are in view: both follow their agents when rows move."""

from dataclasses import dataclass, field

from descartes_tui.widgets.rows import Rows


@dataclass(slots=True)
class TableView:
    """A cursor over `rows` and a window of `visible` rows, which begins at row `top` and keeps the cursor inside."""

    rows: Rows = field(default_factory=Rows)
    visible: int = 0
    top: int = 0
    cursor: str | None = None  # the agent's id
    _last_row: int = 0  # where the cursor stood, for when its agent goes

    @property
    def row(self) -> int:
        """The row that the cursor is in, or was in while its agent was there."""
        row = self.rows.place(self.cursor)
        return self._last_row if row is None else row

    @property
    def in_view(self) -> list[str]:
        """The agents in view, from above."""
        return self.rows.shown[self.top : self.top + self.visible]

    def go_to(self, row: int) -> bool:
        """Put the cursor into `row`, or the nearest one; True when that is another agent."""
        before, self._last_row = self.cursor, max(0, min(row, len(self.rows.shown) - 1))
        self.cursor = self.rows.shown[self._last_row]
        return self.cursor != before

    def settle(self) -> None:
        """Rows came, went or moved: keep the cursor on its agent, or near where that was."""
        place = self.rows.place(self.cursor)
        if place is None:
            place = min(self._last_row, len(self.rows.shown) - 1)
            self.cursor = self.rows.shown[place] if place >= 0 else None
        self._last_row = max(0, place)

    def keep_in_view(self) -> bool:
        """Move the window so that the cursor is in it; True when it moved."""
        if self.row < self.top:
            return self.show_from(self.row)
        if self.visible and self.row >= self.top + self.visible:
            return self.show_from(self.row - self.visible + 1)
        return self.show_from(self.top)

    def show_from(self, top: int) -> bool:
        """Let the window begin at row `top`, as far as there are rows; True when it moved."""
        before, self.top = self.top, max(0, min(top, len(self.rows.shown) - self.visible))
        return self.top != before
