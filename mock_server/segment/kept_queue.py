"""Kept queue: messages with their records in the store's file, so that a restart continues them.

A batch is written before its answer. A record is written again before a request is sent, so that
the attempt counts even if the process dies meanwhile, and when its destination is done.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from mock_server.segment.record import Record
from mock_server.segment.tenant_ledger import MOST_KEPT, SECONDS_KEPT
from mock_server.store.database import Store
from mock_server.store.journal import View

_AT_ONCE: Final = 1000


class KeptQueue:
    """The queue in the file of one store."""

    def __init__(self, store: Store) -> None:
        """Write to the store's file."""
        self._store = store

    def add(
        self,
        records: list[Record],
        destinations: Iterable[str],
        ids: Iterable[str],
        forgotten: list[Record],
    ) -> None:
        """Write a batch and its messageIds; delete dropped records. Raises StoreUnavailable."""
        names, many = json.dumps(list(destinations)), self._store.write_many
        counts = Counter((each.tenant, each.outcome) for each in forgotten)
        tenant, at = records[0].tenant, records[0].at
        with self._store.transaction():
            many(
                "INSERT INTO messages (number, tenant, destinations, record) VALUES (?, ?, ?, ?)",
                [(each.number, each.tenant, names, _packed(each)) for each in records],
            )
            many(
                "INSERT INTO message_ids (tenant, id, at) VALUES (?, ?, ?)",
                [(tenant, each.encode("utf-8", "surrogatepass"), at) for each in ids],
            )
            self._store.write(
                "DELETE FROM message_ids WHERE number <= (SELECT max(number) FROM message_ids) - ?",
                (MOST_KEPT,),
            )
            many("DELETE FROM messages WHERE number = ?", [(each.number,) for each in forgotten])
            many(
                "INSERT INTO forgotten (tenant, outcome, count) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET count = count + excluded.count",
                [(*key, count) for key, count in counts.items()],
            )

    def write(self, record: Record) -> None:
        """Write a record that has changed. Raises StoreUnavailable."""
        update = "UPDATE messages SET record = ? WHERE number = ?"
        self._store.write(update, (_packed(record), record.number))

    def reset(self, view: View, last: int, together: Callable[[], None]) -> None:
        """Delete these tenants' messages, and what `together` deletes, in one transaction.

        Numbers continue after `last`. Raises StoreUnavailable.
        """
        tenants = [(tenant,) for tenant in view]
        with self._store.transaction():
            for table in ("messages", "message_ids", "forgotten"):
                self._store.write_many(f"DELETE FROM {table} WHERE tenant = ?", tenants)  # noqa: S608
            self._store.write("UPDATE counters SET value = ? WHERE name = 'last_message'", (last,))
            together()

    def last_number(self) -> int:
        """Return the number of the last message; a reset does not change it."""
        ((last,),) = self._store.read(
            "SELECT max(value, (SELECT coalesce(max(number), 0) FROM messages))"
            " FROM counters WHERE name = 'last_message'"
        )
        return int(last)

    def records(self) -> Iterator[tuple[Record, tuple[str, ...]]]:
        """Return every record with the names of its destinations, oldest first."""
        last = 0
        while rows := self._store.read(
            "SELECT number, destinations, record FROM messages WHERE number > ?"
            " ORDER BY number LIMIT ?",
            (last, _AT_ONCE),
        ):
            for last, names, record in rows:  # noqa: B007 - `last` is used by the next query
                yield _unpacked(record), tuple(json.loads(names))

    def forgotten(self) -> list[tuple[int, str, int]]:
        """Return how many records were dropped: tenant, outcome and count."""
        return [(t, o, c) for t, o, c in self._store.read("SELECT * FROM forgotten")]

    def ids(self, now: float) -> list[tuple[int, str, float]]:
        """Return the messageIds of the last day, oldest first: tenant, id and time."""
        self._store.write("DELETE FROM message_ids WHERE at <= ?", (now - SECONDS_KEPT,))
        rows = self._store.read("SELECT tenant, id, at FROM message_ids ORDER BY number")
        return [(tenant, text.decode("utf-8", "surrogatepass"), at) for tenant, text, at in rows]


def _packed(record: Record) -> bytes | str:
    """Encode a record for the store: MessagePack, or JSON if a string has a lone surrogate."""
    try:
        return msgspec.msgpack.encode(record)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(record))


def _unpacked(packed: bytes | str) -> Record:
    if isinstance(packed, str):
        return msgspec.convert(json.loads(packed), Record)
    return msgspec.msgpack.decode(packed, type=Record)
