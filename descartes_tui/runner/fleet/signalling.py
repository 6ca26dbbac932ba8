"""Notes in the history who was sent which signal, and by whom."""

from typing import Final

from descartes_tui.runner.fleet.record import Record
from descartes_tui.runner.fleet.register import Register
from descartes_tui.runner.model.run import SignalReport

MOST_NAMED: Final = 100  # pids in one event; how many there were is told in any case


def emit_signal(register: Register, record: Record, number: int, report: SignalReport, *, by: str) -> None:
    """Tell which processes a signal reached, and which refused it."""
    refused = {"refused": list(report.refused[:MOST_NAMED])} if report.refused else {}
    register.emit(
        record,
        "signal",
        signal=number,
        processes=len(report.reached),
        pids=list(report.reached[:MOST_NAMED]),
        by=by,
        **refused,
    )
