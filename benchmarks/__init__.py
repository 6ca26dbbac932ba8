"""Measurements of descartes-tui: every figure stands beside a peer or a physical limit of the same run."""
