"""State: what Toplyne would know from the accepted uploads: profiles, accounts and events.

Profiles and accounts are computed from the journal when they are read, and before its oldest
entries are dropped, so that an upload writes one row only. Events are read from the journal itself.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from mock_server.bounds import FOLDED_BYTES, FOLDED_ENTRIES
from mock_server.routes import ROUTES
from mock_server.store.database import Limits, Page, Row, Store
from mock_server.store.event_times import times_in
from mock_server.store.journal_entry import EntryRow, plain, rows_waiting
from mock_server.store.merging import (
    ACCOUNT_TIMES,
    ACCOUNTS,
    PROFILES,
    TIMES_OF,
    USER_TIMES,
    Change,
    changes,
    earliest,
    merged,
    tidied,
    time_field,
)
from sandbox.segment.definition import Upload
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import parse_json
from sandbox.toplyne import SEND_ACCOUNT_PROFILES, SEND_EVENTS, SEND_USER_PROFILES, TOPLYNE

_MOST_INFLATED: Final = 1000  # one byte of gzip can inflate to this many
_UPLOADS: Final = {path: route.upload for path, route in ROUTES.items() if route.upload}
EVENTS: Final = "events"
UPLOAD_OF: Final = {
    PROFILES: SEND_USER_PROFILES,
    ACCOUNTS: SEND_ACCOUNT_PROFILES,
    EVENTS: SEND_EVENTS,
}
KINDS: Final = tuple(UPLOAD_OF)
_EVENT_ROW: Final = attrgetter("path", "encoding", "body", "events_before", "events", "number")


@dataclass(frozen=True, slots=True)
class _Person:
    place: int
    entry: int
    time: float | None
    item: dict[str, Json] | None


class State:
    """Profiles, accounts and events of all tenants, each with a limit of its own."""

    def __init__(self, store: Store, limits: Limits) -> None:
        """Continue the state of the store."""
        self._store = store
        users, accounts = limits.profiles, limits.accounts
        self._limits = {PROFILES: users, USER_TIMES: users}
        self._limits |= {ACCOUNTS: accounts, ACCOUNT_TIMES: accounts}
        self._most_events = limits.events

    def items(
        self, tenant: int, kind: str, page: Page, *, holding: Sequence[str] = ()
    ) -> list[dict[str, Json]]:
        """Return profiles or accounts in order of first appearance, or events in order of arrival.

        With `page.after`, only those that an entry after that number added or changed. Of profiles
        and accounts those alone in whose JSON each text of `holding` stands, in any case.
        """
        if kind == EVENTS:
            return self._events(tenant, page)
        self.fold(tenant)
        order = "DESC" if page.descending else "ASC"
        rows = self._store.read(
            "SELECT p.time, p.item, t.time FROM people p LEFT JOIN people t"  # noqa: S608
            " ON t.tenant = p.tenant AND t.kind = ? AND t.id = p.id"
            " WHERE p.tenant = ? AND p.kind = ? AND p.entry > ?"
            f"{' AND instr(lower(p.item), lower(?)) > 0' * len(holding)}"
            f" ORDER BY p.place {order} LIMIT ? OFFSET ?",
            (TIMES_OF[kind], tenant, kind, page.after, *holding, page.limit, page.offset),
        )
        upload = UPLOAD_OF[kind]
        return [_person_shown(upload, row) for row in rows]

    def _events(self, tenant: int, page: Page) -> list[dict[str, Json]]:
        rows, start, stop = self._event_rows(tenant, page)
        items = [item for row in rows for item in _events_between(row, start, stop)]
        return items[::-1] if page.descending else items

    def entries_of_events(self, tenant: int, page: Page) -> list[int]:
        """Return the number of the entry of each event of the page, in the same order."""
        rows, start, stop = self._event_rows(tenant, page)
        numbers = [
            number
            for *_, before, events, number in rows
            for place in range(before, before + events)
            if start <= place < stop
        ]
        return numbers[::-1] if page.descending else numbers

    def _event_rows(self, tenant: int, page: Page) -> tuple[list[Row], int, int]:
        """Return the entries that hold the events of a page, and the range of their events."""
        with self._store.lock:
            first, last = self._kept_events(tenant, page.after)
            start, stop = first + page.offset, min(first + page.offset + page.limit, last)
            if page.descending:
                start, stop = max(first, last - page.offset - page.limit), last - page.offset
            waiting = rows_waiting(self._store, page.after)
            if waiting is not None:
                own = [each for each in waiting if each.tenant == tenant and each.events]
                return [_EVENT_ROW(e) for e in own if _holds(e, start, stop)], start, stop
            query = (
                "SELECT path, encoding, body, events_before, events, number FROM entries"
                " WHERE tenant = ? AND events > 0 AND events_before < ?"
                " AND events_before + events > ? ORDER BY number"
            )
            return self._store.read(query, (tenant, stop, start)), start, stop

    def _kept_events(self, tenant: int, after: int) -> tuple[int, int]:
        """Return the range of the shown events, counted from the last reset."""
        waiting = rows_waiting(self._store, after)
        if waiting is not None:
            edges = [(each.events_before, each.events) for each in waiting if each.tenant == tenant]
        else:
            edges = self._store.read(
                "SELECT events_before, events FROM entries WHERE number IN"
                " ((SELECT min(number) FROM entries WHERE tenant = ? AND number > ?),"
                " (SELECT max(number) FROM entries WHERE tenant = ? AND number > ?))"
                " ORDER BY number",
                (tenant, after, tenant, after),
            )
        if not edges:
            ((dropped,),) = self._store.read(
                "SELECT events_dropped FROM tenants WHERE id = ?", (tenant,)
            )
            return dropped, dropped
        first, last = edges[0][0], sum(edges[-1])
        return max(first, last - self._most_events), last

    def count(self, tenant: int, kind: str) -> int:
        """Return the number of a kind since the last reset, dropped ones included."""
        if kind == EVENTS:
            return self._kept_events(tenant, 0)[1]
        self.fold(tenant)
        return self._made(tenant, kind)

    def dropped(self, tenant: int, kind: str) -> int:
        """Return the number of a kind dropped since the last reset."""
        if kind == EVENTS:
            return self._kept_events(tenant, 0)[0]
        return max(0, self.count(tenant, kind) - self._limits[kind])

    def matching(self, tenant: int, kind: str, after: int) -> int:
        """Return how many kept ones an entry after that number added or changed."""
        if kind == EVENTS:
            first, last = self._kept_events(tenant, after)
            return last - first
        self.fold(tenant)
        ((count,),) = self._store.read(
            "SELECT count(*) FROM people WHERE tenant = ? AND kind = ? AND entry > ?",
            (tenant, kind, after),
        )
        return int(count)

    def _made(self, tenant: int, kind: str) -> int:
        query = "SELECT count FROM made WHERE tenant = ? AND kind = ?"
        rows = self._store.read(query, (tenant, kind))
        return int(rows[0][0]) if rows else 0

    def fold(self, tenant: int, through: int = sys.maxsize) -> None:
        """Merge all entries up to that number into profiles and accounts."""
        while self._fold_some(tenant, through):
            time.sleep(0)  # other threads get the lock in between

    def _fold_some(self, tenant: int, through: int) -> bool:
        with self._store.lock:
            waiting = self._store.read(
                "SELECT number, length(body), encoding FROM entries WHERE tenant = ? AND items > 0"
                " AND number > (SELECT folded FROM tenants WHERE id = ?) AND number <= ?"
                " ORDER BY number LIMIT ?",
                (tenant, tenant, through, FOLDED_ENTRIES),
            )
            if not waiting:
                return False
            last = _last_of(waiting)
            rows = self._store.read(
                "SELECT number, path, encoding, body FROM entries WHERE tenant = ? AND items > 0"
                " AND number BETWEEN ? AND ? ORDER BY number",
                (tenant, waiting[0][0], last),
            )
            with self._store.transaction():
                self._fold_rows(tenant, rows)
            return last < waiting[-1][0] or len(waiting) == FOLDED_ENTRIES

    def _fold_rows(self, tenant: int, rows: list[Row]) -> None:
        made = {kind: self._made(tenant, kind) for kind in self._limits}
        people: dict[tuple[str, bytes], _Person] = {}
        for number, path, encoding, body in rows:
            for change in _changes_of(number, path, encoding, body):
                key = (change.kind, change.id)
                known = people.get(key) or self._person(tenant, change)
                if known is None:
                    made[change.kind] += 1
                    known = _Person(made[change.kind], number, None, None)
                item = known.item if change.item is None else merged(known.item, change.item)
                time = earliest(known.time, change.time)
                people[key] = _Person(known.place, number, time, item)
        self._keep(tenant, people, made)
        self._store.write("UPDATE tenants SET folded = ? WHERE id = ?", (rows[-1][0], tenant))

    def _person(self, tenant: int, change: Change) -> _Person | None:
        rows = self._store.read(
            "SELECT place, entry, time, item FROM people WHERE tenant = ? AND kind = ? AND id = ?",
            (tenant, change.kind, change.id),
        )
        if not rows:
            return None
        place, entry, time, item = rows[0]
        return _Person(place, entry, time, json.loads(item) if item else None)

    def _keep(
        self, tenant: int, people: dict[tuple[str, bytes], _Person], made: dict[str, int]
    ) -> None:
        self._store.write_many(
            "INSERT OR REPLACE INTO people (tenant, kind, id, place, entry, time, item)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (tenant, kind, key, p.place, p.entry, p.time, text)
                for (kind, key), p in people.items()
                for text in [None if p.item is None else json.dumps(p.item)]
            ],
        )
        self._store.write_many(
            "INSERT OR REPLACE INTO made (tenant, kind, count) VALUES (?, ?, ?)",
            [(tenant, kind, count) for kind, count in made.items()],
        )
        self._store.write_many(  # positions have no gaps, so this leaves exactly the limit
            "DELETE FROM people WHERE tenant = ? AND kind = ? AND place <= ?",
            [
                (tenant, kind, count - self._limits[kind])
                for kind, count in made.items()
                if count > self._limits[kind]
            ],
        )

    def reset(self, tenant: int) -> None:
        """Delete a tenant's profiles and accounts, inside a transaction."""
        for table in ("people", "made"):
            self._store.write(f"DELETE FROM {table} WHERE tenant = ?", (tenant,))  # noqa: S608


