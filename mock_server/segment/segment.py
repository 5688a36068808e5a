"""Segment: all of Segment's side in one server: sources, ledger, queue and destinations."""

import math
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

from mock_server.bounds import DELIVERIES_AT_ONCE
from mock_server.exchange import HttpAnswer, Received
from mock_server.real_clock import monotonic
from mock_server.segment.delivery_queue import DeliveryQueue, DeliverySetup, Task
from mock_server.segment.ledger import Ledger
from mock_server.segment.record import LedgerOutcome, Record
from mock_server.segment.routing import Routing, SourceRoute
from mock_server.segment.segment_choices import SegmentChoices
from mock_server.segment.timed_work import WorkThreads
from mock_server.segment.write_keys import default_workspace, is_plausible
from mock_server.store.database import Limits, Store
from mock_server.store.journal import View
from mock_server.store.tokens import TokenRow
from sandbox.segment.definition import Rules
from sandbox.segment.intake import Dropped, IntakeResult, Kept, batch_code
from sandbox.segment.json_text import packed
from sandbox.values import Json
from sandbox.workspace import ConnectedDestination, Source, Workspace

Intake: TypeAlias = tuple[LedgerOutcome, str, str]
"""The outcome of a message at intake, with code and reason."""

QUEUED: Final[Intake] = ("queued", "", "")
DUPLICATE: Final[Intake] = ("duplicate", "", "this messageId has been received before.")
NO_DESTINATION: Final[Intake] = ("unmapped", "NO_DESTINATION", "the source has no destination.")

_SECONDS_TO_END: Final = 1.0
_SECONDS_TO_SETTLE: Final = 2.0  # when a server stops that keeps undelivered messages in a file

MOST_VISITED: Final = 1000
"""How many messages without a source are remembered with their destination."""


class QueueFull(Exception):
    """The queue is full. The client should retry later."""


class Closed(Exception):
    """The server is being stopped and accepts no more messages."""


