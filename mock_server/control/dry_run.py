"""Dry run: an event through mappings into a Toplyne of its own that is then forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mock_server.bounds import COPIED_BYTES
from mock_server.control.export_snippets import copies
from mock_server.control.sketches import Sketch, Unread
from mock_server.mock import Mock
from mock_server.real_clock import up_after
from mock_server.segment.record import packed
from mock_server.segment.senders import InsideSender
from mock_server.store.state import KINDS
from mock_server.toplyne.fault import Fault
from sandbox.explain import explain, to_json
from sandbox.reasoning.budget import limited
from sandbox.segment.calls import BATCH
from sandbox.segment.definition import Rules
from sandbox.segment.intake import Dropped, take_in
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.pipeline import Mapped, Request
from sandbox.segment.retry import SEGMENTS_BACKOFF, is_retried

_SECRET: Final = "the-token-of-a-dry-run"  # noqa: S105 - of a Toplyne nobody else can reach
_TENANT: Final = "dry run"

SECONDS_TO_REASON: Final = 3.0
"""How long lint and explain may take for one question; what is left over is "too large"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is tried: an event, mappings and rules, and the Toplyne they meet.

    `earlier` is what Toplyne has received before; `meets` is the status that the first request
    of the event is answered with.
    """

    event: Json | Unread
    sketches: Sequence[Sketch]
    rules: Rules
    earlier: Sequence[Request] = ()
    meets: int | None = None


def try_out(tried: Situation) -> dict[str, Json]:
    """Return all that comes of an event: per mapping, in Toplyne's state, and as copies.

    There are no copies of an event of more than `COPIED_BYTES`.

    An event that cannot be read is answered with that, and the mappings with what is wrong
    with them alone.
    """
    event, sketches, rules = tried.event, tried.sketches, tried.rules
    if isinstance(event, Unread):
        with limited(cancelled=up_after(SECONDS_TO_REASON)):
            told: list[Json] = [each.to_json(MISSING) for each in sketches]
        return {"problem": event.to_json(), "intake": None, "mappings": told, "state": None}

    scratch = Mock(tokens={_TENANT: _SECRET}, rules=rules)
    try:
        send = InsideSender(scratch.api.answer, api_key=_SECRET)
        for request in tried.earlier:
            send(request)
        before: Json = {kind: scratch.view().items(kind) for kind in KINDS}
        if tried.meets is not None:
            scratch.faults.add(scratch.view().number, Fault(status=tried.meets, times=1))
        with limited(cancelled=up_after(SECONDS_TO_REASON)):
            told = [_told(each, event, rules, scratch, send) for each in sketches]
        after: Json = {kind: scratch.view().items(kind) for kind in KINDS}
    finally:
        scratch.store.close()
    made = [each.mapping for each in sketches if each.mapping is not None]
    return {
        "problem": None,
        "intake": _intake(event),
        "mappings": told,
        "before": before,
        "state": after,
        "copies": copies(event, made, rules) if len(packed(event)) <= COPIED_BYTES else None,
    }


def _told(
    each: Sketch, event: Json, rules: Rules, scratch: Mock, send: InsideSender
) -> dict[str, Json]:
    """Return what is said of one mapping, and what the event becomes there."""
    told = each.to_json(event)
    if each.mapping is None:
        return told
    explained = explain(event, each.mapping, rules)
    told["explanation"] = to_json(explained)
    if isinstance(explained.outcome, Mapped):
        attempts = _attempts(explained.outcome.request, scratch, send)
        told |= {"answer": attempts[-1], "attempts": attempts}
    return told


def _attempts(request: Request, scratch: Mock, send: InsideSender) -> list[Json]:
    """Return what Toplyne answers to a request, and to a second attempt if Segment makes one."""
    attempts: list[Json] = []
    while True:
        delivery = send(request)
        problems = scratch.view().entries[-1]["problems"]
        told = {"status": delivery.status, "text": delivery.text, "problems": problems}
        is_last = bool(attempts) or not is_retried(delivery.status)
        waits = [SEGMENTS_BACKOFF.wait(1, chance=chance) for chance in (0, 1)]
        attempts.append({**told, "again": None if is_last else waits})
        if is_last:
            return attempts


def _intake(event: Json) -> dict[str, Json]:
    """Return what Segment's Tracking API makes of the event before any destination sees it."""
    (taken,) = take_in({"batch": [event]}, call=BATCH, received_at=0, new_id=lambda: "a-message-id")
    if isinstance(taken, Dropped):
        return {"code": taken.code, "reason": taken.reason, "remarks": []}
    return {"code": None, "reason": None, "remarks": list(taken.remarks)}
