"""The columns of the agent table: what each says, and which give way first where there is little room."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rich.cells import cell_len

from descartes_tui.runner.logs.sanitize import safe_text
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.status import AgentStatus, Health
from descartes_tui.runner.model.units import format_bytes, format_duration
from descartes_tui.widgets.lines import fit
from descartes_tui.widgets.looks import label
from descartes_tui.widgets.stops import next_step, seconds_left, step_of

GAP: Final = 2
NOTHING: Final = "–"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `importance` counts from 1, the last to give way; `width` 0 takes the room that is left."""

    id: str
    title: str
    width: int
    importance: int
    text: Callable[[AgentInfo, float], str]
    right: bool = False
    quiet: bool = False  # painted in the muted colour
    tail: Callable[[AgentInfo, float], str] = lambda _info, _now: ""  # what is kept where the text is cut

    def cell(self, info: AgentInfo, now: float) -> str:
        """Return the text in exactly the column's width."""
        text, tail = self.text(info, now), self.tail(info, now)
        room = self.width - cell_len(tail)
        if tail and room > 0:
            return fit(fit(text, min(room, cell_len(text))) + tail, self.width)
        return fit(text, self.width, right=self.right)


def _ago(since: float | None, now: float) -> str:
    if since is None:
        return NOTHING
    return "now" if now - since < 1 else _span(now - since)


def _span(seconds: float) -> str:
    return format_duration(int(max(seconds, 0)))


def activity(info: AgentInfo, _now: float) -> str:
    """Return what the agent does, or why it is where it is."""
    text = safe_text(info.reason) or safe_text(info.activity or "")
    if info.status is AgentStatus.STOPPING:
        return step_of(text)  # what follows, and when, is counted down beside it
    if info.status is AgentStatus.RUNNING:
        text = safe_text(info.activity or "") or safe_text(info.reason)
        if info.health is not Health.UNKNOWN and info.health.value not in text:
            text = f"{info.health.value} · {text}" if text else info.health.value
        text = text or safe_text(info.command_line)
    return text or _ending(info)


def countdown(info: AgentInfo, now: float) -> str:
    """Return how long it is until the agent's next step comes by itself, '' when none does."""
    left = seconds_left(info.next_at, now)
    then = next_step(safe_text(info.reason)) if info.status is AgentStatus.STOPPING else ""
    if left and then:
        return f" · {then} in {left}"
    return f" · {left}" if left else ""


def _ending(info: AgentInfo) -> str:
    if not info.status.has_ended:
        return ""
    if info.exit_signal is not None:
        return f"signal {info.exit_signal}"
    return "" if info.exit_code is None else f"exit code {info.exit_code}"


def _uptime(info: AgentInfo, now: float) -> str:
    if info.started_at is None or info.status in (AgentStatus.IDLE, AgentStatus.BACKOFF):
        return NOTHING
    return _span((info.ended_at or now) - info.started_at)


def _number(value: int | None) -> str:
    return NOTHING if value is None else str(value)


def _cpu(info: AgentInfo, _now: float) -> str:
    percent = info.usage.cpu_percent
    return NOTHING if percent is None else f"{percent:.0f}%" if percent >= 9.95 else f"{percent:.1f}%"


def _memory(info: AgentInfo, _now: float) -> str:
    return NOTHING if info.usage.memory_bytes is None else format_bytes(info.usage.memory_bytes)


COLUMNS: Final = (
    Column("name", "name", 0, 1, lambda info, _: info.name),
    Column("status", "status", 12, 2, lambda info, _: label(info.status)),
    Column("activity", "activity", 0, 3, activity, tail=countdown),
    Column("backend", "backend", 9, 9, lambda info, _: safe_text(info.backend), quiet=True),
    Column("pid", "pid", 7, 7, lambda info, _: _number(info.pid), right=True, quiet=True),
    Column("cpu", "cpu", 5, 4, _cpu, right=True),
    Column("memory", "mem", 5, 5, _memory, right=True),
    Column("uptime", "uptime", 6, 6, _uptime, right=True),
    Column("restarts", "restarts", 8, 10, lambda info, _: _number(info.restarts or None), right=True),
    Column("output", "output", 6, 8, lambda info, now: _ago(info.last_output_at, now), right=True, quiet=True),
)  # fmt: skip


def lay_out(width: int, longest_name: int) -> tuple[Column, ...]:
    """Return the columns that fit in `width` cells, in order, with their final widths.

    The name takes what it needs up to a quarter of the width, the activity takes what is left.
    """
    name = max(4, min(longest_name, max(12, width // 4), width))
    least = {"name": name, "activity": max(18, min(24, width // 4))}
    kept: list[Column] = []
    used = -GAP
    for column in sorted(COLUMNS, key=lambda column: column.importance):
        needed = least.get(column.id, column.width) + GAP
        if used + needed > width and kept:
            break
        used += needed
        kept.append(column)
    spare = max(0, width - used)
    return tuple(_sized(column, least, spare, kept) for column in COLUMNS if column in kept)


def _sized(column: Column, least: dict[str, int], spare: int, kept: Sequence[Column]) -> Column:
    room = least.get(column.id, column.width)
    last_resort = "activity" if any(other.id == "activity" for other in kept) else "name"
    return replace(column, width=room + (spare if column.id == last_resort else 0))
