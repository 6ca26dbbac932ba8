"""The tools, ours first."""

from benchmarks.comparison.tools.circus import Circus
from benchmarks.comparison.tools.foreground import Concurrently, Honcho
from benchmarks.comparison.tools.mprocs import Mprocs
from benchmarks.comparison.tools.ours import Ours
from benchmarks.comparison.tools.pm2 import Pm2
from benchmarks.comparison.tools.s6 import S6
from benchmarks.comparison.tools.supervisord import Supervisord
from benchmarks.comparison.tools.tmux import Tmux
from benchmarks.comparison.tools.tool import Tool

TOOLS: tuple[type[Tool], ...] = (
    Ours,
    Supervisord,
    Circus,
    Honcho,
    Pm2,
    Mprocs,
    Concurrently,
    Tmux,
    S6,
)
