"""The parts of the screen: each takes snapshots and posts wishes, none has a path to a process."""
