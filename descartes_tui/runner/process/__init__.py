"""Processes as the kernel knows them: keepers, the warm process that forks them, whole families."""
