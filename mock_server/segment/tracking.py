"""Tracking: answer the calls of Segment's Tracking API.

Almost every answer is 200. The ledger says what happened to the messages.
"""

import json
from typing import Final

from mock_server.exchange import Headers, HttpAnswer, Received, Refusal, inflated_body
from mock_server.later import Later
from mock_server.segment.segment import Closed, QueueFull, SegmentSide
from mock_server.segment.write_keys import SHORTEST, write_key_of
from mock_server.toplyne.answers import phrase_of
from sandbox.segment.ingest_checks import IngestLimits
from sandbox.segment.intake import IntakeResult, RefusedBody, read_body, shown_event, take_in
from sandbox.values import Json, Problem
from sandbox.workspace import Source, masked

JSON: Final[Headers] = (("Content-Type", "application/json"),)
CORS: Final[Headers] = (("Access-Control-Allow-Origin", "*"),)
SUCCESS: Final = HttpAnswer(200, (*JSON, *CORS), b'{"success":true}')
SECONDS_TO_WAIT: Final = 300.0
_LATER: Final[Headers] = (("Retry-After", "1"), ("X-RateLimit-Reset", "1"))


def call(segment: SegmentSide, received: Received, kind: str) -> HttpAnswer | Later | Refusal:
    """Put a client's messages into the ledger and the queue, and return the answer."""
    choices = segment.choices
    body = _body(received, kind, choices.limits)
    key = write_key_of(received, body if isinstance(body, dict) else None)
    source = segment.source_with(key)
    if isinstance(body, RefusedBody):
        segment.drop(source, [None], code=body.code, reason=body.reason)
        return refused(400, body.code, body.reason)
    if source is None and len(key) < SHORTEST:
        found = f"has {len(key)} characters, which is too short" if key else "is missing"
        reason = f"the write key {found}. Send it as Basic authorization or as writeKey."
        segment.drop(None, [shown_event(body, call=kind)], code="bad_request", reason=reason)
        return refused(400, "bad_request", reason)

    taken = take_in(
        body,
        call=kind,
        received_at=int(segment.clock() * 1000),
        new_id=choices.new_id,
        limits=choices.limits,
        client_ip=choices.client_ip,
    )
    if source is not None and source.enabled:
        return _take(segment, source, taken)
    messages = [each.message for each in taken]
    if source is None:
        reason = f"no source has the write key {masked(key)}."
        segment.drop(None, messages, code="unknown_source", reason=reason)
    else:
        reason = f"the source {source.name!r} is disabled."
        segment.drop(source, messages, code="source_disabled", reason=reason)
    return SUCCESS


def _take(
    segment: SegmentSide, source: Source, taken: tuple[IntakeResult, ...]
) -> HttpAnswer | Later | Refusal:
    is_synchronous = segment.choices.synchronous
    if is_synchronous and segment.ledger.flushing.is_full:
        return _too_many(segment)
    try:
        numbers = segment.take(source, taken)
    except QueueFull:
        return _too_many(segment)
    except Closed:
        return refused(503, "unavailable", "The server is being stopped.", headers=_LATER)
    if not is_synchronous:
        return SUCCESS
    view = (segment.tenant_of(source),)
    return segment.ledger.flush_later(view, SECONDS_TO_WAIT, lambda _: SUCCESS, numbers)


def _too_many(segment: SegmentSide) -> Refusal:
    what = f"{segment.ledger.waiting():,} messages are queued already. Retry later."
    return refused(429, "too_many_requests", what, headers=_LATER)


def _body(received: Received, call: str, limits: IngestLimits) -> dict[str, Json] | RefusedBody:
    if not received.complete:
        return RefusedBody("the body is truncated.")
    content = inflated_body(received.body, received.header("content-encoding") or "")
    if not isinstance(content, bytes):
        return RefusedBody(content.sentence("the body"))
    return read_body(content, call=call, limits=limits)


def refused(status: int, code: str, message: str, *, headers: Headers = ()) -> Refusal:
    """Return the refusal of a client, with one of Segment's codes."""
    return Refusal(status, (Problem((), message, rule=code),), message, headers)


def refusal(given: Refusal) -> HttpAnswer:
    """Return an answer that all SDKs can read: Python's needs code and message, Java's success."""
    known = phrase_of(given.status).lower().replace(" ", "_")
    code = next((p.rule for p in given.problems if p.evidence is None), known)
    body = {"success": False, "code": code, "message": given.details}
    text = json.dumps(body, separators=(",", ":"))
    return HttpAnswer(given.status, (*JSON, *CORS, *given.headers), text.encode())
