"""Delivery queue: a destination's deliveries, first attempts in order of arrival, and retries."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from mock_server.segment.ledger import Ledger
from mock_server.segment.queued_work import Ended, Job, Pace, Retry
from mock_server.segment.record import RETRY, Part, attempt_of
from mock_server.segment.record import Outcome as PartOutcome
from mock_server.segment.senders import Sender
from mock_server.segment.timed_work import Line
from mock_server.store.database import StoreUnavailable
from sandbox.delivery import Delivery
from sandbox.segment.definition import Rules
from sandbox.segment.integrations import FILTERED_BY_INTEGRATIONS_OBJECT, turned_off
from sandbox.segment.javascript import Json
from sandbox.segment.pipeline import MAPPING_DISABLED, Mapped, Outcome, Rejected, Skipped
from sandbox.segment.retry import is_retried
from sandbox.suspicions import suspicious
from sandbox.toplyne import TOPLYNE
from sandbox.workspace import ConnectedDestination

if TYPE_CHECKING:
    from mock_server.segment.kept_queue import KeptQueue

NO_MATCHING_MAPPING: Final = "NO_MATCHING_MAPPING"
ABANDONED: Final = "ABANDONED"
RETRIES_AT_ONCE: Final = 8
_SECONDS_TO_SETTLE: Final = 2.0  # at the end of a server that keeps what is not delivered
_SECONDS_UNTIL_STORED: Final = 0.5  # between two attempts to store, for example on a full disk


class Lane:
    """A destination's two queues: one worker for first attempts, several for retries."""

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
        kept: KeptQueue | None = None,
    ) -> None:
        """Deliver with `sender`.

        `is_open` returns whether a message, by tenant and number, still has to be delivered, which
        a reset ends. `on_done` is called when a message is finished. Messages in `kept` are not
        given up when the server ends.
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
        self._kept = kept
        self._is_over = threading.Event()
        self.abandoned: set[tuple[int, int]] = set()
        name = f"to {destination.name}"
        self._first = Line(self._see, workers=1, clock=pace.timer, name=name)
        self._again = Line(self._retry, workers=RETRIES_AT_ONCE, clock=pace.timer, name=name)

    def put(self, job: Job) -> None:
        """Queue the message for its first attempt."""
        self._first.put(job)

    def send_with(self, sender: Sender) -> None:
        """Use another sender from now on. Open requests finish with the previous one."""
        self._senders_before.append(self._send)
        self._send = sender

    def retire(self) -> bool:
        """Close the senders if the lane is idle. Return whether it was.

        Call this only when nothing is put into the lane any more.
        """
        is_done = self._first.drain(0) and self._again.drain(0)
        if is_done:
            self._close_senders()
        return is_done

    def _close_senders(self) -> None:
        for sender in (*self._senders_before, self._send):
            sender.close()

    def due(self, tenant: int, number: int) -> dict[str, float]:
        """Return when the requests of a message are tried again, by the name of the mapping."""
        now, timer = self._pace.clock(), self._pace.timer()
        return {
            each.part.mapping or "": now + max(0.0, due - timer)
            for due, each in self._again.waiting()
            if (each.tenant, each.number) == (tenant, number)
        }

    def go_on(self, retry: Retry) -> None:
        """Retry a request that an earlier start of the server attempted."""
        tried = max(
            0.0, self._pace.clock() - retry.part.attempts[0].at
        )  # the clock may have been set back
        self._wait(replace(retry, started=self._pace.timer() - tried))

    def _see(self, job: Job) -> None:
        started = self._pace.timer()
        try:
            parts = self._parts(job)
        except Ended:
            return
        except Exception as error:  # noqa: BLE001 - a bug must neither stop the lane nor be silent
            parts = (self._bug(error, None),)
        self._write(job, lambda: self._ledger.seen(job.tenant, job.number, parts))
        for place, part in enumerate(parts):
            if part.outcome == "retrying":
                retry = Retry(job.tenant, job.number, part, started, place)
                (self.go_on if job.known else self._wait)(retry)

    def _write(self, item: Job | Retry, write: Callable[[], bool]) -> None:
        """Call a write of the ledger, and report the message as done if nothing is left to do."""
        with suppress(Ended):
            if not self._stored(write):
                self._on_done(item.tenant, item.number)

    def _stored(self, write: Callable[[], bool]) -> bool:
        """Return the result of a write; repeat it while the store refuses, as on a full disk."""
        while True:
            try:
                return write()
            except StoreUnavailable:
                if self._is_over.wait(_SECONDS_UNTIL_STORED):
                    raise Ended from None

    def _parts(self, job: Job) -> tuple[Part, ...]:
        """Attempt every request of a message once, and return what became of each."""
        destination = self.destination  # it may change meanwhile
        name = destination.name
        if reason := turned_off(job.message, TOPLYNE.name):
            code = FILTERED_BY_INTEGRATIONS_OBJECT
            return (Part(destination=name, outcome="filtered", code=code, reason=reason),)

        outcomes = destination.map(job.message, rules=self._rules)
        taken = [each for each in outcomes if not isinstance(each, Skipped)]
        parts, last = dict(job.known), None
        for place, each in enumerate(taken):
            if place not in parts:
                parts[place] = part = self._part(each, job.message)
                if part.request is not None:
                    parts[place] = part = self._tried(job.number, place, part, last)
                    last = place, part
        return tuple(parts[place] for place in sorted(parts)) or (_skipped(destination, outcomes),)

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
        return made(outcome="queued", code="", request=outcome.request, suspicions=odd)

    def _tried(
        self, number: int, place: int, part: Part, answered: tuple[int, Part] | None = None
    ) -> Part:
        """Attempt to deliver a part's request, and return the part with the attempt.

        Raises Ended if no attempt may be made any more.
        """
        assert part.request is not None
        kept = self._kept
        if kept is not None and not self._stored(lambda: kept.claim(number, place, part, answered)):
            raise Ended
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
        """Schedule the retry after its backoff, or give it up if the retry window is over.

        When the server ends, it is due at once, for the last time.
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
            self._give_up(retry, "the time for retries is over")
        else:
            self._again.put(retry, due=due)

    def _give_up(self, retry: Retry, why: str) -> None:
        last = retry.part.attempts[-1]
        reason = f"given up after {len(retry.part.attempts)} attempts, as {why}. {last.error}"
        part = replace(retry.part, outcome="failed", code=last.code, reason=reason)
        self._change(replace(retry, part=part))

    def _change(self, retry: Retry) -> None:
        tenant, number, part, place = retry.tenant, retry.number, retry.part, retry.place
        self._write(retry, lambda: self._ledger.change(tenant, number, part, place))

    def _retry(self, retry: Retry) -> None:
        try:
            part = self._tried(retry.number, retry.place, retry.part)
        except Ended:
            return
        except Exception as error:  # noqa: BLE001 - as above
            part = self._bug(error, retry.part)
        retry = replace(retry, part=part)
        self._change(retry)
        if part.outcome == "retrying":
            self._wait(retry)

    def _bug(self, error: Exception, part: Part | None) -> Part:
        sys.stderr.write(f"toplyne-sandbox: a bug in delivering\n{traceback.format_exc()}")
        part = part or Part(destination=self.destination.name, outcome="failed", code=ABANDONED)
        return replace(part, outcome="failed", code=ABANDONED, reason=f"a bug of ours: {error!r}")

    def reset(self, tenant: int) -> None:
        """Drop a tenant's queued messages, and wait up to a second for its open requests."""
        self._first.remove(lambda job: job.tenant == tenant)
        self._again.remove(lambda retry: retry.tenant == tenant)
        self._first.settle(1.0)
        self._again.settle(1.0)
        self._again.remove(lambda retry: retry.tenant == tenant)

    def close(self, deadline: float) -> None:
        """Deliver until the deadline: first attempts, and one last retry of each request.

        Kept messages need no last retry and less time: they wait in the store.
        """
        if self._kept is not None:
            deadline = min(deadline, self._pace.timer() + _SECONDS_TO_SETTLE)
        self._first.drain(max(0.0, deadline - self._pace.timer()))
        if self._kept is not None:
            self._again.remove(lambda _: True)
            self._first.remove(lambda _: True)
            self._again.drain(max(0.0, deadline - self._pace.timer()))
            self._is_over.set()
            self._close_senders()
            return
        self._is_last = True
        self._again.hurry()
        self._again.drain(max(0.0, deadline - self._pace.timer()))

        for job in self._first.remove(lambda _: True):
            self.abandoned.add((job.tenant, job.number))
            reason = "the server was stopped before its turn came."
            part = Part(
                destination=self.destination.name, outcome="failed", code=ABANDONED, reason=reason
            )
            self._write(job, partial(self._ledger.seen, job.tenant, job.number, (part,)))
        for retry in self._again.remove(lambda _: True):
            self.abandoned.add((retry.tenant, retry.number))
            self._give_up(retry, "the server was stopped")
        self._close_senders()


def _skipped(destination: ConnectedDestination, outcomes: list[Outcome]) -> Part:
    name = destination.name
    if not destination.enabled:
        reason = "the destination is disabled."
        return Part(destination=name, outcome="disabled", code=MAPPING_DISABLED, reason=reason)
    reason = " ".join(f"{o.mapping.name}: {o.reason}" for o in outcomes if isinstance(o, Skipped))
    return Part(destination=name, outcome="unmapped", code=NO_MATCHING_MAPPING, reason=reason)
