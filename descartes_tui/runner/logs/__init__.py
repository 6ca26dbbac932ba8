"""Reading what agents wrote: lines, streams and times from a run's log, made safe for display."""
