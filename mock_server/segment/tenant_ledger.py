"""Tenant ledger: the bounded records and messageIds of a tenant. Dropped records are counted."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from mock_server.segment.record import LedgerOutcome, Record
from mock_server.store.database import Limits

SECONDS_KEPT: Final = 24 * 60 * 60
"""How long a repeated messageId is a duplicate: Segment documents at least 24 hours."""
MOST_KEPT: Final = 1_000_000
"""How many messageIds of a tenant are remembered; in a file, of all tenants together."""


class TenantLedger:
    """The records of one tenant by number, with their counts.

    A tenant stands for a Segment workspace here: its sources share their messageIds.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.records: dict[int, Record] = {}
        self.changes: dict[int, int] = {}  # the last change of each record, the latest at the end
        self.open: dict[int, int] = {}  # the bytes of each open message, oldest first
        self.open_bytes = 0
        self.ids: dict[str, float] = {}  # when each messageId was seen, oldest first
        self.counts: Counter[LedgerOutcome] = Counter()  # the dropped ones too
        self.size = 0

    def put(self, new: Record, change: int) -> Record | None:
        """Add or change a record. Return the record as it was before, None for a new one."""
        number = new.number
        old = self.records.get(number)
        self.records[number] = new
        self.changes.pop(number, None)
        self.changes[number] = change
        self.counts[new.outcome] += 1
        self.size += new.size
        if old is not None:
            self.counts[old.outcome] -= 1
            self.size -= old.size
        if not new.is_open:
            self.open_bytes -= self.open.pop(number, 0)
        elif old is None:
            self.open[number] = len(new.message)
            self.open_bytes += len(new.message)
        return old

    def drop_oldest(self, limits: Limits) -> list[Record]:
        """Drop the oldest records above the limits, but no open ones, and return them."""
        dropped: list[Record] = []
        looks = len(self.records)
        while looks and (
            len(self.records) > limits.entries
            or (self.size > limits.body_bytes and len(self.records) > 1)
        ):
            looks -= 1
            oldest = self.records.pop(next(iter(self.records)))
            if oldest.is_open:
                self.records[oldest.number] = oldest  # to the end, as it must not be dropped
                continue
            self.changes.pop(oldest.number, None)
            self.size -= oldest.size
            dropped.append(oldest)
        return dropped

    def has_seen(self, message_id: str, now: float) -> bool:
        """Return whether the messageId was seen within the last day."""
        return now - self.ids.get(message_id, -SECONDS_KEPT) < SECONDS_KEPT

    def see(self, message_ids: Iterable[str], now: float) -> None:
        """Remember messageIds; above the limit the oldest are forgotten."""
        for each in message_ids:
            self.ids.pop(each, None)
            self.ids[each] = now
        while len(self.ids) > MOST_KEPT:
            del self.ids[next(iter(self.ids))]
