"""The line above the log: whose it is, which run, how it is shown, and where in it the pane stands."""

from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from descartes_tui.runner.logs.sanitize import safe_text
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus
from descartes_tui.widgets.lines import fit, strip_of
from descartes_tui.widgets.log_sheet import LogSheet
from descartes_tui.widgets.stops import step_of


@dataclass(frozen=True, slots=True)
class TitleLooks:
    """How the name is painted, what is known of it, and that there is something new."""

    name: Style
    fact: Style
    news: Style


def title_strip(sheet: LogSheet, stream: str | None, width: int, looks: TitleLooks) -> Strip:
    """Return the line; facts are cut where there is little room, the name last."""
    agent = sheet.agent
    if agent is None:
        return strip_of([(" log", looks.fact)], width, looks.fact)
    right, style = _position(sheet, looks)
    right = right if cell_len(right) <= width // 2 else ""
    left = fit(f" {agent.name}", min(cell_len(agent.name) + 1, width - cell_len(right)))
    room = max(0, width - cell_len(left) - cell_len(right))
    text = "".join(f" · {fact}" for fact in _facts(agent, sheet, stream) if fact)
    return strip_of([(left, looks.name), (fit(text, room), looks.fact), (right, style)], width, looks.fact)


def _facts(agent: AgentInfo, sheet: LogSheet, stream: str | None) -> tuple[str, ...]:
    reason = safe_text(agent.reason) if agent.status.has_process else ""  # a full disk, output held, ...
    return (
        f"run {agent.run}" if agent.run else "",
        stream or "",
        "wrapped" if sheet.wrap else "",
        "times" if sheet.timestamps else "",
        step_of(reason) if agent.status is AgentStatus.STOPPING else reason,
    )


def _position(sheet: LogSheet, looks: TitleLooks) -> tuple[str, Style]:
    if sheet.view is None:
        return "", looks.fact
    if sheet.view.following:
        return "following ", looks.fact
    new = sheet.view.new_lines()
    if new == 0:
        return "not following: f or End ", looks.fact
    count = "new lines" if new is None else "1 new line" if new == 1 else f"{new:,} new lines"
    return f"▼ {count}: End ", looks.news