class SegmentSide:
    """Sources with their destinations, and the ledger of their messages."""

    def __init__(  # noqa: PLR0913 - its parts, each by name
        self,
        known: Workspace | Mapping[str, str],
        *,
        answer: Callable[[Received], HttpAnswer],
        default: int,
        check: Callable[[str], TokenRow | None],
        store: Store,
        is_given: bool,
        rules: Rules,
        limits: Limits,
        clock: Callable[[], float],
        choices: SegmentChoices | None = None,
    ) -> None:
        """Send the requests of destinations without a URL to `answer`.

        `known` is a workspace, or tokens by name: then each token gets a source with the three
        presets. A source's messages belong to the tenant of its first destination that delivers to
        this mock with an API key that `check` knows, else to the default tenant. If the store is a
        file, the changed workspace and the open messages are read from it, unless it belongs to
        other tokens or to another workspace.
        """
        self.workspace = known if isinstance(known, Workspace) else default_workspace(known)
        self.choices = choices = choices or SegmentChoices()
        self.clock = clock
        self.abandoned = 0
        self.refused: Counter[int] = Counter()
        """How many calls of each tenant were refused since its last reset, as too much waited."""
        self._visited: dict[int, ConnectedDestination] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._configuring = threading.Lock()
        self._keep_workspace: Callable[[Workspace], None] = lambda _: None
        kept = None
        if store.is_kept:
            from mock_server.segment.kept_queue import KeptQueue  # noqa: PLC0415 - only with a file
            from mock_server.segment.kept_workspace import workspace_in  # noqa: PLC0415 - as above

            kept, given = KeptQueue(store), self.workspace if is_given else None
            found, self._keep_workspace = workspace_in(store, given, choices.allow_remote)
            self.workspace = found or self.workspace
        self.ledger = Ledger(limits, choices, kept)
        threads = WorkThreads(most=DELIVERIES_AT_ONCE, clock=choices.timer, name="deliveries")
        setup = DeliverySetup(answer, rules, self.ledger, clock, choices, threads)
        queue_for = partial(DeliveryQueue, setup=setup)
        self._routing = Routing(check=check, default=default, queue_for=queue_for)
        self._routing.change(self.workspace)
        if kept is not None:
            with store.transaction():
                starts = self._routing.resume(self.ledger, self.ledger.restore(kept, clock()))
            for start in starts:  # after the commit, which must not wait for a delivery
                start()

    def reconfigure(self, change: Callable[[Workspace], Workspace]) -> Workspace:
        """Change the workspace with `change`, and return the new one. Changes run one at a time.

        Queued messages are kept. If `change` raises, the error propagates and nothing changes.
        Raises Closed if the server is being stopped, and StoreUnavailable.
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
        return self._routing.route_of(source).tenant

    def take(self, source: Source, taken: tuple[IntakeResult, ...]) -> list[int]:
        """Record the messages of a source, queue those that intake kept, and return their numbers.

        If it raises QueueFull, Closed or StoreUnavailable, no message is accepted.
        """
        with self._lock:
            route, batch = self._routing.route_of(source), batch_code(taken)
            self._check_room(route.tenant, len(taken))
            return self._queue(route, source, taken, batch=batch, counts_ids=True)

    def send_through(self, to: ConnectedDestination, taken: IntakeResult, *, tenant: int) -> int:
        """Send one message to a destination without a source, and return its number.

        Raises QueueFull, Closed and StoreUnavailable as `take`.
        """
        source = Source(name=to.source, write_key="")
        with self._lock:
            self._check_room(tenant, 1)
            is_dropped = isinstance(taken, Dropped)  # then no destination sees it
            route = SourceRoute(tenant) if is_dropped else self._routing.visit(to, tenant)
            (number,) = self._queue(route, source, (taken,))
            if not is_dropped:
                self._visited[number] = to
            if len(self._visited) > MOST_VISITED:
                del self._visited[next(iter(self._visited))]
        return number

    def _check_room(self, tenant: int, coming: int) -> None:
        if self._closed:
            raise Closed
        if not self.ledger.has_room(tenant, coming):
            self.refused[tenant] += 1
            raise QueueFull

    def _queue(
        self,
        route: SourceRoute,
        source: Source | None,
        taken: Sequence[IntakeResult],
        *,
        batch: str = "",
        counts_ids: bool = False,
    ) -> list[int]:
        """Record a batch and queue it. With `counts_ids`, a messageId counts once."""
        now, new = self.clock(), dict[str, None]()
        fates = [self._fate(route, each, now, new if counts_ids else None) for each in taken]
        known: dict[str, Any] = {"tenant": route.tenant, "at": now, "batch_code": batch}
        known |= {"source": source and source.name, "waiting": len(route.queues)}
        records = [_record(each, fate, **known) for each, fate in zip(taken, fates, strict=True)]
        names = [queue.destination.name for queue in route.queues]
        numbers = self.ledger.append(records, destinations=names, ids=new)
        for each, number, fate in zip(taken, numbers, fates, strict=True):
            if fate is QUEUED and not isinstance(each, Dropped):
                for queue in route.queues:
                    queue.put(Task(route.tenant, number, each.message))
        return numbers

    def _fate(
        self, route: SourceRoute, taken: IntakeResult, now: float, new: dict[str, None] | None
    ) -> Intake:
        """Return the outcome of a message at intake. Adds a messageId seen first to `new`."""
        if isinstance(taken, Dropped):
            return "dropped", taken.code, taken.reason
        if new is not None:
            message_id = taken.message_id
            if message_id in new or self.ledger.has_seen(route.tenant, message_id, now):
                return DUPLICATE
            new[message_id] = None
        return QUEUED if route.queues else NO_DESTINATION

    def destinations_of(self, record: Record) -> tuple[ConnectedDestination, ...]:
        """Return the destinations of a message: those of its source, or the one it was sent to."""
        if record.number in self._visited:
            return (self._visited[record.number],)
        source = self.source_of(record)
        return () if source is None else self.workspace.destinations_of(source)

    def source_of(self, record: Record) -> Source | None:
        """Return the source of a message, None if it is gone or now another tenant's."""
        named = (each for each in self.workspace.sources if each.name == record.source)
        return next((each for each in named if self.tenant_of(each) == record.tenant), None)

    def drop(
        self, source: Source | None, messages: Iterable[Json], *, code: str, reason: str
    ) -> list[int]:
        """Record messages that are all refused for one reason."""
        dropped = [Dropped(message, code, reason) for message in messages]
        return self._queue(SourceRoute(self.tenant_of(source)), source, dropped)

    def reset(self, view: View, together: Callable[[], None] = lambda: None) -> None:
        """Delete the queue, the ledger and the messageIds of these tenants.

        Their open requests have a second to end, in which other tenants' messages are taken. What
        `together` writes is committed in the same transaction.
        """
        deadline = monotonic() + _SECONDS_TO_END
        for queue in self._routing.queues():
            queue.reset(view, deadline)
        with self._lock:
            for queue in self._routing.queues():  # once more, for messages received meanwhile
                queue.reset(view, deadline)
            self.ledger.reset(view, together)
            for tenant in view:
                del self.refused[tenant]

    def close(self) -> None:
        """Accept no more messages, and deliver the queued ones, keep them, or give them up.

        Sets `abandoned` to the number of messages given up or unanswered. Idempotent.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
        most = _SECONDS_TO_SETTLE if self.ledger.is_kept else math.inf
        deadline = self.choices.timer() + min(self.choices.seconds_to_drain, most)
        queues = self._routing.queues()
        for queue in queues:
            queue.hurry()
        for queue in queues:  # while all of them deliver
            queue.drain(deadline)
        if not self.ledger.is_kept:
            self.abandoned = self.ledger.waiting()
        for queue in queues:
            queue.close()


def _record(taken: IntakeResult, fate: Intake, **known: Any) -> Record:
    message = taken.message if isinstance(taken.message, dict) else {}
    outcome, code, reason = fate
    return Record(
        number=0,
        message=packed(taken.message),
        message_id=_text(message.get("messageId")),
        type=_text(message.get("type")),
        event=_text(message.get("event")),
        outcome=outcome,
        code=code,
        reason=reason,
        remarks=taken.remarks if isinstance(taken, Kept) else (),
        **known,
    )


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None
