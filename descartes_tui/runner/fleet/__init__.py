"""Owns the state of every agent: starts, restarts, dependencies, probes, stops, adoption after a crash."""
