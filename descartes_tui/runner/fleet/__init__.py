"""The state of every agent, and the policies that move it."""
