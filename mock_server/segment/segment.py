"""Segment: all of Segment's side in one server: sources, ledger, queue and destinations."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from mock_server.segment.lane import Job, Lane, Pace
from mock_server.segment.ledger import Ledger
from mock_server.segment.message_ids import MessageIds
from mock_server.segment.record import Outcome, Record, packed
from mock_server.segment.senders import Sender
from mock_server.toplyne.journal import View
from mock_server.toplyne.store import NOBODY, Limits
from sandbox.segment.definition import Rules
from sandbox.segment.intake import Dropped, Kept, Taken, batch_code
from sandbox.segment.javascript import Json
from sandbox.segment.retry import SEGMENTS_BACKOFF, Backoff
from sandbox.workspace import ConnectedDestination, Source, Workspace

SECONDS_TO_DRAIN: Final = 10.0
MOST_ANSWERS_WAITING: Final = 100

Fate: TypeAlias = tuple[Outcome, str, str]
"""What becomes of a message at once: outcome, code and reason."""

QUEUED: Final[Fate] = ("queued", "", "")
DUPLICATE: Final[Fate] = ("duplicate", "", "the source has sent this messageId before.")
NO_DESTINATION: Final[Fate] = ("unmapped", "NO_DESTINATION", "the source has no destination.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentChoices:
    """What can be chosen of Segment's side.

    `synchronous` lets a client's answer wait until its messages are delivered or given up, five
    minutes at most. `most_queued` is how many messages may wait before clients are told to come
    back later.
    """

    synchronous: bool = False
    backoff: Backoff = SEGMENTS_BACKOFF
    most_queued: int = 20_000
    seconds_to_drain: float = SECONDS_TO_DRAIN
    timer: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())


class QueueFull(Exception):
    """As many messages wait as may; the client is to come back later."""


class Closed(Exception):
    """The server is being stopped and takes nothing any more."""


class Segment:
    """Sources with the destinations behind them, and what became of every message."""

    def __init__(  # noqa: PLR0913 - its parts, each by name
        self,
        workspace: Workspace,
        *,
        tenants: dict[str, int],
        sender_for: Callable[[ConnectedDestination], Sender],
        rules: Rules,
        limits: Limits,
        clock: Callable[[], float],
        choices: SegmentChoices | None = None,
    ) -> None:
        """Stand between sources and destinations.

        `tenants` gives the tenant of each source's name, `sender_for` how to reach a destination.
        """
        self.workspace = workspace
        self.choices = choices or SegmentChoices()
        self.clock = clock
        self.ledger = Ledger(limits)
        self.refused = 0
        self._tenants = tenants
        self._ids = MessageIds()
        self._lock = threading.Lock()
        self._done = threading.Condition()
        self._open: dict[int, dict[int, int]] = {}
        self._queued = 0
        self._closed = False
        self._places = threading.BoundedSemaphore(MOST_ANSWERS_WAITING)
        pace = Pace(
            clock=clock,
            timer=self.choices.timer,
            chance=self.choices.chance,
            backoff=self.choices.backoff,
        )
        self._lanes: dict[str, list[Lane]] = {source.name: [] for source in workspace.sources}
        for each in workspace.destinations:
            lane = Lane(
                each,
                sender=sender_for(each),
                rules=rules,
                ledger=self.ledger,
                pace=pace,
                on_done=self._on_done,
            )
            self._lanes[each.source].append(lane)

    def tenant_of(self, source: Source | None) -> int:
        """Return the tenant of a source; nobody's where there is none."""
        return NOBODY if source is None else self._tenants[source.name]

    def take(self, source: Source, taken: tuple[Taken, ...]) -> list[int]:
        """Write down what came of a source and queue what is kept; return the numbers.

        Raises QueueFull and takes nothing where too much waits already, Closed at the end.
        """
        tenant, lanes, now = self._tenants[source.name], self._lanes[source.name], self.clock()
        batch = batch_code(taken)
        with self._lock:
            if self._closed:
                raise Closed
            if self._queued and self._queued + len(taken) > self.choices.most_queued:
                self.refused += 1
                raise QueueFull
            fates = [self._fate(source, each, now) for each in taken]
            numbers = self.ledger.append(
                [
                    replace(_record(each, tenant, now, source, fate, batch), waiting=len(lanes))
                    for each, fate in zip(taken, fates, strict=True)
                ]
            )
            for each, number, fate in zip(taken, numbers, fates, strict=True):
                if fate is QUEUED and isinstance(each, Kept):
                    self._queue(Job(tenant, number, each.message), lanes)
        return numbers

    def _fate(self, source: Source, taken: Taken, now: float) -> Fate:
        if isinstance(taken, Dropped):
            return "dropped", taken.code, taken.reason
        if not self._ids.is_new(source.name, taken.message["messageId"], now=now):
            return DUPLICATE
        return QUEUED if self._lanes[source.name] else NO_DESTINATION

    def _queue(self, job: Job, lanes: list[Lane]) -> None:
        with self._done:
            self._open.setdefault(job.tenant, {})[job.number] = len(lanes)
            self._queued += 1
        for lane in lanes:
            lane.put(job)

    @contextmanager
    def room_to_wait(self) -> Iterator[None]:
        """Hold one of the places in which a client's answer may wait, where it does.

        Raises QueueFull where all are taken, or the server had no thread left for anything else.
        """
        if not self.choices.synchronous:
            yield
            return
        if not self._places.acquire(blocking=False):
            raise QueueFull
        try:
            yield
        finally:
            self._places.release()

    def drop(
        self, source: Source | None, messages: Iterable[Json], *, code: str, reason: str
    ) -> list[int]:
        """Write down messages of which none is taken, all for one reason."""
        tenant, now = self.tenant_of(source), self.clock()
        return self.ledger.append(
            _record(Dropped(message, code, reason), tenant, now, source, ("dropped", code, reason))
            for message in messages
        )

    def _on_done(self, tenant: int, number: int) -> None:
        with self._done:
            numbers = self._open.get(tenant, {})
            left = numbers.get(number, 0) - 1
            if left > 0:
                numbers[number] = left
                return
            if numbers.pop(number, None) is not None:
                self._queued -= 1
                self._done.notify_all()

    def flush(self, view: View, seconds: float) -> bool:
        """Wait until all that was received is delivered or given up; False where time is up."""
        with self._done:
            last = {tenant: next(reversed(self._open.get(tenant, {})), 0) for tenant in view}

            def is_flushed() -> bool:
                return all(
                    next(iter(self._open.get(tenant, ())), number + 1) > number
                    for tenant, number in last.items()
                )

            return self._done.wait_for(is_flushed, seconds)

    def waiting(self, view: View | None = None) -> int:
        """Return how many messages are neither delivered nor given up; of all without a view."""
        with self._done:
            tenants = self._open if view is None else view
            return sum(len(self._open.get(tenant, ())) for tenant in tenants)

    def reset(self, view: View) -> None:
        """Forget those tenants' queue, ledger and messageIds."""
        with self._lock:
            for tenant in view:
                for lanes in self._lanes.values():
                    for lane in lanes:
                        lane.reset(tenant)
                with self._done:
                    self._queued -= len(self._open.pop(tenant, ()))
                    self._done.notify_all()
                self.ledger.reset(tenant)
            for source, tenant in self._tenants.items():
                if tenant in view:
                    self._ids.reset(source)

    def close(self) -> None:
        """Take no more; deliver what waits, or write down that it was given up. Again is free."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        deadline = self.choices.timer() + self.choices.seconds_to_drain
        closing = [
            threading.Thread(target=lane.close, args=(deadline,))
            for lanes in self._lanes.values()
            for lane in lanes
        ]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()


def _record(  # noqa: PLR0913, PLR0917 - what is known of a message
    taken: Taken,
    tenant: int,
    now: float,
    source: Source | None,
    fate: Fate,
    batch: str = "",
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
        remarks=taken.remarks if isinstance(taken, Kept) else (),
    )


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None
