"""Ledger: what became of every message an SDK sent, oldest first; bounded, with drops counted.

Segment answers 200 and drops some messages. The ledger says which, and why.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Final, cast

from mock_server.segment.pending import Pending
from mock_server.segment.record import Outcome, Part, Record
from mock_server.store.database import Limits, Page
from mock_server.store.journal import View

if TYPE_CHECKING:
    from mock_server.segment.kept_queue import KeptQueue

LATEST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A filter of records; every member that is given must match."""

    outcome: str | None = None
    code: str | None = None
    type: str | None = None
    event: str | None = None
    source: str | None = None
    message_id: str | None = None
    drop: bool | None = None

    def holds(self, record: Record) -> bool:
        """Return whether the record matches. `code` may be that of any part."""
        codes = {record.code, *(part.code for part in record.parts)}
        return (
            self.outcome in (None, record.outcome)
            and (self.code is None or self.code in codes)
            and self.type in (None, record.type)
            and self.event in (None, record.event)
            and self.source in (None, record.source)
            and self.message_id in (None, record.message_id)
            and self.drop in (None, record.is_lost)
        )


_EVERYTHING: Final = Page(limit=sys.maxsize)
_ANYTHING: Final = Wanted()


class _Book:
    """The records of one tenant, with their counts."""

    __slots__ = ("changes", "counts", "forgotten", "records", "size")

    def __init__(self) -> None:
        self.changes: dict[int, int] = {}  # the last change of each record, the latest at the end
        self.records: dict[int, Record] = {}
        self.counts: Counter[Outcome] = Counter()
        self.forgotten = 0
        self.size = 0


