"""Lane: one destination's deliveries, first attempts in order of arrival, retries beside them."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from mock_server.segment.ledger import Ledger
from mock_server.segment.record import RETRY, Part, attempt_of
from mock_server.segment.record import Outcome as PartOutcome
from mock_server.segment.senders import Sender
from mock_server.segment.timed_work import Line
from sandbox.delivery import Delivery
from sandbox.segment.definition import Rules
from sandbox.segment.integrations import FILTERED_BY_INTEGRATIONS_OBJECT, turned_off
from sandbox.segment.javascript import Json
from sandbox.segment.pipeline import MAPPING_DISABLED, Mapped, Outcome, Rejected, Skipped
from sandbox.segment.retry import Backoff, is_retried
from sandbox.suspicions import suspicious
from sandbox.toplyne import TOPLYNE
from sandbox.workspace import ConnectedDestination

NO_MATCHING_MAPPING: Final = "NO_MATCHING_MAPPING"
ABANDONED: Final = "ABANDONED"
RETRIES_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Job:
    """A message on its way to a destination, and its number in its tenant's ledger."""

    tenant: int
    number: int
    message: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Retry:
    """A request that failed: the part of the record it is, and when it was first tried."""

    tenant: int
    number: int
    part: Part
    started: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Time and chance for deliveries: `clock` is the time of day, `timer` only ever goes on."""

    clock: Callable[[], float]
    timer: Callable[[], float]
    chance: Callable[[], float]
    backoff: Backoff


class Lane:
    """A destination with its two lines: one worker for first attempts, several for retries."""

    def __init__(  # noqa: PLR0913 - its parts, each by name
        self,
        destination: ConnectedDestination,
        *,
        sender: Sender,
        rules: Rules,
        ledger: Ledger,
        pace: Pace,
        is_open: Callable[[int, int], bool],
        on_done: Callable[[int, int], None],
    ) -> None:
        """Deliver with `sender`.

        `is_open` tells whether a message, by tenant and number, is still to be delivered: a reset
        ends that. `on_done` is told when nothing is left to do for it.
        """
        self.destination = destination
        self._send = sender
        self._senders_before: list[Sender] = []
        self._rules = rules
        self._ledger = ledger
        self._pace = pace
        self._is_open = is_open
        self._on_done = on_done
        self._is_last = False
        name = f"to {destination.name}"
        self._first = Line(self._see, workers=1, clock=pace.timer, name=name)
        self._again = Line(self._retry, workers=RETRIES_AT_ONCE, clock=pace.timer, name=name)

    def put(self, job: Job) -> None:
        """Let the message be seen by the destination when it is its turn."""
        self._first.put(job)

    def send_with(self, sender: Sender) -> None:
        """Send with another sender from now on; requests under way end with the one before."""
        self._senders_before.append(self._send)
        self._send = sender

    def retire(self) -> bool:
        """Let go of what is open if nothing is left to do; tell whether that was so.

        To be called where nothing is put any more.
        """
        is_done = self._first.drain(0) and self._again.drain(0)
        if is_done:
            self._close_senders()
        return is_done

    def _close_senders(self) -> None:
        for sender in (*self._senders_before, self._send):
            sender.close()

    def _see(self, job: Job) -> None:
        started = self._pace.timer()
        try:
            parts = self._parts(job.message)
        except Exception as error:  # noqa: BLE001 - a bug must neither stop the lane nor be silent
            parts = (self._bug(error, None),)
        self._ledger.seen(job.tenant, job.number, parts)
        waiting = [
            Retry(job.tenant, job.number, part, started)
            for part in parts
            if part.outcome == "retrying"
        ]
        for retry in waiting:
            self._wait(retry)
        if not waiting:
            self._on_done(job.tenant, job.number)

    def _parts(self, message: dict[str, Json]) -> tuple[Part, ...]:
        """Return what becomes of a message here, once every request was tried."""
        destination = self.destination  # which may change meanwhile
        name = destination.name
        if reason := turned_off(message, TOPLYNE.name):
            code = FILTERED_BY_INTEGRATIONS_OBJECT
            return (Part(destination=name, outcome="filtered", code=code, reason=reason),)

        outcomes = destination.map(message, rules=self._rules)
        taken = (each for each in outcomes if not isinstance(each, Skipped))
        parts = tuple(self._part(each, message) for each in taken)
        return parts or (_skipped(destination, outcomes),)

    def _part(self, outcome: Mapped | Rejected, message: dict[str, Json]) -> Part:
        made = partial(
            Part,
            destination=self.destination.name,
            mapping=outcome.mapping.name,
            action=outcome.mapping.action,
        )
        if isinstance(outcome, Rejected):
            reason = " ".join(problem.sentence() for problem in outcome.problems)
            return made(
                outcome="rejected", code=outcome.code, reason=reason, problems=outcome.problems
            )
        odd = suspicious(outcome.request, message, outcome.mapping)
        return self._tried(made(outcome="queued", code="", request=outcome.request, suspicions=odd))

    def _tried(self, part: Part) -> Part:
        """Return the part after one more attempt to deliver its request."""
        assert part.request is not None
        at = self._pace.clock()
        delivery = self._send(part.request)
        outcome, code = self._verdict(delivery)
        attempts = (*part.attempts, attempt_of(delivery, at))
        return replace(part, outcome=outcome, code=code, reason=delivery.error, attempts=attempts)

    def _verdict(self, delivery: Delivery) -> tuple[PartOutcome, str]:
        if delivery.ok:
            return "delivered", delivery.code
        if is_retried(delivery.status) and not self._is_last:
            return "retrying", RETRY
        return "failed", delivery.code

    def _wait(self, retry: Retry) -> None:
        """Let the retry come due after its backoff, or give it up where the window is over.

        At the end of the server it is due at once, for the last time.
        """
        if not self._is_open(retry.tenant, retry.number):
            return
        if self._is_last:
            self._again.put(retry)
            return
        due = self._pace.backoff.due(
            len(retry.part.attempts),
            started=retry.started,
            now=self._pace.timer(),
            chance=self._pace.chance(),
        )
        if due is None:
            self._give_up(retry, "the time in which it is tried again is over")
        else:
            self._again.put(retry, due=due)

    def _give_up(self, retry: Retry, why: str) -> None:
        last = retry.part.attempts[-1]
        reason = f"given up after {len(retry.part.attempts)} attempts, as {why}. {last.error}"
        part = replace(retry.part, outcome="failed", code=last.code, reason=reason)
        self._ledger.change(retry.tenant, retry.number, part)
        self._on_done(retry.tenant, retry.number)

    def _retry(self, retry: Retry) -> None:
        try:
            part = self._tried(retry.part)
        except Exception as error:  # noqa: BLE001 - as above
            part = self._bug(error, retry.part)
        self._ledger.change(retry.tenant, retry.number, part)
        if part.outcome == "retrying":
            self._wait(replace(retry, part=part))
        else:
            self._on_done(retry.tenant, retry.number)

    def _bug(self, error: Exception, part: Part | None) -> Part:
        sys.stderr.write(f"toplyne-sandbox: a bug in delivering\n{traceback.format_exc()}")
        part = part or Part(destination=self.destination.name, outcome="failed", code=ABANDONED)
        return replace(part, outcome="failed", code=ABANDONED, reason=f"a bug of ours: {error!r}")

    def reset(self, tenant: int) -> None:
        """Forget what of a tenant waits, and let end what is under way, for a second at most."""
        self._first.remove(lambda job: job.tenant == tenant)
        self._again.remove(lambda retry: retry.tenant == tenant)
        self._first.settle(1.0)
        self._again.settle(1.0)
        self._again.remove(lambda retry: retry.tenant == tenant)

    def close(self, deadline: float) -> None:
        """Do what waits: first attempts, and one last retry each; until the deadline."""
        self._first.drain(max(0.0, deadline - self._pace.timer()))
        self._is_last = True
        self._again.hurry()
        self._again.drain(max(0.0, deadline - self._pace.timer()))

        for job in self._first.remove(lambda _: True):
            reason = "the server was stopped before its turn came."
            part = Part(
                destination=self.destination.name, outcome="failed", code=ABANDONED, reason=reason
            )
            self._ledger.seen(job.tenant, job.number, (part,))
            self._on_done(job.tenant, job.number)
        for retry in self._again.remove(lambda _: True):
            self._give_up(retry, "the server was stopped")
        self._close_senders()


def _skipped(destination: ConnectedDestination, outcomes: list[Outcome]) -> Part:
    name = destination.name
    if not destination.enabled:
        reason = "the destination is disabled."
        return Part(destination=name, outcome="disabled", code=MAPPING_DISABLED, reason=reason)
    reason = " ".join(f"{o.mapping.name}: {o.reason}" for o in outcomes if isinstance(o, Skipped))
    return Part(destination=name, outcome="unmapped", code=NO_MATCHING_MAPPING, reason=reason)
