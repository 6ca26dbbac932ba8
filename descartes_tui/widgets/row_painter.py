"""Painting the rows of the agent table; a row is painted again only when it looks different."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.columns import GAP, NOTHING, Column, lay_out
from descartes_tui.widgets.lines import fit, strip_of

MARGIN = 3  # the mark, and a cell on either side of it

Face = tuple[list[str], bool, bool]  # texts of the columns, marked, under the cursor


@dataclass(frozen=True, slots=True)
class RowLooks:
    """The styles that rows are painted with; `cursor` is laid over those of the row."""

    plain: Style
    quiet: Style
    mark: Style
    title: Style
    cursor: Style
    statuses: Mapping[AgentStatus, Style]


class RowPainter:
    """Strips by agent, for a width, a layout of columns and a set of looks."""

    def __init__(self) -> None:
        self.columns: tuple[Column, ...] = ()
        self._width = 0
        self._painted: dict[str, tuple[Face, Strip]] = {}

    def arrange(self, width: int, agents: Mapping[str, AgentInfo]) -> None:
        """Lay the columns out for these agents; what was painted for others is dropped."""
        longest = max((cell_len(info.name) for info in agents.values()), default=0)
        columns = lay_out(width - MARGIN - GAP, longest)
        if columns != self.columns or width != self._width:
            self.columns, self._width = columns, width
            self.forget()
        self._painted = {key: painted for key, painted in self._painted.items() if key in agents}

    def forget(self) -> None:
        """Paint everything again: the colours are others."""
        self._painted.clear()

    def titles(self, looks: RowLooks) -> Strip:
        """Return the line above the rows."""
        pieces = [(" " * MARGIN, looks.title)]
        for column in self.columns:
            pieces.append((fit(column.title, column.width, right=column.right) + " " * GAP, looks.title))
        return strip_of(pieces, self._width, looks.title)

    def row(self, info: AgentInfo, now: float, looks: RowLooks, *, marked: bool, cursor: bool) -> Strip:
        """Return one agent's row."""
        face: Face = (self._texts(info, now), marked, cursor)
        painted = self._painted.get(info.id)
        if painted is None or painted[0] != face:
            painted = self._painted[info.id] = (face, self._paint(info, face, looks))
        return painted[1]

    def is_stale(self, info: AgentInfo, now: float) -> bool:
        """True when the row says something else by now than when it was painted."""
        painted = self._painted.get(info.id)
        return painted is not None and painted[0][0] != self._texts(info, now)

    def _texts(self, info: AgentInfo, now: float) -> list[str]:
        return [column.cell(info, now) for column in self.columns]

    def _paint(self, info: AgentInfo, face: Face, looks: RowLooks) -> Strip:
        texts, marked, cursor = face
        over = looks.cursor if cursor else Style.null()
        plain, quiet, status = looks.plain + over, looks.quiet + over, looks.statuses[info.status] + over
        pieces = [(" • " if marked else " " * MARGIN, looks.mark + over)]
        for column, text in zip(self.columns, texts, strict=True):
            style = (
                status
                if column.id == "status"
                else quiet
                if column.quiet or text.strip() == NOTHING
                else plain
            )
            pieces += [(text, style), (" " * GAP, plain)]
        return strip_of(pieces, self._width, plain)
