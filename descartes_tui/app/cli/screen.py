"""The way from the command line to the screen."""

import sys


def on_terminal() -> bool:
    """True when a person sits at both ends: keys can be read and a screen can be drawn."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def open_screen(session: str) -> int:
    """Show the screen until it is left. Textual is loaded here and nowhere else: it takes ten times as long."""
    from descartes_tui.app.main import run_screen

    return run_screen(session)
