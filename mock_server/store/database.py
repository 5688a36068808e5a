"""Store: the SQLite database of tokens, journal and state, in memory or in a file.

A write is committed before the call returns. A file is in WAL mode, so commits survive the death
of the process, and locked, so that no second server writes to it. Appended rows may wait and be
committed together: in memory until they are read or there are many, in a file until the server is
about to answer (`settle`).
"""

import json
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from mock_server.store.opening import Sync, code_of, open_database, reason_of

SqlRow: TypeAlias = tuple[Any, ...]
_Result = TypeVar("_Result")

_AT_ONCE: Final = 256  # the most rows that wait
_BYTES_AT_ONCE: Final = 4 * 2**20

NO_END: Final = 2**62
"""More than the number of any entry."""
NOBODY: Final = 0
"""The tenant of requests whose token is missing or unknown."""


class StoreUnavailable(Exception):
    """The store cannot be written or read: the disk is full, or the file is broken or locked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is kept for each tenant. Above a limit the oldest are dropped and counted."""

    entries: int = 100_000
    """Requests in the journal."""
    events: int = 100_000
    """Events in the state."""
    profiles: int = 100_000
    """User profiles in the state."""
    accounts: int = 100_000
    """Account profiles in the state."""
    body_bytes: int = 256 * 2**20
    """Bytes of the journal: bodies, headers, paths, queries and problems together."""


class Span(NamedTuple):
    """A part of a list between two entries, oldest first unless `descending`."""

    limit: int = 1000
    offset: int = 0
    descending: bool = False
    after: int = 0
    before: int = NO_END


