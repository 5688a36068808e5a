"""State: what Toplyne would know from the accepted uploads: profiles, accounts and events.

Profiles and accounts are computed from the journal when they are read, and before its oldest
entries are dropped, so that an upload writes one row only. Events are read from the journal itself.
"""

import json
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple, TypeAlias

from mock_server.bounds import FOLDED_BYTES, FOLDED_ENTRIES
from mock_server.store import merging
from mock_server.store.database import Limits, Span, Store
from mock_server.store.journal import Journal
from mock_server.store.journal_entry import EntryRow, entry_rows
from mock_server.store.merging import ACCOUNT_TIMES, ACCOUNTS, PROFILES, USER_TIMES, StateChange
from sandbox.toplyne import TOPLYNE
from sandbox.values import Json

_LOAD: Final = (  # one byte of gzip can inflate to a thousand
    "CASE WHEN encoding IS NULL THEN length(body)"
    f" ELSE min(1000 * length(body), {TOPLYNE.max_body}) END"
)
EVENTS: Final = "events"
UPLOAD_OF: Final = {action.endpoint.envelope: action for action in TOPLYNE.actions}
KINDS: Final = tuple(UPLOAD_OF)


class _Person(NamedTuple):
    place: int
    entry: int
    time: float | None
    item: dict[str, Json] | None


_People: TypeAlias = dict[tuple[str, bytes], _Person]
"""Profiles and accounts, and the times of their events, by kind and id."""


