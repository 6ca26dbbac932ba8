"""The rows of the table, in the order in which they are shown."""

from benchmarks.comparison.rows import cost, crash, output, pause, recovery, stopping
from benchmarks.comparison.rows.row import Group

GROUPS: tuple[Group, ...] = (
    *stopping.GROUPS,
    *pause.GROUPS,
    *recovery.GROUPS,
    *crash.GROUPS,
    *output.GROUPS,
    *cost.GROUPS,
)
