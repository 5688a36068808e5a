"""Journal: every request the mock answered, accepted or refused, oldest first.

An entry is one row, written before the answer is sent. Bodies are kept as the received bytes and
parsed when they are read.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeAlias

from mock_server.bounds import TOLD_CHARACTERS
from mock_server.exchange import HttpAnswer, Received
from mock_server.masking import masked_path, masked_query
from mock_server.routes import ROUTES
from mock_server.store.database import NO_END, NOBODY, Limits, Span, SqlRow, Store, StoreUnavailable
from mock_server.store.journal_entry import (
    COLUMNS,
    INSERT,
    SIZE,
    Entry,
    EntryFilter,
    EntryRow,
    answer_text,
    entry_rows,
    holding_rows,
    page_rows,
    problems_text,
)
from sandbox.values import Problem

View: TypeAlias = tuple[int, ...]
"""The tenants whose entries are shown together: NOBODY's are shown with the default one's."""

EVENT_PATHS: Final = frozenset(
    route.path
    for route in ROUTES.values()
    if route.upload and route.upload.endpoint.envelope == "events"
)
_OUTLINE: Final = COLUMNS.replace("body", "CASE WHEN length(body) <= ? THEN body ELSE x'' END")


class _Tally:
    """The counts of one tenant's journal, cached so that rows need not be counted again."""

    __slots__ = ("body_bytes", "dropped", "events", "events_dropped", "kept")

    def __init__(self, counted: Iterable[int] = (0, 0, 0, 0, 0)) -> None:
        self.kept, self.dropped, self.events, self.events_dropped, self.body_bytes = counted


