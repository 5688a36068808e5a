"""Delivery queue: a destination's deliveries, first attempts in order of arrival, and retries."""

import math
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, NamedTuple

from mock_server.exchange import HttpAnswer, Received
from mock_server.real_clock import monotonic
from mock_server.segment.ledger import Ledger
from mock_server.segment.record import ABANDONED, RETRY, DeliveryRecord, PartsAt
from mock_server.segment.segment_choices import SegmentChoices
from mock_server.segment.senders import sender_for
from mock_server.segment.timed_work import DueQueue, WorkThreads
from mock_server.store.database import StoreUnavailable
from mock_server.store.journal import View
from sandbox.segment.definition import Rules
from sandbox.segment.integrations import FILTERED_BY_INTEGRATIONS_OBJECT, turned_off
from sandbox.segment.pipeline import MAPPING_DISABLED, Mapped, Outcome, Rejected, Skipped
from sandbox.segment.retry import is_retried
from sandbox.suspicions import suspicious
from sandbox.toplyne import TOPLYNE
from sandbox.values import Json
from sandbox.workspace import ConnectedDestination

NO_MATCHING_MAPPING: Final = "NO_MATCHING_MAPPING"
RETRIES_AT_ONCE: Final = 8
_SECONDS_UNTIL_STORED: Final = 0.5  # between two attempts to store, for example on a full disk


@dataclass(frozen=True, slots=True)
class Task:
    """A message for a destination, with its number in the tenant's ledger.

    `parts` are those made before the server was restarted, by position. Without `message` the task
    is a retry, and `parts` has the one whose request failed.
    """

    tenant: int
    number: int
    message: dict[str, Json] | None
    parts: PartsAt = field(default_factory=dict)


class Ended(BaseException):
    """The message is gone because of a reset, or because the server stops. Not an error."""


class DeliverySetup(NamedTuple):
    """What all delivery queues use. `answer` takes the requests of destinations without a URL.

    `clock` is the time of day. `threads` do the work.
    """

    answer: Callable[[Received], HttpAnswer]
    rules: Rules
    ledger: Ledger
    clock: Callable[[], float]
    choices: SegmentChoices
    threads: WorkThreads


