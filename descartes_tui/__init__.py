"""descartes-tui: a terminal UI process manager for fleets of AI agents."""

__version__ = "0.1.0"
