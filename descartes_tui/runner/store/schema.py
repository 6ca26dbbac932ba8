"""The tables of a session's history."""

from typing import Final

VERSION: Final = 1

SCHEMA: Final = """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    agent TEXT,
    agent_id TEXT,
    run INTEGER,
    kind TEXT NOT NULL,
    facts TEXT NOT NULL
);
CREATE INDEX events_of_agent ON events (agent_id, seq);
CREATE TABLE runs (
    agent_id TEXT NOT NULL,
    agent TEXT NOT NULL,
    run INTEGER NOT NULL,
    started_at REAL,
    ended_at REAL,
    exit_code INTEGER,
    exit_signal INTEGER,
    verdict TEXT,
    log_path TEXT NOT NULL,
    PRIMARY KEY (agent_id, run)
);
CREATE TABLE agents (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    picture BLOB NOT NULL
);
"""
