"""Ledger: what happened to every message of an SDK, oldest first, with limits.

Segment answers 200 and drops some messages. The ledger says which, and why.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

from mock_server.bounds import WAITING
from mock_server.exchange import HttpAnswer
from mock_server.later import ChangeCondition, Changes, Later
from mock_server.real_clock import monotonic
from mock_server.segment.record import LedgerOutcome, PartsAt, Record, Wanted
from mock_server.segment.segment_choices import SegmentChoices
from mock_server.segment.tenant_ledger import TenantLedger
from mock_server.store.database import Limits, Span
from mock_server.store.journal import View
from mock_server.store.waiting import MOST_REFUSAL

if TYPE_CHECKING:
    from mock_server.segment.kept_queue import KeptQueue

LATEST: Final = 100
_EVERYTHING: Final = Span(limit=sys.maxsize)


class Ledger:
    """The records of all tenants. The limits hold for each tenant.

    Drops are counted since the server started; a reset does not clear the count.
    """

    def __init__(self, limits: Limits, choices: SegmentChoices, kept: KeptQueue | None) -> None:
        """Limit each tenant's records by number and bytes, like its entries; write to `kept` too.

        Open records are never dropped: `choices` limit how many may be queued.
        """
        self._limits = limits
        self._choices = choices
        self._kept = kept
        self.is_kept = kept is not None
        """Whether the records are also in a file, so that a restart continues them."""
        self._dropped: list[Record] = []  # and not yet in `kept`
        self._lock = threading.Lock()
        self._ledgers: defaultdict[int, TenantLedger] = defaultdict(TenantLedger)
        self.listeners: list[Callable[[int], None]] = []
        self.flushing = Changes(WAITING, MOST_REFUSAL)
        """The clients that wait until messages are finished."""
        self._last = 0
        self.last_change = 0
        """The number of the latest change."""
        self._lost = 0
        self._latest: deque[Record] = deque(maxlen=LATEST)

    def append(
        self,
        records: Sequence[Record],
        *,
        destinations: Iterable[str] = (),
        ids: Collection[str] = (),
    ) -> list[int]:
        """Add records of one tenant, and return the numbers they get.

        `destinations` are the names of the destinations that get them, `ids` the new messageIds.
        If it raises StoreUnavailable, nothing is added.
        """
        with self._lock:
            written = [replace(each, number=n) for n, each in enumerate(records, self._last + 1)]
            if self._kept is not None and written:
                self._kept.add(written, destinations, ids, self._dropped)
                self._dropped = []
            self._last += len(written)
            for record in written:
                self._put(record)
            if ids:
                self._ledgers[written[0].tenant].see(ids, written[0].at)
        if written:
            self._tell(written[0].tenant)
        return [record.number for record in written]

    def has_seen(self, tenant: int, message_id: str, now: float) -> bool:
        """Return whether the tenant has seen the messageId within the last day."""
        ledger = self._ledgers.get(tenant)
        return ledger is not None and ledger.has_seen(message_id, now)

    def restore(self, kept: KeptQueue, now: float) -> list[tuple[Record, tuple[str, ...]]]:
        """Load the records of the file. Return the open ones with their destinations."""
        found = []
        with self._lock:
            self._last = kept.last_number()
            for tenant, message_id, at in kept.ids(now):
                self._ledgers[tenant].see((message_id,), at)
            for tenant, outcome, count in kept.forgotten():
                self._ledgers[tenant].counts[cast("LedgerOutcome", outcome)] += count
            for record, destinations in kept.records():
                self._put(record)
                if record.is_open:
                    found.append((record, destinations))
            self._lost = 0
            self._latest.clear()
        return found

    def claim(self, tenant: int, number: int, place: int, parts: PartsAt, at: float) -> bool:
        """Record in the file, if there is one, that the request at a position is about to be sent.

        `parts` are what the destination has made of the message so far. Returns False if the
        message is gone, for example after a reset, or if the request is claimed already. Raises
        StoreUnavailable.
        """
        with self._lock:
            record = self._find(tenant, number)
            if record is None or self._kept is None:
                return record is not None
            name = parts[place].destination
            if any((n, p.destination) == (place, name) for n, p in record.under_way):
                return False
            new = record.sending({**parts, place: parts[place].without_answer(at)})
            self._kept.write(new)
            self._ledgers[tenant].records[number] = new
        return True

    def write(self, tenant: int, number: int, parts: PartsAt) -> bool:
        """Record the parts of one destination: first all of them, later the changed ones.

        Return whether the message is still open. Raises StoreUnavailable.
        """
        with self._lock:
            record = self._find(tenant, number)
            if record is None:
                return False
            new = record.with_parts(parts)
            if self._kept is not None:
                self._kept.write(new)
            self._put(new)
        self._tell(tenant)
        if not new.is_open:
            self.flushing.changed(tenant)
        return new.is_open

    def _tell(self, tenant: int) -> None:
        for listener in self.listeners:
            listener(tenant)

    def _put(self, new: Record) -> None:
        ledger = self._ledgers[new.tenant]
        self.last_change += 1
        old = ledger.put(new, self.last_change)
        if old is None:
            dropped = ledger.drop_oldest(self._limits)
            if self._kept is not None:
                self._dropped += dropped
        if (lost := new.lost) and not (old and old.lost):
            self._lost += 1
            self._latest.append(replace(new, code=lost.code, reason=lost.reason))

    def _find(self, tenant: int, number: int) -> Record | None:
        """Return the record, or None if it was dropped or deleted by a reset."""
        ledger = self._ledgers.get(tenant)
        return None if ledger is None else ledger.records.get(number)

    def has_room(self, tenant: int, coming: int) -> bool:
        """Return whether a tenant may queue this number; with nothing queued it always may."""
        with self._lock:
            is_first = not any(ledger.open for ledger in self._of((tenant,)))
            count = sum(len(ledger.open) for ledger in self._ledgers.values())
            size = sum(ledger.open_bytes for ledger in self._ledgers.values())
        most, most_bytes = self._choices.most_queued, self._choices.most_queued_bytes
        return is_first or (count + coming <= most and size <= most_bytes)

    def waiting(self, view: View | None = None) -> int:
        """Return the number of open messages; without a view, of all tenants."""
        with self._lock:
            return sum(len(ledger.open) for ledger in self._of(view))

    def flush(self, view: View, seconds: float) -> bool:
        """Wait until all messages open now are finished. Return False after the timeout."""
        condition = ChangeCondition(self.flushing, view)
        return bool(condition.wait(self._flushed(view), monotonic() + seconds))

    def flush_later(
        self,
        view: View,
        seconds: float,
        reply: Callable[[bool], HttpAnswer],
        numbers: Collection[int] | None = None,
    ) -> Later:
        """Return a Later that is ready when these messages, or all open now, are finished.

        `reply` makes the answer. Its argument is False after the timeout.
        """
        is_flushed = self._flushed(view, numbers)
        return Later(
            condition=ChangeCondition(self.flushing, view),
            deadline=monotonic() + seconds,
            ready=lambda: reply(True) if is_flushed() else None,
            overdue=lambda: reply(False),
        )

    def _flushed(self, view: View, numbers: Collection[int] | None = None) -> Callable[[], bool]:
        """Return a function that returns whether these messages, or all open now, are finished."""
        with self._lock:
            last = self._last

        def is_flushed() -> bool:
            with self._lock:
                if numbers is not None:
                    return all(each.open.keys().isdisjoint(numbers) for each in self._of(view))
                return all(next(iter(each.open), last + 1) > last for each in self._of(view))

        return is_flushed

    def lost_and_latest(self) -> tuple[int, list[Record]]:
        """Return the number of drops since the start, and the latest hundred with their reasons."""
        with self._lock:
            return self._lost, list(self._latest)

    def records(
        self, view: View, page: Span = _EVERYTHING, wanted: Wanted = MappingProxyType({})
    ) -> list[Record]:
        """Return the records of a page, or all."""
        found = self._matching(view, wanted, after=page.after, descending=page.descending)
        return list(islice(found, page.offset, page.offset + page.limit))

    def changes(self, view: View, *, after: int) -> list[tuple[int, Record]]:
        """Return the records added or changed after a change number, in that order."""
        with self._lock:
            found = [
                (change, ledger.records[number])
                for ledger in self._of(view)
                for number, change in takewhile(
                    lambda item: item[1] > after, reversed(ledger.changes.items())
                )
            ]
        return sorted(found, key=lambda pair: pair[0])

    def record(self, view: View, number: int) -> Record | None:
        """Return one record of the view, or None."""
        with self._lock:
            found = (self._find(tenant, number) for tenant in view)
            return next(filter(None, found), None)

    def matching(self, view: View, wanted: Wanted, *, after: int = 0) -> int:
        """Return how many of the kept records after a number match."""
        return sum(1 for _ in self._matching(view, wanted, after=after))

    def _matching(
        self, view: View, wanted: Wanted, *, after: int, descending: bool = False
    ) -> Iterator[Record]:
        with self._lock:
            records = [record for ledger in self._of(view) for record in ledger.records.values()]
        records.sort(key=lambda record: record.number, reverse=descending)
        return (r for r in records if r.number > after and r.matches(wanted))

    def counts(self, view: View | None = None) -> dict[LedgerOutcome, int]:
        """Count messages by outcome since the last reset, the most common first.

        Without a view, count those of all tenants.
        """
        total: Counter[LedgerOutcome] = Counter()
        with self._lock:
            for ledger in self._of(view):
                total += ledger.counts
        return dict(total.most_common())

    def forgotten(self, view: View) -> int:
        """Return how many records were dropped because of the limits."""
        with self._lock:
            return sum(ledger.counts.total() - len(ledger.records) for ledger in self._of(view))

    def _of(self, view: View | None) -> list[TenantLedger]:
        tenants = self._ledgers if view is None else view
        return [self._ledgers[tenant] for tenant in tenants if tenant in self._ledgers]

    def reset(self, view: View, together: Callable[[], None]) -> None:
        """Delete the tenants' records and messageIds, and what `together` deletes.

        Numbers continue.
        """
        with self._lock:
            if self._kept is None:
                together()
            else:
                self._kept.reset(view, self._last, together)
                self._dropped = [each for each in self._dropped if each.tenant not in view]
            for tenant in view:
                self._ledgers.pop(tenant, None)
        for tenant in view:
            self.flushing.changed(tenant)