def _last_of(waiting: list[Row]) -> int:
    """Return the last of the entries that are merged while the lock is held once."""
    left = FOLDED_BYTES
    for number, size, encoding in waiting:
        left -= size if encoding is None else min(_MOST_INFLATED * size, TOPLYNE.max_body)
        if left <= 0:
            return int(number)
    return int(waiting[-1][0])


def _changes_of(number: int, path: str, encoding: str | None, body: bytes) -> Iterator[Change]:
    upload = _UPLOADS[path]
    if upload.endpoint.envelope == EVENTS:
        times = times_in(upload, plain(body, encoding))
        yield from (Change(kind, key, time) for (kind, key), time in times.items())
        return
    for index, item in enumerate(_items(upload, encoding, body)):
        yield from changes(upload, item, spare_id=b"entry:%d:%d" % (number, index))


def _items(upload: Upload, encoding: str | None, body: bytes) -> list[dict[str, Json]]:
    value = parse_json(plain(body, encoding), max_depth=TOPLYNE.max_depth)
    return [tidied(upload, item) for item in value[upload.endpoint.envelope]]


def _person_shown(upload: Upload, row: Row) -> dict[str, Json]:
    first, text, seen = row
    item = json.loads(text)
    item[time_field(upload).key] = earliest(first, seen)
    return tidied(upload, item)


def _holds(row: EntryRow, start: int, stop: int) -> bool:
    return row.events_before < stop and row.events_before + row.events > start


def _events_between(row: Row, start: int, stop: int) -> list[dict[str, Json]]:
    path, encoding, body, before, *_ = row
    return _items(_UPLOADS[path], encoding, body)[max(0, start - before) : stop - before]
