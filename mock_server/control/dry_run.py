"""Dry run: an event through mappings into a Toplyne of its own that is then forgotten."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mock_server.bounds import COPIED_BYTES, REASONING_SECONDS, TRIED_BYTES
from mock_server.control.copies import copies
from mock_server.control.resource import packed
from mock_server.control.sketches import Sketch, Unread
from mock_server.mock import Mock
from mock_server.segment.senders import InsideSender
from mock_server.store.state import KINDS
from mock_server.toplyne.fault import Fault
from sandbox.explain import explain, to_json
from sandbox.reasoning.budget import TOO_LARGE, limited
from sandbox.segment.calls import BATCH
from sandbox.segment.definition import Rules
from sandbox.segment.intake import Dropped, take_in
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.pipeline import Mapped, Request
from sandbox.segment.retry import SEGMENTS_BACKOFF, is_retried

_SECRET: Final = "the-token-of-a-dry-run"  # noqa: S105 - of a Toplyne nobody else can reach
_TENANT: Final = "dry run"
_TOO_LARGE: Final = (
    f"This is {TOO_LARGE} in one question beside the mappings above: {REASONING_SECONDS:g} s"
    f" (reasoning_seconds) and {TRIED_BYTES} bytes (tried_bytes) are all it may take."
    " Try fewer mappings at once."
)


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


def try_out(tried: Situation, cancelled: Callable[[], bool] = bool) -> bytes:
    """Return, as JSON, all that comes of an event: per mapping, in Toplyne's state, and as copies.

    There are no copies where event and fields have more than `COPIED_BYTES`.

    An event that cannot be read is answered with that, and the mappings with what is wrong
    with them alone. What `cancelled` ends, or is more than can be told, is "too large".
    """
    event, sketches, rules = tried.event, tried.sketches, tried.rules
    if isinstance(event, Unread):
        told = _told_of(sketches, lambda each: each.to_json(MISSING), cancelled)
        return _joined(sketches, told, {"problem": event.to_json(), "intake": None, "state": None})

    scratch = Mock(tokens={_TENANT: _SECRET}, rules=rules)
    try:
        send = InsideSender(scratch.api.answer, api_key=_SECRET)
        for request in tried.earlier:
            send(request)
        before = _state(scratch)
        if tried.meets is not None:
            scratch.faults.add(scratch.view().number, Fault(status=tried.meets, times=1))
        told = _told_of(sketches, lambda each: _told(each, event, rules, scratch, send), cancelled)
        state = _state(scratch)
    finally:
        scratch.store.close()
    copied: Json = None
    if len(told) == len(sketches) and not cancelled():
        made = [each.mapping for each in sketches if each.mapping is not None]
        if len(packed([event, *(mapping.fields for mapping in made)])) <= COPIED_BYTES:
            copied = copies(event, made, rules)
    answer = {
        "problem": None,
        "intake": _intake(event),
        "before": before,
        "state": state,
        "copies": copied,
    }
    return _joined(sketches, told, answer)


def _state(scratch: Mock) -> dict[str, Json]:
    return {kind: scratch.view().items(kind) for kind in KINDS}


def _told_of(
    sketches: Sequence[Sketch],
    tell: Callable[[Sketch], dict[str, Json]],
    cancelled: Callable[[], bool],
) -> list[bytes]:
    """Return what is told of as many mappings as there is time and room for, each as JSON."""
    told: list[bytes] = []
    with limited(cancelled=cancelled):
        for each in sketches:
            if sum(map(len, told)) > TRIED_BYTES or (told and cancelled()):
                break
            told.append(packed(tell(each)))
    return told


def _joined(sketches: Sequence[Sketch], told: Sequence[bytes], answer: Json) -> bytes:
    left = [packed(each.to_json(MISSING, too_large=_TOO_LARGE)) for each in sketches[len(told) :]]
    return b'{"mappings":[' + b",".join([*told, *left]) + b"]," + packed(answer)[1:]


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
    is_last = False
    while not is_last:
        delivery = send(request)
        is_last = bool(attempts) or not is_retried(delivery.status)
        waits = [SEGMENTS_BACKOFF.wait(1, chance=chance) for chance in (0, 1)]
        attempts.append(
            {
                "status": delivery.status,
                "text": delivery.text,
                "problems": scratch.view().entries[-1]["problems"],
                "again": None if is_last else waits,
            }
        )
    return attempts


def _intake(event: Json) -> dict[str, Json]:
    """Return what Segment's Tracking API makes of the event before any destination sees it."""
    (taken,) = take_in({"batch": [event]}, call=BATCH, received_at=0, new_id=lambda: "a-message-id")
    if isinstance(taken, Dropped):
        return {"code": taken.code, "reason": taken.reason, "remarks": []}
    return {"code": None, "reason": None, "remarks": list(taken.remarks)}
