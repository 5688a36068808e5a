"""Segment: all of Segment's side in one server: sources, ledger, queue and destinations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TypeAlias

from mock_server.segment.delivery_queue import Lane
from mock_server.segment.ledger import Ledger
from mock_server.segment.message_ids import MessageIds
from mock_server.segment.pending import Pending
from mock_server.segment.queued_work import Job, Pace
from mock_server.segment.record import Outcome, Record, packed
from mock_server.segment.routing import Routing, Way
from mock_server.segment.segment_choices import SegmentChoices
from mock_server.segment.senders import Sender
from mock_server.segment.write_keys import is_plausible
from mock_server.store.database import Limits, StoreUnavailable
from mock_server.store.journal import View
from sandbox.segment.definition import Rules
from sandbox.segment.intake import Dropped, Kept, Taken, batch_code
from sandbox.segment.javascript import Json
from sandbox.workspace import ConnectedDestination, Source, Workspace

if TYPE_CHECKING:
    from mock_server.segment.kept_queue import KeptQueue

Fate: TypeAlias = tuple[Outcome, str, str]
"""The outcome of a message at intake, with code and reason."""

QUEUED: Final[Fate] = ("queued", "", "")
DUPLICATE: Final[Fate] = ("duplicate", "", "the source has sent this messageId before.")
NO_DESTINATION: Final[Fate] = ("unmapped", "NO_DESTINATION", "the source has no destination.")


MOST_VISITED: Final = 1000
"""For how many messages of no source it is known through which mappings they were sent."""


class QueueFull(Exception):
    """The queue is full. The client should retry later."""


class Closed(Exception):
    """The server is being stopped and accepts nothing any more."""


class Segment:
    """Sources with their destinations, and what became of every message."""

    def __init__(  # noqa: PLR0913 - its parts, each by name
        self,
        workspace: Workspace,
        *,
        tenant_for: Callable[[Workspace, Source], int],
        sender_for: Callable[[ConnectedDestination], Sender],
        rules: Rules,
        limits: Limits,
        clock: Callable[[], float],
        choices: SegmentChoices | None = None,
        kept: KeptQueue | None = None,
        keep_workspace: Callable[[Workspace], None] = lambda _: None,
    ) -> None:
        """Connect sources to destinations, and continue with the messages in `kept`.

        `tenant_for` returns the tenant of a source, `sender_for` the sender of a destination.
        `keep_workspace` is called with each workspace before it is put in force.
        """
        self.workspace = workspace
        self.choices = choices or SegmentChoices()
        self.clock = clock
        self.ledger = Ledger(limits, kept)
        self.abandoned = 0
        self._kept = kept
        self.refused = 0
        self._ids = MessageIds()
        self._visited: dict[int, ConnectedDestination] = {}
        self._lock = threading.Lock()
        self.pending = Pending(
            most=self.choices.most_queued, most_bytes=self.choices.most_queued_bytes
        )
        self._closed = False
        self._configuring = threading.Lock()
        self._keep_workspace = keep_workspace
        pace = Pace(
            clock=clock,
            timer=self.choices.timer,
            chance=self.choices.chance,
            backoff=self.choices.backoff,
        )

        def lane_for(destination: ConnectedDestination, sender: Sender) -> Lane:
            return Lane(
                destination,
                sender=sender,
                rules=rules,
                ledger=self.ledger,
                pace=pace,
                is_open=self.pending.is_open,
                on_done=self.pending.done,
                kept=kept,
            )

        self._routing = Routing(tenant_for=tenant_for, sender_for=sender_for, lane_for=lane_for)
        self._routing.change(workspace)
        if kept is not None:
            from mock_server.segment.going_on import go_on  # noqa: PLC0415 - with a file alone

            for tenant, message_id, at in kept.ids(clock()):
                self._ids.is_new(tenant, message_id, now=at)
            lane_named = self._routing.lane_named
            go_on(kept, self.ledger, self.pending, lane_named=lane_named, now=clock())

    def reconfigure(self, change: Callable[[Workspace], Workspace]) -> Workspace:
        """Change the workspace with `change`, and return the new one. Changes run one at a time.

        Queued messages are kept. If `change` raises, the error propagates and nothing changes.
        Raises Closed when the server ends, and StoreUnavailable.
        """
        with self._configuring:
            workspace = change(self.workspace)
            with self._lock:
                if self._closed:
                    raise Closed
                self._keep_workspace(workspace)
                self._routing.change(workspace)
                self.workspace = workspace
        return workspace

    def source_with(self, write_key: str) -> Source | None:
        """Return the source of a write key, or None."""
        source = self.workspace.source_with(write_key)
        if source is None and self.choices.any_write_key and is_plausible(write_key):
            return next(iter(self.workspace.sources), None)
        return source

    def tenant_of(self, source: Source | None) -> int:
        """Return the tenant of a source, or the tenant of unknown callers if it has none."""
        return self._routing.way_of(source).tenant

    def take(self, source: Source, taken: tuple[Taken, ...]) -> list[int]:
        """Record the messages of a source, queue those that intake kept, and return their numbers.

        Raises QueueFull if too much is queued, and accepts nothing then; Closed when the server
        ends; and StoreUnavailable.
        """
        batch, now = batch_code(taken), self.clock()
        with self._lock:
            if self._closed:
                raise Closed
            way = self._routing.way_of(source)
            if not self.pending.has_room(len(taken)):
                self.refused += 1
                raise QueueFull
            new: list[str] = []
            fates = [self._fate(way, each, now, new) for each in taken]
            records = [
                _record(each, way.tenant, now, source, fate, batch, waiting=len(way.lanes))
                for each, fate in zip(taken, fates, strict=True)
            ]
            names = [lane.destination.name for lane in way.lanes]
            try:
                numbers = self.ledger.append(records, destinations=names, ids=new)
            except StoreUnavailable:
                self._ids.forget(way.tenant, *new)
                raise
            for each, number, record in zip(taken, numbers, records, strict=True):
                if record.outcome == "queued" and isinstance(each, Kept):
                    self.pending.add(way.tenant, number, size=len(record.message))
                    for lane in way.lanes:
                        lane.put(Job(way.tenant, number, each.message))
        return numbers

    def send_through(self, destination: ConnectedDestination, taken: Taken, *, tenant: int) -> int:
        """Send one message through a destination without a source, and return its number.

        Raises QueueFull and Closed as `take`.
        """
        source = Source(name=destination.source, write_key="")
        with self._lock:
            if self._closed:
                raise Closed
            if not self.pending.has_room(1):
                self.refused += 1
                raise QueueFull
            if isinstance(taken, Dropped):
                fate: Fate = ("dropped", taken.code, taken.reason)
                return self.ledger.append([_record(taken, tenant, self.clock(), source, fate)])[0]
            record = _record(taken, tenant, self.clock(), source, QUEUED, waiting=1)
            (number,) = self.ledger.append([record], destinations=[destination.name])
            self._visited[number] = destination
            if len(self._visited) > MOST_VISITED:
                del self._visited[next(iter(self._visited))]
            self.pending.add(tenant, number, size=len(record.message))
            self._routing.visit(destination).put(Job(tenant, number, taken.message))
        return number

    def destinations_of(self, record: Record) -> tuple[ConnectedDestination, ...]:
        """Return the destinations that see what comes from a message's source, or saw it itself."""
        if record.number in self._visited:
            return (self._visited[record.number],)
        known = (each for each in self.workspace.sources if each.name == record.source)
        source = next(known, None)
        return () if source is None else self.workspace.destinations_of(source)

    def due(self, record: Record) -> dict[tuple[str, str], float]:
        """Return when requests of a message are tried again, by destination and mapping."""
        return {
            (lane.destination.name, mapping): at
            for lane in self._routing.lanes()
            for mapping, at in lane.due(record.tenant, record.number).items()
        }

    def _fate(self, way: Way, taken: Taken, now: float, new: list[str]) -> Fate:
        """Return the outcome of a message at intake. A new messageId is added to `new`."""
        if isinstance(taken, Dropped):
            return "dropped", taken.code, taken.reason
        if not self._ids.is_new(way.tenant, taken.message["messageId"], now=now):
            return DUPLICATE
        new.append(taken.message["messageId"])
        return QUEUED if way.lanes else NO_DESTINATION

    def drop(
        self, source: Source | None, messages: Iterable[Json], *, code: str, reason: str
    ) -> list[int]:
        """Record messages that are all refused for one reason."""
        tenant, now = self.tenant_of(source), self.clock()
        return self.ledger.append(
            _record(Dropped(message, code, reason), tenant, now, source, ("dropped", code, reason))
            for message in messages
        )

    def reset(self, view: View, together: Callable[[], None] = lambda: None) -> None:
        """Delete the queue, the ledger and the messageIds of these tenants.

        What `together` writes is committed in the same transaction.
        """
        with self._lock:
            for tenant in view:
                self.pending.reset(tenant)
                for lane in self._routing.lanes():
                    lane.reset(tenant)
            self.ledger.reset(*view, together=together)
            for tenant in view:
                self._ids.reset(tenant)

    def close(self) -> None:
        """Stop accepting; deliver what is queued, keep it, or record that it was given up.

        `abandoned` is then the number of messages that were given up or are unanswered. Idempotent.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
        deadline = self.choices.timer() + self.choices.seconds_to_drain
        lanes = self._routing.lanes()
        closing = [threading.Thread(target=lane.close, args=(deadline,)) for lane in lanes]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()
        if self._kept is None:
            given_up = set[tuple[int, int]]().union(*(lane.abandoned for lane in lanes))
            self.abandoned = len(given_up) + self.pending.waiting()


def _record(  # noqa: PLR0913, PLR0917 - what is known of a message
    taken: Taken,
    tenant: int,
    now: float,
    source: Source | None,
    fate: Fate,
    batch: str = "",
    *,
    waiting: int = 0,
) -> Record:
    message = taken.message if isinstance(taken.message, dict) else {}
    outcome, code, reason = fate
    return Record(
        number=0,
        tenant=tenant,
        at=now,
        source=None if source is None else source.name,
        message=packed(taken.message),
        message_id=_text(message.get("messageId")),
        type=_text(message.get("type")),
        event=_text(message.get("event")),
        outcome=outcome,
        code=code,
        reason=reason,
        batch_code=batch,
        waiting=waiting,
        remarks=taken.remarks if isinstance(taken, Kept) else (),
    )


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None
