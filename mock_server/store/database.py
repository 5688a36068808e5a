"""Store: the SQLite database of tokens, journal and state, in memory or in a file.

A write is committed before the call returns. A file is in WAL mode, which survives the death of
the process, and locked, so that no second server writes to it. In memory, where nobody else reads,
appended rows may wait until they are read or there are many.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from mock_server.store.opening import SYNCS, Reserve, Sync, make_file, prepare

Row: TypeAlias = tuple[Any, ...]

_AT_ONCE: Final = 256  # at most this many rows wait
_BYTES_AT_ONCE: Final = 4 * 2**20

NOBODY: Final = 0
"""The tenant of requests whose token is missing or unknown."""

_SECONDS_FOR_THE_LOCK: Final = 1.0  # long enough for another server to end
_OUT_OF_ORDER: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOTADB,
    }
)


class StoreUnavailable(Exception):
    """The store cannot be written or read now: the disk is full, the file is broken or locked."""


class InvalidStore(ValueError):
    """The file cannot be used as the store. The message says why, and what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of each kind a tenant keeps. Above a limit the oldest are dropped and counted."""

    entries: int = 100_000
    """Requests in the journal."""
    events: int = 100_000
    """Events in the state."""
    profiles: int = 100_000
    """Profiles of users in the state."""
    accounts: int = 100_000
    """Profiles of accounts in the state."""
    body_bytes: int = 256 * 2**20
    """The bytes of the journal: bodies, headers, paths, queries and problems together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a list, oldest first unless `descending`; `after` an entry, only what is newer."""

    limit: int = 1000
    offset: int = 0
    descending: bool = False
    after: int = 0


class Store:
    """One SQLite database with a lock, under which every statement runs."""

    def __init__(self, path: str | Path | None = None, *, sync: Sync = "normal") -> None:
        """Open the file, or a database in memory, and make its tables.

        With `full` sync a commit survives a loss of power too. Raises InvalidStore if the file is
        another program's, newer, damaged or in use, or cannot be opened.
        """
        if sync not in SYNCS:
            raise InvalidStore(f"the sync of a store is {' or '.join(SYNCS)}, not {sync!r}")
        self.lock = threading.RLock()
        self.is_kept = path is not None
        self._process = os.getpid()
        self._may_wait = path is None
        self._waiting: dict[str, list[Sequence[Any]]] = {}
        self._rows_waiting = self._bytes_waiting = 0
        name = ":memory:" if path is None else str(path)
        try:
            if path is not None:
                make_file(path)
            self._connection = sqlite3.connect(
                name, isolation_level=None, check_same_thread=False, timeout=_SECONDS_FOR_THE_LOCK
            )
        except (OSError, sqlite3.Error) as error:
            raise InvalidStore(f"{name} cannot be the store: {_reason(error)}") from error
        try:
            self._reserve = Reserve(path)
            try:
                self.start = prepare(self._connection, path, sync)
            except sqlite3.OperationalError as error:
                if _code(error) != sqlite3.SQLITE_FULL:
                    raise
                self._reserve.release()
                self.start = prepare(self._connection, path, sync)
            self._reserve.take()
        except (OSError, sqlite3.Error) as error:
            self._connection.close()
            raise InvalidStore(f"{name} cannot be the store: {_reason(error)}") from error
        self._cursor = self._connection.cursor()
        self.tenants: dict[int, str | None] = dict(self.read("SELECT id, name FROM tenants"))
        """The name of each tenant by its number; nobody has none."""
        self._numbers = {name: number for number, name in self.tenants.items()}
        self._opened_with = len(self.tenants)
        # nothing tells a Flask application that it ends
        weakref.finalize(self, self._connection.close)

    def read(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return the rows of a query; raises StoreUnavailable."""
        with self.lock:
            self._ready()
            try:
                return self._connection.execute(query, values).fetchall()
            except sqlite3.DatabaseError as error:
                raise _translated(error) from error

    def write(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run one statement, committed when this returns, and return how many rows it changed.

        Raises StoreUnavailable.
        """
        with self.lock:
            self._ready()
            try:
                return self._written(statement, values)
            except sqlite3.DatabaseError as error:
                raise _translated(error) from error

    def _written(self, statement: str, values: Sequence[Any]) -> int:
        # read before, since a full disk ends the transaction
        is_part = self._connection.in_transaction
        try:
            return self._cursor.execute(statement, values).rowcount
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_FULL or is_part:
                raise
        self._shorten()  # the WAL itself may have filled the disk
        return self._cursor.execute(statement, values).rowcount

    def append(self, insert: str, row: Sequence[Any], *, size: int = 0) -> None:
        """Insert one row of about `size` bytes; raises StoreUnavailable.

        In memory it may wait, but any read or other write comes after it. Only rows of the same
        statement are written in their order.
        """
        with self.lock:
            if not self._may_wait:
                self.write(insert, row)
                return
            self._waiting.setdefault(insert, []).append(row)
            self._rows_waiting += 1
            self._bytes_waiting += size
            if self._rows_waiting >= _AT_ONCE or self._bytes_waiting > _BYTES_AT_ONCE:
                self._write_waiting()

    def waiting(self, insert: str) -> Sequence[Any]:
        """Return the rows of a statement that were appended and are not written yet."""
        return self._waiting.get(insert, ())

    def _ready(self) -> None:
        if self.is_kept and os.getpid() != self._process:  # both processes would write to it
            raise StoreUnavailable("it was opened before this process was forked; open it after")
        if self._waiting:
            self._write_waiting()

    def _write_waiting(self) -> None:
        waiting, self._waiting = self._waiting, {}
        self._rows_waiting = self._bytes_waiting = 0
        with nullcontext() if self._connection.in_transaction else self.transaction():
            for statement, rows in waiting.items():
                self.write_many(statement, rows)

    def write_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each row, inside a transaction; raises StoreUnavailable."""
        with self.lock:
            try:
                self._cursor.executemany(statement, rows)
            except sqlite3.DatabaseError as error:
                raise _translated(error) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything written inside together, or nothing if an exception leaves it."""
        with self.lock:
            self.write("BEGIN IMMEDIATE")
            try:
                yield
                self.write("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk may have ended it already
                    self._connection.execute("ROLLBACK")
                self._shorten()
                raise

    @contextmanager
    def making_room(self) -> Iterator[None]:
        """Make room for deletions inside, even on a full disk."""
        self._reserve.release()
        self._shorten()
        try:
            yield
        finally:
            self._shorten()
            self._reserve.take()

    def _shorten(self) -> None:
        """Copy the WAL into the database, as far as the disk has room."""
        with self.lock, suppress(sqlite3.Error):
            if self.is_kept:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def has_queue(self) -> bool:
        """Return whether the store holds messages of SDKs or a workspace."""
        query = "SELECT 1 FROM messages UNION ALL SELECT 1 FROM settings WHERE name = ? LIMIT 1"
        return bool(self.read(query, ("workspace",)))

    def setting(self, name: str) -> dict[int, Any]:
        """Return the settings of a name, by tenant."""
        query = "SELECT tenant, value FROM settings WHERE name = ?"
        return {tenant: json.loads(value) for tenant, value in self.read(query, (name,))}

    def keep_setting(self, name: str, value: Any, *, tenant: int = NOBODY) -> None:
        """Store a JSON value under a name, or delete it if it is None. Does nothing in memory."""
        if not self.is_kept:
            return
        if value is None:
            self.write("DELETE FROM settings WHERE name = ? AND tenant = ?", (name, tenant))
            return
        row = name, tenant, json.dumps(value)
        self.write("INSERT OR REPLACE INTO settings (name, tenant, value) VALUES (?, ?, ?)", row)

    def function(self, name: str, arguments: int, work: Callable[..., Any]) -> None:
        """Make a Python function available in queries."""
        self._connection.create_function(name, arguments, work, deterministic=True)

    def tenant(self, name: str) -> int:
        """Return the number of a tenant; a new name gets a new one."""
        with self.lock:
            if name not in self._numbers:
                number = len(self.tenants)  # none is ever deleted
                self.append("INSERT INTO tenants (id, name) VALUES (?, ?)", (number, name))
                self._numbers[name], self.tenants[number] = number, name
            return self._numbers[name]

    def is_new(self, tenant: int) -> bool:
        """Return whether the tenant was made since the store was opened."""
        return tenant >= self._opened_with

    def close(self) -> None:
        """Close the database. Idempotent."""
        with self.lock:
            self._may_wait = False  # later statements have to fail
            # a failed statement would keep the file open and locked as long as it exists
            with suppress(sqlite3.ProgrammingError):
                self._cursor.close()
            self._connection.close()


def _code(error: sqlite3.DatabaseError) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _translated(error: sqlite3.DatabaseError) -> Exception:
    # anything else, such as a wrong statement, is a bug and must look like one
    closed = isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error)
    if closed or _code(error) in _OUT_OF_ORDER:
        return StoreUnavailable(_reason(error))
    return error


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    if "locked" in str(error):
        return "another server is using it; stop that one or name another file"
    if "closed" in str(error):
        return (
            "the mock has stopped; what it received can be read until then, or from its --db file"
        )
    return str(error)
