"""The history of a session, in SQLite."""
