"""The history of a session in one SQLite file: events, runs, and the last picture of each agent."""

import json
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from descartes_tui.runner.model.event import Event
from descartes_tui.runner.model.info import AgentInfo
from descartes_tui.runner.model.store import RunRecord
from descartes_tui.runner.store.schema import SCHEMA, VERSION

log = logging.getLogger(__name__)
T = TypeVar("T")

KEEP: Final = 200_000  # events; older ones are forgotten
PRUNE_EVERY: Final = 10_000  # events
OPENING: Final = 2.0  # seconds to wait for another process that has the file locked
WRITING_MS: Final = (
    50  # the same once it is open: writes happen in the supervisor's loop, and are tried again
)
_PAGE: Final = 1000

_EVENT_COLUMNS: Final = "seq, at, agent, agent_id, run, kind, facts"
_RUN_COLUMNS: Final = "agent_id, agent, run, started_at, ended_at, exit_code, exit_signal, verdict, log_path"


class SqliteStore:
    """A `model.store.StateStore` in the file `path`, for one thread of one process.

    In WAL mode with `synchronous=NORMAL`: what `append` has accepted survives SIGKILL of this process at any
    moment; after a power cut the newest events may be missing, and the file is still sound. While the file
    takes nothing (disk full, locked by another process for more than 2 s) writing methods raise
    sqlite3.OperationalError and save nothing; they may be tried again. A file that is broken, or of a later
    version, is moved aside and a fresh one begun: `quarantined` is its new path. The newest 200,000 events
    are kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.quarantined: Path | None = None
        self._db = self._opened()
        self._last = self._newest()

    def append(self, events: Sequence[Event]) -> None:
        """Save events, all or none; ValueError when their numbers do not follow the last one."""
        if not events:
            return
        numbers = [self._last, *(event.seq for event in events)]
        if any(after <= before for before, after in pairwise(numbers)):
            raise ValueError(f"events after number {self._last} cannot be numbered {numbers[1:4]}")
        self._write(f"INSERT INTO events ({_EVENT_COLUMNS}) VALUES (?,?,?,?,?,?,?)", [*map(_row, events)])
        before, self._last = self._last, events[-1].seq
        if before // PRUNE_EVERY != self._last // PRUNE_EVERY:
            self._prune()

    def last_seq(self) -> int:
        """Return the number of the newest event, 0 when there is none."""
        return self._last

    def events(
        self, *, since: int = 0, since_time: float = 0.0, agent: str | None = None, limit: int = 100_000
    ) -> Iterator[Event]:
        """Yield events numbered above `since`, oldest first; `agent` is a name or an id.

        Reads a page at a time and holds no transaction between pages: a slow reader hurts nobody.
        """
        left = limit
        while left > 0:
            page = self._page(since, since_time, agent, min(left, _PAGE))
            yield from page
            if len(page) < min(left, _PAGE):
                return
            since, left = page[-1].seq, left - len(page)

    def search(self, text: str, *, limit: int = 1000) -> Iterator[Event]:
        """Yield events whose kind, facts or agent contain `text`, in any case of ASCII, newest first."""
        inside = msgspec.json.encode(text).decode()[1:-1]
        rows = self._rows(
            f"SELECT {_EVENT_COLUMNS} FROM events WHERE agent LIKE ?1 ESCAPE '!' OR kind LIKE ?1 ESCAPE '!'"
            " OR facts LIKE ?2 ESCAPE '!' ORDER BY seq DESC LIMIT ?3",
            (_like(text), _like(inside), limit),
        )
        yield from map(_event, rows)

    def save_run(self, record: RunRecord) -> None:
        """Save or replace one run."""
        values = [getattr(record, name) for name in _RUN_COLUMNS.split(", ")]
        self._write(f"INSERT OR REPLACE INTO runs ({_RUN_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)", [values])

    def runs(self, agent_id: str | None = None) -> list[RunRecord]:
        """Return runs, oldest first."""
        where, values = ("WHERE agent_id = ?", (agent_id,)) if agent_id is not None else ("", ())
        rows = self._rows(f"SELECT {_RUN_COLUMNS} FROM runs {where} ORDER BY started_at, run", values)
        return [RunRecord(*row) for row in rows]

    def save_agents(self, agents: Sequence[AgentInfo]) -> None:
        """Save or replace the pictures of these agents, from which a restarted supervisor goes on."""
        self._write(
            "INSERT INTO agents (id, picture) VALUES (?,?)"
            " ON CONFLICT (id) DO UPDATE SET picture = excluded.picture",
            [(info.id, msgspec.json.encode(info)) for info in agents],
        )

    def agents(self) -> list[AgentInfo]:
        """Return the pictures saved last, in the order they were first saved, without broken ones."""
        pictures = []
        for (picture,) in self._rows("SELECT picture FROM agents ORDER BY position"):
            try:
                pictures.append(msgspec.json.decode(picture, type=AgentInfo))
            except msgspec.MsgspecError:
                log.warning("a saved picture of an agent cannot be read and is left out")
        return pictures

    def forget_agent(self, agent_id: str) -> None:
        """Drop the picture of one agent; its events and runs stay."""
        self._write("DELETE FROM agents WHERE id = ?", [(agent_id,)])

    def close(self) -> None:
        """Flush and let go of the file."""
        self._db.close()

    def _page(self, since: int, since_time: float, agent: str | None, limit: int) -> list[Event]:
        of_agent = "AND (agent_id = ?4 OR agent = ?4)" if agent is not None else ""
        rows = self._rows(
            f"SELECT {_EVENT_COLUMNS} FROM events WHERE seq > ?1 AND at >= ?2 {of_agent}"
            " ORDER BY seq LIMIT ?3",
            (since, since_time, limit, *(() if agent is None else (agent,))),
        )
        return [_event(row) for row in rows]

    def _prune(self) -> None:
        self._write("DELETE FROM events WHERE seq <= ?", [(self._last - KEEP,)])

    def _newest(self) -> int:
        ((seq,),) = self._rows("SELECT max((SELECT coalesce(max(seq), 0) FROM events), 0)")
        return int(seq)

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        return self._mending(lambda: self._db.execute(query, values).fetchall())

    def _write(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        def write() -> None:
            with self._db:  # commits, or rolls back when anything fails
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany(statement, rows)

        self._mending(write)

    def _mending(self, work: Callable[[], T]) -> T:
        """Do `work`; when the file turns out to be broken, do it again on a fresh one."""
        try:
            return work()
        except (sqlite3.OperationalError, sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise
        except sqlite3.DatabaseError as error:
            self._db.close()
            self._move_aside(str(error))
            self._db = _connect(self.path)
            return work()

    def _opened(self) -> sqlite3.Connection:
        try:
            return _connect(self.path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and not self.path.is_dir():
                raise
            self._move_aside(str(error))
            return _connect(self.path)

    def _move_aside(self, why: str) -> None:
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime()) + f".{time.time_ns() % 10**9:09d}"
        self.quarantined = self.path.with_name(f"{self.path.name}.corrupt-{stamp}")
        self.path.rename(self.quarantined)
        for suffix in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self.path}{suffix}").rename(f"{self.quarantined}{suffix}")
        log.error("%s cannot be used (%s): moved to %s, a fresh one begun", self.path, why, self.quarantined)


def _connect(path: Path) -> sqlite3.Connection:
    """Open or create the file, private, with the present tables; sqlite3.DatabaseError when it is broken."""
    if not path.is_dir():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        path.chmod(0o600)
    db = sqlite3.connect(path, timeout=OPENING, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA journal_size_limit = 16777216")
        _bring_up_to_date(db)
        for table in ("events", "runs", "agents"):  # touches each tree, so that plain damage shows now
            db.execute(f"SELECT * FROM {table} ORDER BY rowid DESC LIMIT 1").fetchall()
        db.execute(f"PRAGMA busy_timeout = {WRITING_MS}")
    except BaseException:
        db.close()
        raise
    return db


def _bring_up_to_date(db: sqlite3.Connection) -> None:
    ((version,),) = db.execute("PRAGMA user_version")
    if version > VERSION:
        raise sqlite3.DatabaseError(f"it was written by a later version (schema {version}, here {VERSION})")
    if version < VERSION:
        db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")


def _row(event: Event) -> tuple[object, ...]:
    facts = _text(event.facts)
    return (event.seq, event.at, event.agent, event.agent_id, event.run, event.kind, facts)


def _text(facts: Mapping[str, object]) -> str:
    try:
        return msgspec.json.encode(facts, enc_hook=str).decode()
    except UnicodeEncodeError:  # lone surrogates, as file names that are not UTF-8 bring them
        return json.dumps(msgspec.to_builtins(facts, str_keys=True, enc_hook=str))


def _event(row: tuple[Any, ...]) -> Event:
    seq, at, agent, agent_id, run, kind, facts = row
    return Event(seq, at, agent, agent_id, run, kind, json.loads(facts))


def _like(text: str) -> str:
    for special in ("!", "%", "_"):
        text = text.replace(special, f"!{special}")
    return f"%{text}%"
