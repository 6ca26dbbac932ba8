"""Opens the screen on a session: `run_screen` is what the command line calls when a person sits at a terminal."""

import gc
import os

from descartes_tui.app.guard import guarded


def run_screen(session: str) -> int:
    """Show the fleet of `session`, whose supervisor runs, until the screen is left; return the exit code."""
    os.environ.setdefault(
        "TEXTUAL_FPS", "120"
    )  # read when Textual is imported: a key is painted within a frame
    return guarded(lambda: _show(session))


def _show(session: str) -> int:
    """Show the screen in this process. Textual is loaded here, so that the guard stays small."""
    gc.disable()  # nothing of what is imported can be garbage: a fifth of the start-up time
    from descartes_tui.app.live import live_app

    gc.freeze()
    gc.enable()
    app = live_app(session)
    app.run()
    return app.return_code or 0