class Journal:
    """The entries of all tenants. The limits hold for each tenant."""

    def __init__(self, store: Store, *, clock: Callable[[], float], limits: Limits) -> None:
        """Continue the journal of the store."""
        self._store = store
        self._clock = clock
        self._limits = limits
        self.before_drop: Callable[[int, int], None]
        """Called with a tenant and the number of the last of its entries to be dropped."""
        self._tallies: dict[int, _Tally | None] = {}
        self._lost: dict[int, StoreUnavailable] = {}
        store.on_loss = self._lose
        self.listeners: list[Callable[[int], None]] = []
        self.next_number: int
        """The number of the next entry."""
        ((self.next_number,),) = store.read(
            "SELECT max(value, (SELECT coalesce(max(number), 0) + 1 FROM entries))"
            " FROM counters WHERE name = 'next_number'"
        )

    def append(  # noqa: PLR0913 - the columns of one row, each by name
        self,
        received: Received,
        *,
        status: int,
        tenant: int = NOBODY,
        token: str = "",
        items: int = 0,
        problems: Iterable[Problem] = (),
        fault: str | None = None,
        answer: HttpAnswer | None = None,
    ) -> int:
        """Write one entry and return its number. Raises StoreUnavailable if it was not written.

        `items` is the number of items that go into the state. `answer` is given unless it follows
        from the path alone. An entry without an answer may wait until `settle`.
        """
        body, said = received.body, problems_text(problems) if problems else None
        path, query = masked_path(received.path), received.query and masked_query(received.query)
        headers = received.headers.masked
        size = len(body) + len(path) + len(query) + len(headers) + len(said or "")
        events = items if received.path in EVENT_PATHS else 0
        with self._store.lock:
            tally = self._tally(tenant)
            if self._is_full(tally, size) or not self._store.waits(may_wait=answer is None):
                self._store.settle()  # it changes the tally if waiting rows are lost
                tally = self._tally(tenant)
            if self._is_full(tally, size):
                self._drop_oldest(tenant, tally)
            number = self.next_number
            self._store.append(
                INSERT,
                EntryRow(
                    number,
                    tenant,
                    self._clock(),
                    received.method[:TOLD_CHARACTERS],
                    path,
                    status,
                    items,
                    events,
                    tally.events,
                    token or None,
                    received.header("content-encoding") or None,
                    said,
                    fault,
                    body,
                    query,
                    headers,
                    None if answer is None else answer_text(answer),
                ),
                size=size,
                may_wait=answer is None,
            )
            self.next_number = number + 1
            tally.kept += 1
            tally.events += events
            tally.body_bytes += size
        for listener in self.listeners:
            listener(tenant)
        return number

    def settle(self) -> dict[int, StoreUnavailable]:
        """Commit the waiting entries. Return the numbers of the lost ones, each with the reason."""
        self._store.settle()
        if not (self._lost and self._store.waits()):
            return {}
        lost, self._lost = self._lost, {}  # only this thread has waiting entries
        return lost

    def _lose(self, row: SqlRow, error: StoreUnavailable) -> None:
        self._lost[row[0]] = error
        self._tallies[row[1]] = None  # to be counted again

    def _tally(self, tenant: int) -> _Tally:
        known = self._tallies.get(tenant)
        if known is None:
            is_first = tenant >= self._store.opened_with and tenant not in self._tallies
            known = self._tallies[tenant] = _Tally() if is_first else self._counted(tenant)
        return known

    def _counted(self, tenant: int) -> _Tally:
        (row,) = self._store.read(
            "SELECT count(number), entries_dropped,"  # noqa: S608
            " events_dropped + coalesce(sum(events), 0), events_dropped,"
            f" coalesce(sum({SIZE}), 0)"
            " FROM tenants LEFT JOIN entries ON tenant = id WHERE id = ?",
            (tenant,),
        )
        return _Tally(row)

    def _is_full(self, tally: _Tally, size: int) -> bool:
        is_long = tally.body_bytes + size > self._limits.body_bytes
        return tally.kept >= self._limits.entries or (tally.kept > 0 and is_long)

    def _drop_oldest(self, tenant: int, tally: _Tally) -> None:
        """Drop 1/400 of the entries at once, so that not every new entry has to drop one."""
        rows = self._store.read(
            f"SELECT number, events, {SIZE} FROM entries"  # noqa: S608
            " WHERE tenant = ? ORDER BY number LIMIT ?",
            (tenant, max(1, tally.kept // 400)),
        )
        self.before_drop(tenant, rows[-1][0])
        events = sum(row[1] for row in rows)
        with self._store.transaction():
            those = "tenant = ? AND number <= ?"
            self._store.write(f"DELETE FROM entries WHERE {those}", (tenant, rows[-1][0]))  # noqa: S608
            self._store.write(
                "UPDATE tenants SET entries_dropped = entries_dropped + ?,"
                " events_dropped = events_dropped + ? WHERE id = ?",
                (len(rows), events, tenant),
            )
        tally.events_dropped += events
        tally.kept -= len(rows)
        tally.dropped += len(rows)
        tally.body_bytes -= sum(row[2] for row in rows)

    def each(self, view: View, page: Span, where: EntryFilter) -> Iterator[Entry]:
        """Yield the entries of a page, so that large ones need not be in memory together.

        Raises SearchTooLong if a filter by body must inflate too many bytes.
        """
        rows = page_rows(self._store, view, where.condition, page)
        if where.body is not None:
            every, text = page._replace(limit=NO_END, offset=0), where.body.encode()
            found = holding_rows(self._store, view, where.condition, every, (text,))
            rows = islice(found, page.offset, page.offset + page.limit)
        return map(self._entry, rows)

    def since(self, view: View, after: int) -> list[Entry]:
        """Return all entries of the view after a number, oldest first."""
        waiting = self._waiting(after)
        if waiting is None:
            return [*self.each(view, Span(limit=NO_END, after=after), EntryFilter())]
        return [self._entry(row) for row in waiting if row.tenant in view]

    def _waiting(self, after: int) -> Sequence[EntryRow[int]] | None:
        """Return the entries after a number without a query if all of them wait, else None."""
        waiting: Sequence[EntryRow[int]] = self._store.waiting(INSERT)
        if not waiting or waiting[0].number > after + 1:
            return None
        return waiting[after + 1 - waiting[0].number :]

    def rows(
        self, tenant: int, after: int, *, start: int = -1, stop: int = NO_END, limit: int = NO_END
    ) -> list[EntryRow[int]]:
        """Return the rows after a number with events from `start` to `stop`, oldest first.

        `limit` does not hold if all of them still wait to be written.
        """
        waiting = self._waiting(after)
        if waiting is not None:
            own = (row for row in waiting if row.tenant == tenant)
            return [row for row in own if start - row.events < row.events_before < stop]
        those = "tenant = ? AND number > ? AND events_before + events > ? AND events_before < ?"
        all_of = f"{those} ORDER BY number LIMIT ?"
        return entry_rows(self._store, all_of, tenant, after, start, stop, limit)

    def event_range(self, tenant: int, after: int = 0) -> tuple[int, int]:
        """Return the range of kept events from entries after that number; the first event is 0."""
        with self._store.lock:
            self._store.settle()  # it changes the tally if waiting rows are lost
            tally = self._tally(tenant)
            first, last = tally.events_dropped, tally.events
            if after:
                rows = self.rows(tenant, after, limit=1)
                first = rows[0].events_before if rows else last
        return max(first, last - self._limits.events), last

    def entry(self, view: View, number: int) -> Entry | None:
        """Return one entry of the view, or None."""
        return next(self.each(view, Span(after=number - 1, before=number + 1), EntryFilter()), None)

    def outlines(self, after: int, *, limit: int, body_bytes: int = 0) -> list[Entry]:
        """Return the newest entries after a number, of all tenants; larger bodies are empty."""
        query = f"SELECT {_OUTLINE} FROM entries WHERE number > ? ORDER BY number DESC LIMIT ?"  # noqa: S608
        rows = self._store.read(query, (body_bytes, after, limit))
        return [self._entry(row) for row in reversed(rows)]

    def _entry(self, row: SqlRow) -> Entry:
        number, tenant, *others = row
        return Entry._make((number, self._store.tenants[tenant], *others))

    def matching(self, view: View, where: EntryFilter, *, after: int = 0) -> int:
        """Return how many of the kept entries after a number match. Raises SearchTooLong."""
        if where == EntryFilter() and not after:
            return self.count(view) - self.dropped(view)
        if where.body is not None:
            return sum(1 for _ in self.each(view, Span(limit=NO_END, after=after), where))
        condition, values = where.condition
        those = f"tenant IN ({', '.join(map(str, view))}) AND number > ? AND {condition}"
        query = f"SELECT count(*) FROM entries WHERE {those}"  # noqa: S608
        ((count,),) = self._store.read(query, (after, *values))
        return int(count)

    def count(self, view: View) -> int:
        """Return the number of entries since the last reset, dropped ones included."""
        with self._store.lock:
            return sum(tally.kept + tally.dropped for tally in map(self._tally, view))

    def dropped(self, view: View) -> int:
        """Return the number of entries dropped since the last reset."""
        with self._store.lock:
            return sum(self._tally(tenant).dropped for tenant in view)

    def reset(self, tenant: int) -> None:
        """Delete a tenant's entries, inside a transaction. Numbers continue."""
        self._store.write("DELETE FROM entries WHERE tenant = ?", (tenant,))
        cleared = "UPDATE tenants SET entries_dropped = 0, events_dropped = 0 WHERE id = ?"
        self._store.write(cleared, (tenant,))
        counted = "UPDATE counters SET value = ? WHERE name = 'next_number'"
        self._store.write(counted, (self.next_number,))
        self._tallies[tenant] = None  # to be counted again, as the transaction may fail
