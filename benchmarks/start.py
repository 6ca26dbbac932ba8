"""From `descartes-tui` to its first frame, beside a bare Textual app."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from sys import executable

from benchmarks.measuring import TUI, Figure, call, median, seconds, session, sleepers, until_shown

ROUNDS = 5
BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("the-first-frame")
Bare().run()
"""


def figures() -> Iterator[Figure]:
    """Measure with no agents and with 100, the supervisor running in both cases."""
    with session() as env:
        bare = median(lambda: until_shown([executable, "-c", BARE], env, [b"the-first-frame"]), ROUNDS)
        beside = f"bare Textual app: {bare * 1000:.0f} ms"
        call(env, "spawn", "first", "--", "true")
        empty = median(lambda: until_shown(TUI, env, [b"first"]), ROUNDS)
        yield Figure("first frame, one ended agent", f"{empty * 1000:.0f} ms", beside, empty / bare)
        call(env, "up", "-f", str(sleepers(env, 100)), "--detach")
        full = median(lambda: until_shown(TUI, env, [b"quiet-1"]), ROUNDS)
        yield Figure("first frame, 100 running agents", f"{full * 1000:.0f} ms", beside, full / bare)
        plain = median(lambda: seconds(lambda: _run(env, executable, "-c", "pass")), ROUNDS)
        ps = median(
            lambda: seconds(lambda: _run(env, str(Path(executable).with_name("descartes-tui")), "ps")), ROUNDS
        )
        beside = f"python -c pass: {plain * 1000:.0f} ms"
        yield Figure("descartes-tui ps, 100 running agents", f"{ps * 1000:.0f} ms", beside, ps / plain)


def _run(env: dict[str, str], *argv: str) -> None:
    subprocess.run(argv, env=env, stdout=subprocess.DEVNULL, check=True)
