"""Values that every other part of the runner speaks in: no I/O, no processes, no clocks."""