class Ledger:
    """The records of all tenants, each with a limit of its own.

    Drops are counted since the server started; a reset does not clear the count.
    """

    def __init__(self, limits: Limits, pending: Pending, kept: KeptQueue | None = None) -> None:
        """Limit each tenant's records by number and bytes, as its entries are; write to `kept` too.

        Open records are in `pending`, and never dropped: the queue limits their number.
        """
        self._limits = limits
        self.pending = pending
        self._kept = kept
        self.is_kept = kept is not None
        """Whether a file holds the records as well, so that the next start goes on with them."""
        self._dropped: list[Record] = []  # and not yet in `kept`
        self._lock = threading.Lock()
        self._books: dict[int, _Book] = {}
        self.listeners: list[Callable[[int], None]] = []
        self._last = 0
        self.last_change = 0
        """The number of the latest change."""
        self._lost = 0
        self._latest: deque[Record] = deque(maxlen=LATEST)

    def append(
        self,
        records: Iterable[Record],
        *,
        destinations: Iterable[str] = (),
        ids: Iterable[str] = (),
    ) -> list[int]:
        """Add records of one tenant, and return the numbers they get.

        `destinations` are the names of the destinations that get them, `ids` the new messageIds.
        Raises StoreUnavailable, and adds nothing then.
        """
        with self._lock:
            written = [replace(each, number=n) for n, each in enumerate(records, self._last + 1)]
            if self._kept is not None and written:
                self._kept.add(written, destinations, ids, self._dropped)
                self._dropped = []
            self._last += len(written)
            for record in written:
                self._put(record)
        self._tell(*{record.tenant for record in written})
        return [record.number for record in written]

    def restore(self, kept: KeptQueue) -> list[tuple[Record, tuple[str, ...]]]:
        """Load the records of earlier starts. Return the open ones with their destinations."""
        found = []
        with self._lock:
            self._last = kept.last_number()
            for tenant, outcome, count in kept.forgotten():
                book = self._books.setdefault(tenant, _Book())
                book.counts[cast("Outcome", outcome)] += count
                book.forgotten += count
            for record, destinations in kept.records():
                self._put(record)
                if record.is_open:
                    found.append((record, destinations))
            self._lost = 0
            self._latest.clear()
        return found

    def claim(self, tenant: int, number: int, place: int, parts: Mapping[int, Part]) -> bool:
        """Write down that the request at a position is about to leave, if there is a file.

        `parts` are what the destination has made of the message, as they are if the server ends
        now. Returns False if the message is gone, for example after a reset, or if the request is
        claimed already. Raises StoreUnavailable.
        """
        if self._kept is None:
            return True
        with self._lock:
            record = self._find(tenant, number)
            under_way = () if record is None else record.under_way
            name = parts[place].destination
            if record is None or any((n, p.destination) == (place, name) for n, p in under_way):
                return False
            new = record.sending(parts)
            self._kept.write(new)
            self._books[tenant].records[number] = new
        return True

    def write(self, tenant: int, number: int, parts: Mapping[int, Part]) -> bool:
        """Record what one destination made of a message: all its parts, later those that change.

        Return whether the message is still open. Raises StoreUnavailable.
        """
        with self._lock:
            record = self._find(tenant, number)
            if record is None:
                return False
            new = record.with_parts(parts)
            if self._kept is not None:
                self._kept.write(new)
            self._put(new, record)
        self._tell(tenant)
        if not new.is_open:
            self.pending.done(tenant, number)
        return new.is_open

    def _tell(self, *tenants: int) -> None:
        for listener in self.listeners:
            for tenant in tenants:
                listener(tenant)

    def _put(self, new: Record, old: Record | None = None) -> None:
        book = self._books.setdefault(new.tenant, _Book())
        book.records[new.number] = new
        self.last_change += 1
        book.changes.pop(new.number, None)
        book.changes[new.number] = self.last_change
        book.counts[new.outcome] += 1
        book.size += new.size
        if old is not None:
            book.counts[old.outcome] -= 1
            book.size -= old.size
        else:
            self._drop_oldest(book)
            if new.is_open:
                self.pending.add(new.tenant, new.number, size=len(new.message))
        if new.is_lost and not (old and old.is_lost):
            self._lost += 1
            self._latest.append(new)

    def _drop_oldest(self, book: _Book) -> None:
        limits, looks = self._limits, len(book.records)
        while looks and (
            len(book.records) > limits.entries
            or (book.size > limits.body_bytes and len(book.records) > 1)
        ):
            looks -= 1
            oldest = book.records.pop(next(iter(book.records)))
            if oldest.is_open:
                book.records[oldest.number] = oldest  # to the end, as it must not be dropped
                continue
            book.changes.pop(oldest.number, None)
            book.size -= oldest.size
            book.forgotten += 1
            if self._kept is not None:
                self._dropped.append(oldest)

    def _find(self, tenant: int, number: int) -> Record | None:
        """Return the record, or None if it was dropped or deleted by a reset."""
        book = self._books.get(tenant)
        return None if book is None else book.records.get(number)

    def lost_and_latest(self) -> tuple[int, list[Record]]:
        """Return the number of drops since the server started, and the latest hundred of them."""
        with self._lock:
            return self._lost, list(self._latest)

    def records(
        self, view: View, page: Page = _EVERYTHING, wanted: Wanted = _ANYTHING
    ) -> list[Record]:
        """Return the records of a page, or all."""
        found = self._matching(view, wanted, after=page.after, descending=page.descending)
        return list(islice(found, page.offset, page.offset + page.limit))

    def changes(self, view: View, *, after: int) -> list[tuple[int, Record]]:
        """Return the records added or changed after a change number, in that order."""
        with self._lock:
            found = [
                (change, book.records[number])
                for book in self._of(view)
                for number, change in takewhile(
                    lambda item: item[1] > after, reversed(book.changes.items())
                )
            ]
        return sorted(found, key=lambda pair: pair[0])

    def record(self, view: View, number: int) -> Record | None:
        """Return one record of the view, or None."""
        with self._lock:
            found = [book.records[number] for book in self._of(view) if number in book.records]
        return next(iter(found), None)

    def matching(self, view: View, wanted: Wanted, *, after: int = 0) -> int:
        """Return how many of the kept records after a number match."""
        return sum(1 for _ in self._matching(view, wanted, after=after))

    def _matching(
        self, view: View, wanted: Wanted, *, after: int, descending: bool = False
    ) -> Iterator[Record]:
        with self._lock:
            records = [record for book in self._of(view) for record in book.records.values()]
        records.sort(key=lambda record: record.number, reverse=descending)
        return (r for r in records if r.number > after and wanted.holds(r))

    def counts(self, view: View | None = None) -> dict[Outcome, int]:
        """Count messages by outcome since the last reset, the most common first.

        Without a view, count those of all tenants.
        """
        total: Counter[Outcome] = Counter()
        with self._lock:
            for book in self._books.values() if view is None else self._of(view):
                total += book.counts
        return dict(total.most_common())

    def forgotten(self, view: View) -> int:
        """Return how many records were dropped because of the limits."""
        with self._lock:
            return sum(book.forgotten for book in self._of(view))

    def _of(self, view: View) -> list[_Book]:
        return [self._books[tenant] for tenant in view if tenant in self._books]

    def reset(self, *tenants: int, together: Callable[[], None] = lambda: None) -> None:
        """Delete the tenants' records and kept messageIds, and what `together` deletes.

        Numbers continue.
        """
        with self._lock:
            if self._kept is None:
                together()
            else:
                self._kept.reset(tenants, self._last, together)
                self._dropped = [each for each in self._dropped if each.tenant not in tenants]
            for tenant in tenants:
                self._books.pop(tenant, None)
