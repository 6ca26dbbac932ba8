"""Processes as the kernel knows them: the keeper of a run, the warm process that forks keepers, signals to whole families."""
