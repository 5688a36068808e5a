"""Tracking: Segment's Tracking API, what its clients are answered.

The answer is 200 to almost everything; what became of the messages stands in the ledger.
"""

from __future__ import annotations

import json
from typing import Final

from mock_server.exchange import Answer, Headers, Received
from mock_server.segment.browser import CORS, JSON, preflight, settings_of
from mock_server.segment.front import PATHS, PROJECTS, SETTINGS
from mock_server.segment.segment import Closed, QueueFull, Segment
from mock_server.segment.write_keys import SHORTEST, write_key_of
from mock_server.toplyne.upload_shape import inflated
from sandbox.segment.intake import Refused, Taken, read_body, take_in, told
from sandbox.segment.javascript import Json
from sandbox.workspace import Source, masked

SUCCESS: Final = b'{"success":true}'
SECONDS_TO_WAIT: Final = 300.0
_LATER: Final[Headers] = (("Retry-After", "1"),)


def answer(segment: Segment, received: Received) -> Answer:
    """Return what a client is answered, with its messages in the ledger and the queue."""
    call = PATHS.get(received.path)
    methods = ("GET", "HEAD") if call is None else ("POST",)
    allow = ", ".join((*methods, "OPTIONS"))
    if received.method == "OPTIONS":
        return preflight(received, methods=allow)
    if received.method not in methods:
        what = f"{received.path[:200]} has no {received.method[:20]}; use {allow}."
        return _refusal(405, "method_not_allowed", what, headers=(("Allow", allow),))
    if call is None:
        return _settings(segment, received)
    return _call(segment, received, call)


def refusal_of(segment: Segment, reason: str) -> Answer:
    """Return what a client is answered that the server does not talk to."""
    segment.drop(None, [None], code="bad_request", reason=reason)
    return _refusal(403, "forbidden", reason)


def _settings(segment: Segment, received: Received) -> Answer:
    key = received.path[len(PROJECTS) : -len(SETTINGS)]
    if segment.source_with(key) is None:
        return _refusal(404, "not_found", f"No source has the write key {masked(key)}.")
    return settings_of(key, received)


def _call(segment: Segment, received: Received, call: str) -> Answer:
    body = _body(received, call)
    key = write_key_of(received, body if isinstance(body, dict) else None)
    source = segment.source_with(key)
    if isinstance(body, Refused):
        segment.drop(source, [None], code=body.code, reason=body.reason)
        return _refusal(400, body.code, body.reason)
    if source is None and len(key) < SHORTEST:
        found = f"has {len(key)} characters, too few" if key else "is missing"
        reason = f"the write key {found}; it comes as Basic authorization or as writeKey."
        segment.drop(None, [told(body, call=call)], code="bad_request", reason=reason)
        return _refusal(400, "bad_request", reason)

    now = int(segment.clock() * 1000)
    taken = take_in(body, call=call, received_at=now, new_id=segment.choices.new_id)
    if source is None:
        reason = f"no source has the write key {masked(key)}."
        segment.drop(None, _messages(taken), code="unknown_write_key", reason=reason)
        return _success()
    if not source.enabled:
        reason = f"the source {source.name!r} is disabled."
        segment.drop(source, _messages(taken), code="source_disabled", reason=reason)
        return _success()
    return _take(segment, source, taken)


def _take(segment: Segment, source: Source, taken: tuple[Taken, ...]) -> Answer:
    try:
        with segment.room_to_wait():
            segment.take(source, taken)
            if segment.choices.synchronous:
                segment.pending.flush((segment.tenant_of(source),), SECONDS_TO_WAIT)
    except QueueFull:
        what = f"{segment.pending.waiting():,} messages wait already; come back later."
        return _refusal(429, "too_many_requests", what, headers=_LATER)
    except Closed:
        return _refusal(503, "unavailable", "The server is being stopped.", headers=_LATER)
    return _success()


def _body(received: Received, call: str) -> dict[str, Json] | Refused:
    if not received.complete:
        return Refused("the body is cut short.")
    content = inflated(received.body, received.header("content-encoding") or "")
    if not isinstance(content, bytes):
        return Refused(content.message)
    return read_body(content, call=call)


def _messages(taken: tuple[Taken, ...]) -> list[Json]:
    return [each.message for each in taken]


def _success() -> Answer:
    return Answer(200, (*JSON, *CORS), SUCCESS)


def _refusal(status: int, code: str, message: str, *, headers: Headers = ()) -> Answer:
    """Return an answer every client can read: Python wants code and message, Java success."""
    body = {"success": False, "code": code, "message": message}
    text = json.dumps(body, separators=(",", ":"))
    return Answer(status, (*JSON, *CORS, *headers), text.encode())
