"""The processes of an agent as a tree: what each uses, in which state it is, and what all of them come to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.cells import set_cell_size

from descartes_tui.app.plain_text import as_list, plain, seconds
from descartes_tui.runner.logs.sanitize import safe_text
from descartes_tui.runner.model.units import format_bytes

Facts = Mapping[str, Any]
ASKED_AT: Final = "asked_at"  # when `show` was answered, seconds since 1970; added by who asked
_STATES: Final[Mapping[str, str]] = {
    "R": "runs", "S": "sleeps", "D": "waits on a device", "T": "stopped", "t": "traced", "Z": "zombie", "I": "idle",
    "X": "dead", "running": "runs", "sleeping": "sleeps", "disk-sleep": "waits on a device", "stopped": "stopped",
    "tracing-stop": "traced", "zombie": "zombie", "idle": "idle", "dead": "dead",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Process:
    """One line of the tree. `cpu`: percent of one core since the last look, None at the first."""

    pid: str
    what: str
    state: str
    cpu: float | None
    memory: int | None


def family_rows(shown: Facts, before: Facts | None, width: int) -> Iterator[tuple[str, str]]:
    """Yield (pid, what it uses and is), children below their parents, then the totals."""
    family = list(_walk(as_list(shown.get("family")), _ticks(before), _passed(shown, before)))
    pids = max((len(process.pid) for process in family), default=0)
    for process in family:
        text = f"{_percent(process.cpu):>5} {_size(process.memory):>5}  {process.state:<7} {safe_text(process.what)}"
        room = width - pids - 4
        yield process.pid, set_cell_size(text, room - 1).rstrip() + "…" if 20 < room < len(text) else text
    if len(family) > 1:
        yield "all", f"{_percent(_sum(family))!s:>5} {_size(_memory(family)):>5}  {len(family)} processes"


def _walk(
    family: Sequence[Any], ticks: Mapping[str, float], passed: float, lead: str = ""
) -> Iterator[_Process]:
    members = [process for process in family if isinstance(process, Mapping)]
    for place, process in enumerate(members):
        last = place == len(members) - 1
        branch = "" if not lead else ("└ " if last else "├ ")
        pid, what = plain(process.get("pid")), plain(process.get("cmdline") or process.get("name"))
        state, memory = plain(process.get("status")), process.get("memory_bytes")
        yield _Process(
            pid,
            f"{lead[1:]}{branch}{what}",
            _STATES.get(state, state),
            _used(process.get("cpu_seconds"), ticks.get(pid), passed),
            memory if isinstance(memory, int) else None,
        )
        below = (lead + ("  " if last else "│ ")) if lead else " "
        yield from _walk(as_list(process.get("children")), ticks, passed, below)


def _used(now: Any, before: float | None, passed: float) -> float | None:
    if not isinstance(now, int | float) or before is None or passed <= 0:
        return None
    return max(0.0, (now - before) / passed * 100)


def _passed(shown: Facts, before: Facts | None) -> float:
    """Return the seconds between two answers, 0 where there is only one."""
    then, now = seconds((before or {}).get(ASKED_AT)), seconds(shown.get(ASKED_AT))
    return 0.0 if then is None or now is None else now - then


def _ticks(shown: Facts | None) -> dict[str, float]:
    """Return the processor time of each process by pid, as it was."""
    found: dict[str, float] = {}
    waiting = list(as_list((shown or {}).get("family")))
    while waiting:
        process = waiting.pop()
        if isinstance(process, Mapping):
            used = process.get("cpu_seconds")
            if isinstance(used, int | float):
                found[plain(process.get("pid"))] = used
            waiting += as_list(process.get("children"))
    return found


def _sum(family: Sequence[_Process]) -> float | None:
    known = [process.cpu for process in family if process.cpu is not None]
    return sum(known) if known else None


def _memory(family: Sequence[_Process]) -> int | None:
    known = [process.memory for process in family if process.memory is not None]
    return sum(known) if known else None


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}%"


def _size(count: int | None) -> str:
    return "–" if count is None else format_bytes(count)