class State:
    """Profiles, accounts and events of all tenants. The limits hold for each tenant."""

    def __init__(self, store: Store, journal: Journal, limits: Limits) -> None:
        """Continue the state of the store. Entries are folded before the journal drops them."""
        self._store = store
        self._journal = journal
        journal.before_drop = self.fold
        self._limits = dict.fromkeys((PROFILES, USER_TIMES), limits.profiles)
        self._limits |= dict.fromkeys((ACCOUNTS, ACCOUNT_TIMES), limits.accounts)

    def each(
        self, tenant: int, kind: str, page: Span, *, holding: Sequence[str] = ()
    ) -> Iterator[dict[str, Json]]:
        """Return profiles or accounts in order of first appearance, or events in order of arrival.

        They are as they are now, each parsed when its turn comes. With `page.after`, only those
        that an entry after that number added or changed. With `holding`, only profiles and accounts
        whose JSON has each of the texts, in any case.
        """
        if kind == EVENTS:
            way = -1 if page.descending else 1
            parts = self._parts(tenant, page)[::way]
            return (item for row, part in parts for item in merging.items_of(row)[part][::way])
        self.fold(tenant)
        order = "DESC" if page.descending else "ASC"
        rows = self._store.read(
            "SELECT p.time, p.item, t.time FROM people p LEFT JOIN people t"  # noqa: S608
            " ON t.tenant = p.tenant AND t.kind = ? AND t.id = p.id"
            " WHERE p.tenant = ? AND p.kind = ? AND p.entry > ?"
            f"{' AND instr(lower(p.item), lower(?)) > 0' * len(holding)}"
            f" ORDER BY p.place {order} LIMIT ? OFFSET ?",
            (merging.TIMES_OF[kind], tenant, kind, page.after, *holding, page.limit, page.offset),
        )
        return (
            merging.shown_profile(UPLOAD_OF[kind], json.loads(text), merging.earliest(first, seen))
            for first, text, seen in rows
        )

    def entries_of_events(self, tenant: int, page: Span) -> list[int]:
        """Return the number of the entry of each event of the page, in the same order."""
        parts = self._parts(tenant, page)
        found = [row.number for row, part in parts for _ in range(row.events)[part]]
        return found[::-1] if page.descending else found

    def _parts(self, tenant: int, page: Span) -> list[tuple[EntryRow[int], slice]]:
        """Return the rows that have the events of a page, each with the slice of its events."""
        with self._store.lock:
            first, last = self._journal.event_range(tenant, page.after)
            start, stop = first + page.offset, min(first + page.offset + page.limit, last)
            if page.descending:
                start, stop = max(first, last - page.offset - page.limit), last - page.offset
            rows = self._journal.rows(tenant, page.after, start=start, stop=stop)
        some = [(row, row.events_before) for row in rows if row.events]
        return [(row, slice(max(0, start - first), stop - first)) for row, first in some]

    def count(self, tenant: int, kind: str) -> int:
        """Return the number of a kind since the last reset, dropped ones included."""
        if kind == EVENTS:
            return self._journal.event_range(tenant)[1]
        self.fold(tenant)
        return self._made(tenant)[kind]

    def dropped(self, tenant: int, kind: str) -> int:
        """Return the number of a kind dropped since the last reset."""
        if kind == EVENTS:
            return self._journal.event_range(tenant)[0]
        return max(0, self.count(tenant, kind) - self._limits[kind])

    def matching(self, tenant: int, kind: str, after: int) -> int:
        """Return how many of the kept ones an entry after that number added or changed."""
        if kind == EVENTS:
            first, last = self._journal.event_range(tenant, after)
            return last - first
        self.fold(tenant)
        ((count,),) = self._store.read(
            "SELECT count(*) FROM people WHERE tenant = ? AND kind = ? AND entry > ?",
            (tenant, kind, after),
        )
        return int(count)

    def _made(self, tenant: int) -> dict[str, int]:
        """Return the number of each kind since the last reset, which is its latest place."""
        last = "SELECT coalesce(max(place), 0) FROM people WHERE tenant = ? AND kind = ?"
        return {kind: self._store.read(last, (tenant, kind))[0][0] for kind in self._limits}

    def fold(self, tenant: int, through: int = sys.maxsize) -> None:
        """Merge all entries up to that number into profiles and accounts."""
        while self._fold_some(tenant, through):
            time.sleep(0)  # other threads get the lock in between

    def _fold_some(self, tenant: int, through: int) -> bool:
        """Merge as many entries as one hold of the lock allows. Return whether more were waiting.

        Entries that arrive meanwhile are left for the next reader; under load it would never end.
        """
        with self._store.lock:
            waiting = self._store.read(
                f"SELECT number, {_LOAD} FROM entries WHERE tenant = ? AND items > 0"  # noqa: S608
                " AND number > (SELECT folded FROM tenants WHERE id = ?) AND number <= ?"
                " ORDER BY number LIMIT ?",
                (tenant, tenant, through, FOLDED_ENTRIES),
            )
            if not waiting:
                return False
            loads = list(accumulate(load for _, load in waiting))
            last = min(bisect_left(loads, FOLDED_BYTES), len(loads) - 1)
            numbers = waiting[0][0], waiting[last][0]
            among = "tenant = ? AND items > 0 AND number BETWEEN ? AND ? ORDER BY number"
            with self._store.transaction():
                self._fold_rows(tenant, entry_rows(self._store, among, tenant, *numbers))
            return last < len(waiting) - 1 or len(waiting) == FOLDED_ENTRIES

    def _fold_rows(self, tenant: int, rows: list[EntryRow[int]]) -> None:
        made = self._made(tenant)
        people: _People = {}
        for row in rows:
            for change in merging.changes_of(row):
                key = (change.kind, change.id)
                known = people.get(key) or self._person(tenant, change)
                if known is None:
                    made[change.kind] += 1
                    known = _Person(made[change.kind], row.number, None, None)
                item = merging.merge(known.item, change.item)
                time = merging.earliest(known.time, change.time)
                people[key] = _Person(known.place, row.number, time, item)
        self._keep(tenant, people, made)
        self._store.write("UPDATE tenants SET folded = ? WHERE id = ?", (rows[-1].number, tenant))

    def _person(self, tenant: int, change: StateChange) -> _Person | None:
        rows = self._store.read(
            "SELECT place, entry, time, item FROM people WHERE tenant = ? AND kind = ? AND id = ?",
            (tenant, change.kind, change.id),
        )
        if not rows:
            return None
        place, entry, time, item = rows[0]
        return _Person(place, entry, time, json.loads(item) if item else None)

    def _keep(self, tenant: int, people: _People, made: dict[str, int]) -> None:
        self._store.write_many(
            "INSERT OR REPLACE INTO people (tenant, kind, id, place, entry, time, item)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (tenant, *key, *p[:3], None if p.item is None else json.dumps(p.item))
                for key, p in people.items()
            ],
        )
        self._store.write_many(  # positions have no gaps, so this leaves exactly the limit
            "DELETE FROM people WHERE tenant = ? AND kind = ? AND place <= ?",
            [(tenant, kind, count - self._limits[kind]) for kind, count in made.items()],
        )

    def reset(self, tenant: int) -> None:
        """Delete a tenant's profiles and accounts, inside a transaction."""
        self._store.write("DELETE FROM people WHERE tenant = ?", (tenant,))