class Store:
    """One SQLite database. Every statement runs under its lock."""

    def __init__(self, path: str | Path | None = None, *, sync: Sync = "normal") -> None:
        """Open the file, or a database in memory, and make its tables.

        With `full` sync a commit also survives a power failure. Raises InvalidStore if the file
        belongs to another program, is newer, damaged or in use, or cannot be opened.
        """
        self.lock = threading.RLock()
        self.is_kept = path is not None
        self._process = os.getpid()
        self._may_wait = path is None
        self._settling: int | None = None  # the thread that calls `settle` before it answers
        self._waiting: dict[str, list[SqlRow]] = {}
        self._rows_waiting = self._bytes_waiting = 0
        self.on_loss: Callable[[SqlRow, StoreUnavailable], None]
        """Called, under the lock, with each waiting row that could not be written."""
        self._connection, self._reserve, self.start = open_database(path, sync)
        self._cursor = self._connection.cursor()
        self.tenants: dict[int, str | None] = dict(self.read("SELECT id, name FROM tenants"))
        """The name of each tenant by its number; that of NOBODY is None."""
        self._numbers = {name: number for number, name in self.tenants.items()}
        self.opened_with = len(self.tenants)
        """Tenants with this number or a higher one were made since the store was opened."""
        # a Flask application is not told when it ends
        weakref.finalize(self, self._connection.close)

    def read(self, query: str, values: Sequence[Any] = ()) -> list[SqlRow]:
        """Return the rows of a query. Raises StoreUnavailable."""
        return self._run(lambda: self._connection.execute(query, values).fetchall())

    def write(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run and commit one statement, and return the number of rows it changed.

        Raises StoreUnavailable.
        """
        return self._run(lambda: self._written(statement, values))

    def write_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each row, inside a transaction. Raises StoreUnavailable."""
        self._run(lambda: self._cursor.executemany(statement, rows))

    def _run(self, work: Callable[[], _Result]) -> _Result:
        with self.lock:
            if self.is_kept and os.getpid() != self._process:  # both processes would write to it
                said = "it was opened before this process was forked; open it after the fork"
                raise StoreUnavailable(said)
            if self._waiting:
                self._write_waiting()
            try:
                return work()
            except sqlite3.DatabaseError as error:
                raise _translated(error) from error

    def _written(self, statement: str, values: Sequence[Any]) -> int:
        # read first, because a full disk ends the transaction
        is_part = self._connection.in_transaction
        try:
            return self._cursor.execute(statement, values).rowcount
        except sqlite3.OperationalError as error:
            if code_of(error) != sqlite3.SQLITE_FULL or is_part:
                raise
        self._shorten()  # the WAL itself may have filled the disk
        return self._cursor.execute(statement, values).rowcount

    def settle_later(self) -> None:
        """Make rows that this thread appends wait until it calls `settle`."""
        self._settling = threading.get_ident()

    def settle(self) -> None:
        """Commit the waiting rows, if the store is a file. Calls `on_loss` with each that fails."""
        with self.lock:
            if self.is_kept and self._waiting:
                self._write_waiting()

    def waits(self, *, may_wait: bool = True) -> bool:
        """Return whether a row that this thread appends now would wait."""
        return self._may_wait or (may_wait and threading.get_ident() == self._settling)

    def append(self, insert: str, row: SqlRow, *, size: int = 0, may_wait: bool = True) -> None:
        """Insert one row of about `size` bytes. Raises StoreUnavailable if the row does not wait.

        A row may wait if the store is in memory, and in a thread that settles. Every read and every
        other write first writes the waiting rows. Only rows of the same statement keep their order.
        """
        with self.lock:
            if not self.waits(may_wait=may_wait):
                self.write(insert, row)
                return
            self._waiting.setdefault(insert, []).append(row)
            self._rows_waiting += 1
            self._bytes_waiting += size
            if self._rows_waiting >= _AT_ONCE or self._bytes_waiting > _BYTES_AT_ONCE:
                self._write_waiting()

    def waiting(self, insert: str) -> Sequence[Any]:
        """Return the waiting rows of a statement, if the store is in memory."""
        return () if self.is_kept else self._waiting.get(insert, ())

    def _write_waiting(self) -> None:
        waiting, count, self._waiting = self._waiting, self._rows_waiting, {}
        self._rows_waiting = self._bytes_waiting = 0
        if self.is_kept and count == 1:
            self._write_each(waiting)
            return
        try:
            with self.transaction():
                for statement, rows in waiting.items():
                    self.write_many(statement, rows)
        except (StoreUnavailable, sqlite3.Error):
            if not self.is_kept:
                raise
            self._write_each(waiting)

    def _write_each(self, waiting: dict[str, list[SqlRow]]) -> None:
        """Write rows one by one; after one that cannot be written, no other of its tenant.

        A row's second member is its tenant, and an entry counts its tenant's events before it.
        """
        for statement, rows in waiting.items():
            lost: dict[Any, StoreUnavailable] = {}
            for row in rows:
                if row[1] not in lost:
                    try:
                        self._written(statement, row)
                    except sqlite3.Error as error:
                        lost[row[1]] = StoreUnavailable(reason_of(error))
                if row[1] in lost:
                    self.on_loss(row, lost[row[1]])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all writes in the block together, or none of them if it raises.

        Inside another transaction it is a part of that one.
        """
        with self.lock:
            if self._connection.in_transaction:
                yield
                return
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
        """Make room for the deletions in the block, even on a full disk."""
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

    def tenant(self, name: str) -> int:
        """Return the number of a tenant; a new name gets a new one."""
        with self.lock:
            if name not in self._numbers:
                number = len(self.tenants)  # none is ever deleted
                self.append("INSERT INTO tenants (id, name) VALUES (?, ?)", (number, name))
                self._numbers[name], self.tenants[number] = number, name
            return self._numbers[name]

    def close(self) -> None:
        """Close the database. Idempotent."""
        with self.lock:
            self._may_wait, self._settling = False, None  # later statements have to fail
            # a failed statement would keep the file open and locked as long as it exists
            with suppress(sqlite3.ProgrammingError):
                self._cursor.close()
            self._connection.close()


def _translated(error: sqlite3.DatabaseError) -> Exception:
    """Return StoreUnavailable with the reason, or the error itself if it is a bug in the mock."""
    is_closed = isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error)
    is_its = type(error) in {sqlite3.OperationalError, sqlite3.DatabaseError}
    if is_closed or (is_its and code_of(error) not in {0, sqlite3.SQLITE_ERROR}):
        return StoreUnavailable(reason_of(error))
    return error
