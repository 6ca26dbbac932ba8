"""Reading logs: real files, some of them written by a child while they are read."""
