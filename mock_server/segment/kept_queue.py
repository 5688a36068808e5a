"""Kept queue: messages, their records and the attempts to deliver them, in the store's file.

A batch is written before its answer. An attempt is written before its request leaves, so that it
counts even if the process dies in it. Its answer is written with the next write.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final, TypeAlias, TypeVar

import msgspec

from mock_server.segment.message_ids import MOST_KEPT, SECONDS_KEPT
from mock_server.segment.record import RETRY, Attempt, Part, Record
from mock_server.store.database import Store
from mock_server.store.journal import View

T = TypeVar("T", Record, Part)
Known: TypeAlias = dict[int, Part]
"""The parts that a destination has already made of a message, by position."""

NO_ANSWER_KNOWN: Final = "NO_ANSWER_KNOWN"
_NO_ANSWER: Final = (
    "the server ended before an answer was written down; whether the request arrived is not known"
)
_AT_ONCE: Final = 1000
_OF_ATTEMPT: Final = "WHERE number = ? AND destination = ? AND place = coalesce(?, place)"


class KeptQueue:
    """The queue in one store, as one start of the server writes it."""

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
        names = json.dumps(list(destinations))
        with self._store.transaction():
            self._store.write_many(
                "INSERT INTO messages (number, tenant, destinations, record) VALUES (?, ?, ?, ?)",
                [(each.number, each.tenant, names, _packed(each)) for each in records],
            )
            self._store.write_many(
                "INSERT INTO message_ids (tenant, id, at) VALUES (?, ?, ?)",
                [(records[0].tenant, _bytes(each), records[0].at) for each in ids],
            )
            self._store.write(
                "DELETE FROM message_ids WHERE number <= (SELECT max(number) FROM message_ids) - ?",
                (MOST_KEPT,),
            )
            self._forget(forgotten)

    def _forget(self, records: list[Record]) -> None:
        if records:
            self._store.write_many(
                "DELETE FROM messages WHERE number = ?", [(each.number,) for each in records]
            )
            counts = Counter((each.tenant, each.outcome) for each in records)
            self._store.write_many(
                "INSERT INTO forgotten (tenant, outcome, count) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET count = count + excluded.count",
                [(*key, count) for key, count in counts.items()],
            )

    def claim(
        self, number: int, place: int, part: Part, answered: tuple[int, Part] | None = None
    ) -> bool:
        """Record that a request is about to leave, and the answer to the previous one.

        Returns False if the message is gone, for example after a reset, or the request is claimed
        already. Raises StoreUnavailable.
        """
        key = number, _bytes(part.destination)
        with self._store.transaction():
            if answered is not None:
                self._store.write(
                    f"UPDATE attempts SET is_answered = 1, part = ? {_OF_ATTEMPT} AND start = ?",  # noqa: S608
                    (_packed(answered[1]), *key, answered[0], self._store.start),
                )
            written = self._store.write(
                "INSERT OR IGNORE INTO attempts (number, destination, place, start, part)"
                " SELECT ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM messages WHERE number = ?)",
                (*key, place, self._store.start, _packed(part), number),
            )
        return written == 1

    def write(self, record: Record, destination: str, place: int | None = None) -> None:
        """Write a record after a destination's work, and delete its attempts (at one position).

        Raises StoreUnavailable.
        """
        with self._store.transaction():
            self._store.write(
                "UPDATE messages SET record = ? WHERE number = ?", (_packed(record), record.number)
            )
            self._store.write(
                f"DELETE FROM attempts {_OF_ATTEMPT}",  # noqa: S608
                (record.number, _bytes(destination), place),
            )

    def reset(self, view: View, last: int, together: Callable[[], None]) -> None:
        """Delete these tenants' messages, and what `together` deletes, in one transaction.

        Numbers continue after `last`. Raises StoreUnavailable.
        """
        with self._store.transaction():
            for tenant in view:
                self._store.write(
                    "DELETE FROM attempts WHERE number IN"
                    " (SELECT number FROM messages WHERE tenant = ?)",
                    (tenant,),
                )
                for table in ("messages", "message_ids", "forgotten"):
                    self._store.write(f"DELETE FROM {table} WHERE tenant = ?", (tenant,))  # noqa: S608
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
            for last, names, record in rows:  # noqa: B007 - the last of them is where to go on
                yield _unpacked(record, Record), tuple(json.loads(names))

    def attempts(self, now: float) -> dict[int, dict[str, Known]]:
        """Return the attempts of earlier starts that no record holds yet, by message.

        A part without a known answer gets an attempt that says so, and has to be sent again.
        """
        found: dict[int, dict[str, Known]] = {}
        for number, place, is_answered, packed in self._store.read(
            "SELECT number, place, is_answered, part FROM attempts"
        ):
            part = _unpacked(packed, Part)
            if not is_answered:
                lost = Attempt(
                    at=now, code=NO_ANSWER_KNOWN, status=None, error=_NO_ANSWER, entry=None, text=""
                )
                attempts = (*part.attempts, lost)
                part = replace(
                    part, outcome="retrying", code=RETRY, reason=_NO_ANSWER, attempts=attempts
                )
            found.setdefault(number, {}).setdefault(part.destination, {})[place] = part
        return found

    def forgotten(self) -> list[tuple[int, str, int]]:
        """Return how many records were dropped: tenant, outcome and count."""
        return [(t, o, c) for t, o, c in self._store.read("SELECT * FROM forgotten")]

    def ids(self, now: float) -> list[tuple[int, str, float]]:
        """Return the messageIds of the last day, oldest first: tenant, id and time."""
        self._store.write("DELETE FROM message_ids WHERE at <= ?", (now - SECONDS_KEPT,))
        rows = self._store.read("SELECT tenant, id, at FROM message_ids ORDER BY number")
        return [(tenant, text.decode("utf-8", "surrogatepass"), at) for tenant, text, at in rows]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _packed(value: Record | Part) -> bytes | str:
    """Encode a value for the store: MessagePack, or JSON if a string has a lone surrogate."""
    try:
        return msgspec.msgpack.encode(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value))


def _unpacked(packed: bytes | str, kind: type[T]) -> T:
    if isinstance(packed, str):
        return msgspec.convert(json.loads(packed), kind)
    return msgspec.msgpack.decode(packed, type=kind)
