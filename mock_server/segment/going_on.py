"""Going on: deliver what an earlier start of the server left in the store."""

import json
from collections.abc import Callable
from dataclasses import replace

from mock_server.segment.delivery_queue import ABANDONED, Lane
from mock_server.segment.kept_queue import KeptQueue, Known
from mock_server.segment.ledger import Ledger
from mock_server.segment.pending import Pending
from mock_server.segment.queued_work import Job, Retry
from mock_server.segment.record import Part, Record

_GONE = "the server was stopped, and the workspace has no such destination any more."


def go_on(
    kept: KeptQueue,
    ledger: Ledger,
    pending: Pending,
    *,
    lane_named: Callable[[str], Lane | None],
    now: float,
) -> None:
    """Load the records of earlier starts, and queue the open ones again.

    A request without a known answer is sent again; an answered one is not.
    """
    attempts = kept.attempts(now)
    for record, destinations in ledger.restore(kept):
        pending.add(record.tenant, record.number, size=len(record.message))
        mine = attempts.get(record.number, {})
        is_open = True
        for name in destinations:
            is_open = _go_on(ledger, record, name, mine.get(name, {}), lane_named(name))
        if not is_open:
            pending.done(record.tenant, record.number)


def _go_on(ledger: Ledger, record: Record, name: str, known: Known, lane: Lane | None) -> bool:
    """Queue a message again for one destination. Return whether it is still open."""
    tenant, number = record.tenant, record.number
    parts = [part for part in record.parts if part.destination == name]
    if not parts and lane is not None:
        lane.put(Job(tenant, number, json.loads(record.message), known))
        return True
    if not parts:
        gone = Part(destination=name, outcome="failed", code=ABANDONED, reason=_GONE)
        return ledger.seen(tenant, number, (*(known[n] for n in sorted(known)), gone))

    is_open = record.is_open
    for place, before in enumerate(parts):
        if before.outcome != "retrying":
            continue
        part = known.get(place, before)
        if lane is None:
            part = replace(part, outcome="failed", code=ABANDONED, reason=_GONE)
        if part is not before:
            is_open = ledger.change(tenant, number, part, place)
        if lane is not None:
            lane.go_on(Retry(tenant, number, part, 0.0, place))
    return is_open
