"""Opening: check whether a file can be the store, and make or migrate it."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

Sync: TypeAlias = Literal["normal", "full"]
"""What a commit survives: the death of the process, or also a power failure."""
SYNCS: Final[tuple[Sync, ...]] = get_args(Sync)

MOST_WAL_BYTES: Final = 8 * 2**20
"""The size of the WAL at which it is copied into the database, and its size after that."""
_LEFT_FREE: Final = 2 * 2**20  # space for a new WAL on an almost full disk
_RESERVED_BYTES: Final = MOST_WAL_BYTES  # the database can grow by this much when the WAL is copied
_SECONDS_FOR_THE_LOCK: Final = 1.0  # long enough for another server to end

_NO_LINK: Final[int] = getattr(os, "O_NOFOLLOW", 0)  # Windows has none

_VERSION: Final = 6
_FOLDER: Final = Path(__file__).parent
_QUEUE: Final = (_FOLDER / "queue.sql").read_text(encoding="utf-8")
_SCHEMA: Final = (_FOLDER / "schema.sql").read_text(encoding="utf-8") + _QUEUE
_STEPS: Final = {
    1: (
        "ALTER TABLE entries ADD COLUMN query TEXT NOT NULL DEFAULT '';"
        " ALTER TABLE entries ADD COLUMN headers TEXT NOT NULL DEFAULT '[]';"
    ),
    2: _QUEUE,
    3: "ALTER TABLE entries ADD COLUMN answer TEXT;",
    4: "DROP TABLE IF EXISTS attempts;",  # a record holds them
    5: "DROP TABLE IF EXISTS made;",  # the places tell it
}
"""The statements that migrate each version to the next."""
_NAMES: Final = frozenset(re.findall(r"CREATE (?:TABLE|INDEX) (\w+)", _SCHEMA))


DAMAGED: Final = "it is damaged{}; restore a copy, or use another file"


class InvalidStore(ValueError):
    """The file cannot be used as the store. The message says why and what to do."""


def open_database(path: str | Path | None, sync: Sync) -> tuple[sqlite3.Connection, Reserve, int]:
    """Open the file, or a database in memory, and make or migrate its tables.

    Returns the connection, the reserve beside the file, and the number of times the store was
    opened. Raises InvalidStore and leaves the file unchanged if it cannot be the store.
    """
    if sync not in SYNCS:
        raise InvalidStore(f"the sync of a store must be {' or '.join(SYNCS)}, not {sync!r}")
    name = ":memory:" if path is None else str(path)
    connection = None
    try:
        if path is not None:
            make_file(path)
        connection = sqlite3.connect(  # a relative path may be a word of SQLite's, as `:memory:`
            name if path is None else Path(path).absolute(),
            isolation_level=None,
            check_same_thread=False,
            timeout=_SECONDS_FOR_THE_LOCK,
        )
        reserve = Reserve(path)
        try:
            start = _prepare(connection, path, sync)
        except sqlite3.OperationalError as error:
            if code_of(error) != sqlite3.SQLITE_FULL:
                raise
            reserve.release()
            start = _prepare(connection, path, sync)
        reserve.take()
    except (OSError, sqlite3.Error) as error:
        if connection is not None:
            connection.close()
        raise InvalidStore(f"{name} cannot be the store: {reason_of(error)}") from error
    return connection, reserve, start


def _prepare(connection: sqlite3.Connection, path: str | Path | None, sync: Sync) -> int:
    """Make or migrate the tables, and return the number of this start. Raises sqlite3.Error."""
    run = connection.execute
    if path is None:
        run("PRAGMA page_size = 16384")  # large bodies take fewer pages
    else:
        run("PRAGMA locking_mode = EXCLUSIVE")
    # some systems' default is ON, with which a reset overwrites everything it frees
    run("PRAGMA secure_delete = FAST")
    (version,) = run("PRAGMA user_version").fetchone()
    (tables,) = run("SELECT count(*) FROM sqlite_master").fetchone()
    if version > _VERSION:
        raise sqlite3.DatabaseError(
            f"it has version {version}, and this program knows versions up to {_VERSION};"
            " use the program that made it, or another file"
        )
    if version < 0 or bool(version) != bool(tables):
        raise sqlite3.DatabaseError("it belongs to another program; use another file")
    if path is not None:
        run("PRAGMA journal_mode = WAL")
        run(f"PRAGMA synchronous = {sync.upper()}")
        run(f"PRAGMA journal_size_limit = {MOST_WAL_BYTES}")
        run(f"PRAGMA wal_autocheckpoint = {MOST_WAL_BYTES // 4096}")  # each one syncs twice
        for each in (Path(path), Path(f"{path}-wal")):
            if each.exists():
                each.chmod(0o600)
        ((said,),) = run("PRAGMA quick_check(1)").fetchall()
        if said != "ok":
            place = " ".join(said.split())
            raise sqlite3.DatabaseError(DAMAGED.format(f" ({place})"))
    steps = {0: _SCHEMA} if not version else {n: _STEPS[n] for n in range(version, _VERSION)}
    for step, statements in steps.items():
        following = step + 1 if step else _VERSION
        connection.executescript(
            f"BEGIN EXCLUSIVE; {statements} PRAGMA user_version = {following}; COMMIT;"
        )
    found = {name for (name,) in run("SELECT name FROM sqlite_master")}
    if missing := sorted(_NAMES - found):
        raise sqlite3.DatabaseError(DAMAGED.format(f": {', '.join(missing)} is missing"))
    # this first write also takes the lock
    run("UPDATE counters SET value = value + 1 WHERE name = 'starts'")
    (start,) = run("SELECT max(value) FROM counters WHERE name = 'starts'").fetchone()
    return start or 0


def make_file(path: str | Path, flags: int = 0) -> None:
    """Create the file if it does not exist, readable by its owner only."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o600))


def code_of(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, or 0 if the error has none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def reason_of(error: Exception) -> str:
    """Return an error of the store in words, with what to do if something helps."""
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    if "locked" in str(error):
        return "another server is using it; stop that server or use another file"
    if "closed" in str(error):
        return "the mock has stopped; read what it received before that, or from its --db file"
    return str(error)


class Reserve:
    """A file beside the store that is deleted on a full disk, so that a reset has room to write.

    Its bytes are really written: a sparse file would reserve nothing.
    """

    def __init__(self, path: str | Path | None) -> None:
        """Use the file beside `path`. A store in memory has no reserve."""
        self._path = None if path is None else Path(f"{path}-reserve")

    def take(self) -> None:
        """Reserve the space if there is room. On a full disk, a later call tries again."""
        if self._path is None:
            return
        try:
            make_file(self._path, _NO_LINK)
            with self._path.open("r+b") as file:
                missing = _RESERVED_BYTES - file.seek(0, os.SEEK_END)
                room = shutil.disk_usage(self._path.parent).free - _LEFT_FREE
                file.write(bytes(max(0, min(missing, room))))
        except OSError:
            self.release()

    def release(self) -> None:
        """Give the space back to the disk."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