class DeliveryQueue:
    """A destination's two queues: one worker for first attempts, several for retries."""

    def __init__(self, destination: ConnectedDestination, setup: DeliverySetup) -> None:
        """Deliver to the destination."""
        self.destination = destination
        self._part = partial(DeliveryRecord, destination=destination.name)
        self._setup = setup
        self._senders = ExitStack()
        self._send = sender_for(destination, setup.answer, self._senders)
        self._is_last = False
        self._is_over = threading.Event()
        self._timer, threads = setup.choices.timer, setup.threads
        self._attempts = DueQueue(self._work, workers=1, threads=threads)
        self._retries = DueQueue(self._work, workers=RETRIES_AT_ONCE, threads=threads)

    def put(self, task: Task) -> None:
        """Queue the message for its first attempt."""
        self._attempts.put(task)

    def change(self, destination: ConnectedDestination) -> None:
        """Deliver with changed settings from now on. Open requests finish with the old sender."""
        old, self.destination = self.destination, destination
        if (old.api_key, old.base_url) != (destination.api_key, destination.base_url):
            self._send = sender_for(destination, self._setup.answer, self._senders)

    def retire(self) -> bool:
        """Close the senders if the queue is idle. Return whether it was.

        Call this only when nothing is put into the queue any more.
        """
        is_done = self._attempts.drain(0) and self._retries.drain(0)
        if is_done:
            self._senders.close()
        return is_done

    def scheduled(self, parts: PartsAt) -> dict[int, DeliveryRecord]:
        """Return the parts, those to retry with the time of the next attempt.

        A request that would come due after the retry window is given up.
        """
        return {n: self._due(p) if p.outcome == "retrying" else p for n, p in parts.items()}

    def _due(self, part: DeliveryRecord) -> DeliveryRecord:
        now, choices = self._setup.clock(), self._setup.choices
        due = choices.backoff.due(
            len(part.attempts),
            started=min(now, part.attempts[0].at),  # the clock may have been set back
            now=now,
            chance=choices.chance(),
        )
        late = "the time for retries is over"
        return part.given_up(late) if due is None else replace(part, due=due)

    def retry(self, tenant: int, number: int, parts: PartsAt) -> None:
        """Queue the requests of a message that have a time for the next attempt."""
        now = self._timer() - self._setup.clock()
        for place, part in parts.items():
            if part.due is not None:
                due = -math.inf if self._is_last else now + part.due
                self._retries.put(Task(tenant, number, None, {place: part}), due=due)

    def _work(self, task: Task) -> None:
        with suppress(Ended):
            try:
                parts = self._made(task)
            except Exception as error:  # noqa: BLE001 - a bug must neither stop the queue nor be silent
                if self._is_over.is_set():  # its sender is closed
                    return
                first = {0: self._part(outcome="failed", code=ABANDONED)}
                parts = _bug(error, task.parts if task.message is None else first)
            self._write(task, parts)

    def _write(self, task: Task, made: PartsAt) -> None:
        """Record the results of a message's requests, and schedule retries."""
        parts = self.scheduled(made)
        if self._stored(partial(self._setup.ledger.write, task.tenant, task.number, parts)):
            self.retry(task.tenant, task.number, parts)

    def _stored(self, write: Callable[[], bool]) -> bool:
        """Return the result of a write; repeat it while the store refuses, as on a full disk."""
        while True:
            try:
                return write()
            except StoreUnavailable:
                if self._is_over.wait(_SECONDS_UNTIL_STORED):
                    raise Ended from None

    def _made(self, task: Task) -> dict[int, DeliveryRecord]:
        """Attempt each request of a message once, and return the results."""
        message, destination = task.message, self.destination  # which may change meanwhile
        if message is None and not destination.enabled:
            why = "the destination is disabled"
            return {place: part.given_up(why) for place, part in task.parts.items()}
        if message is None:
            return {place: self._tried(task, place, task.parts) for place in task.parts}
        if reason := turned_off(message, TOPLYNE.name):
            code = FILTERED_BY_INTEGRATIONS_OBJECT
            return {0: self._part(outcome="filtered", code=code, reason=reason)}

        outcomes = destination.map(message, rules=self._setup.rules)
        taken = [each for each in outcomes if not isinstance(each, Skipped)]
        parts = dict(task.parts)
        for place, each in enumerate(taken):
            if place not in parts:
                parts[place] = self._untried(each, message)
                if parts[place].request is not None:
                    parts[place] = self._tried(task, place, parts)
        return parts or {0: self._skipped(destination, outcomes)}

    def _untried(self, outcome: Mapped | Rejected, message: dict[str, Json]) -> DeliveryRecord:
        made = partial(self._part, mapping=outcome.mapping.name, action=outcome.mapping.action)
        if isinstance(outcome, Rejected):
            code, problems = outcome.code, outcome.problems
            reason = " ".join(problem.sentence() for problem in problems)
            return made(outcome="rejected", code=code, reason=reason, problems=problems)
        odd = suspicious(outcome.request, message, outcome.mapping)
        return made(outcome="queued", code="", request=outcome.request, suspicions=odd)

    def _skipped(self, by: ConnectedDestination, outcomes: list[Outcome]) -> DeliveryRecord:
        if not by.enabled:
            reason = "the destination is disabled."
            return self._part(outcome="disabled", code=MAPPING_DISABLED, reason=reason)
        said = (f"{o.mapping.name}: {o.reason}" for o in outcomes if isinstance(o, Skipped))
        return self._part(outcome="unmapped", code=NO_MATCHING_MAPPING, reason=" ".join(said))

    def _tried(self, task: Task, place: int, parts: PartsAt) -> DeliveryRecord:
        """Attempt to deliver the request at a position, and return its part with the attempt.

        Raises Ended if the message is gone.
        """
        part, at = parts[place], self._setup.clock()
        request = part.request
        assert request is not None
        claim = partial(self._setup.ledger.claim, task.tenant, task.number, place, parts, at)
        if not self._stored(claim):
            raise Ended
        delivery = self._send(request)
        if delivery.ok:
            return part.answered("delivered", delivery.code, delivery, at)
        is_last = self._is_last and task.message is None
        if is_retried(delivery.status) and not is_last:
            return part.answered("retrying", RETRY, delivery, at)
        return part.answered("failed", delivery.code, delivery, at)

    def reset(self, view: View, deadline: float) -> None:
        """Drop the tenants' queued messages, and wait for their open requests."""

        def is_theirs(task: Task) -> bool:
            return task.tenant in view

        queues = self._attempts, self._retries
        for queue in queues:
            queue.remove(is_theirs)
        for queue in queues:
            queue.settle(max(0.0, deadline - monotonic()), is_theirs)
        self._retries.remove(is_theirs)

    def hurry(self) -> None:
        """Try each waiting retry now, for the last time, unless the next start will continue it."""
        self._is_last = not self._setup.ledger.is_kept
        for retry in self._retries.remove():
            if self._is_last:
                self._retries.put(retry)

    def drain(self, deadline: float) -> None:
        """Deliver until the deadline: first attempts, and one retry of each that fails.

        If messages are kept in a file, nothing is retried: the next start continues them.
        """
        for queue in (self._attempts, self._retries):
            queue.drain(max(0.0, deadline - self._timer()))
            self.hurry()  # a retry may have been put before it knew that it is the last
            if self._setup.ledger.is_kept:
                self._attempts.remove()
        self._is_over.set()

    def close(self) -> None:
        """Record what is left as given up, unless it is kept in a file, and close the senders."""
        if not self._setup.ledger.is_kept:
            reason = "the server was stopped before the first attempt."
            for task in self._attempts.remove():
                self._write(task, {0: self._part(outcome="failed", code=ABANDONED, reason=reason)})
            for task in self._retries.remove():
                given_up = {n: p.given_up("the server was stopped") for n, p in task.parts.items()}
                self._write(task, given_up)
        self._senders.close()


def _bug(error: Exception, parts: PartsAt) -> dict[int, DeliveryRecord]:
    sys.stderr.write(f"toplyne-sandbox: a bug in delivering\n{traceback.format_exc()}")
    return {n: part.abandoned(f"a bug in the mock: {error!r}") for n, part in parts.items()}
