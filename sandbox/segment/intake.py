"""Intake: what Segment's Tracking API does with a body before any destination gets it.

A body is one event or a batch. Each event is kept and completed as Segment completes it, or dropped
with Segment's code. In both cases the answer to the client is 200.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from sandbox.segment import ingest_checks
from sandbox.segment.calls import BATCH, CALLS, TYPES
from sandbox.segment.clock_correction import corrected_times
from sandbox.segment.errors import did_you_mean
from sandbox.segment.ingest_checks import LIMITS, IngestLimits, size_of
from sandbox.segment.javascript import kind
from sandbox.segment.json_text import MAX_EVENT_DEPTH, InvalidJson, parse_json
from sandbox.values import Json

_MAX_DEPTH: Final = MAX_EVENT_DEPTH + 2  # inside {"batch": [ … ]}
_CLIENT_SIDE: Final = (
    "analytics.js",
    "analytics-android",
    "analytics-ios",
    "analytics-kotlin",
    "analytics-swift",
)


class Kept(NamedTuple):
    """A kept event, as destinations see it; `remarks` say what is odd about it."""

    message: dict[str, Json]
    remarks: tuple[str, ...] = ()

    @property
    def message_id(self) -> str:
        """The messageId, which every kept event has."""
        return str(self.message["messageId"])


class Dropped(NamedTuple):
    """A dropped event, as `shown_event` shows it, with Segment's code and a sentence."""

    message: Json
    code: str
    reason: str


class RefusedBody(NamedTuple):
    """A refused body; only here the client learns of it, by a 400."""

    reason: str
    code: str = "bad_request"


IntakeResult: TypeAlias = Kept | Dropped


class _Arrival(NamedTuple):
    """What the server knows about the request of a body."""

    received_at: int
    new_id: Callable[[], str]
    limits: IngestLimits
    client_ip: str = ""


def read_body(
    content: bytes, *, call: str, limits: IngestLimits = LIMITS
) -> dict[str, Json] | RefusedBody:
    """Return the JSON object of an inflated body, whatever its content type.

    `call` is one of the values of CALLS. A body is refused if it is larger than the limit of the
    call, is not strict JSON (NaN is not) or is not an object.
    """
    limit = limits.batch_bytes if call == BATCH else limits.event_bytes
    if len(content) > limit:
        what = "a batch" if call == BATCH else "an event"
        return RefusedBody(f"the body has {len(content):,} bytes; {what} has at most {limit:,}.")
    try:
        body = parse_json(content, max_depth=_MAX_DEPTH)
    except InvalidJson as error:
        return RefusedBody(f"the body is {error}.")
    if not isinstance(body, dict):
        return RefusedBody(f"the body must be a JSON object, but it was of kind {kind(body)}.")
    items = body.get("batch")
    if call == BATCH and limits.large_event == "batch" and isinstance(items, list):
        for number, item in enumerate(items, 1):
            if (size := size_of(item)) > limits.event_bytes:
                what = f"event {number:,} of the batch has {size:,} bytes"
                return RefusedBody(f"{what}; an event has at most {limits.event_bytes:,}.")
    return body


def take_in(  # noqa: PLR0913 - each says one thing about the call, by its name
    body: dict[str, Json],
    *,
    call: str,
    received_at: int,
    new_id: Callable[[], str],
    limits: IngestLimits = LIMITS,
    client_ip: str = "",
) -> tuple[IntakeResult, ...]:
    """Return whether each event in a body is kept or dropped, in order.

    `call` is one of the values of CALLS; `received_at` is the server's clock in milliseconds since
    1970; `new_id` makes the messageId of an event without one; `client_ip` is the address of the
    client, "" if unknown. Raises ValueError for another call. The body is not changed.
    """
    if call not in CALLS.values():
        near = did_you_mean(call, list(CALLS))
        raise ValueError(f"call must be one of {', '.join(TYPES)} or batch, not {call!r}.{near}")
    arrival = _Arrival(received_at, new_id, limits, client_ip)
    shown = shown_event(body, call=call)
    if call != BATCH:
        return (_take(shown, shown, arrival),)

    items = body.get("batch")
    if items is None or items == []:
        return (Dropped(shown, "empty_batch", "the batch has no event."),)
    if not isinstance(items, list):
        reason = f"batch must be an array of events, but it was of kind {kind(items)}."
        return (Dropped(shown, "bad_request", reason),)
    most = 2 * limits.batch_events  # the rest of a batch that is far too long counts as one drop
    taken = [_take_item(item, n, body, arrival) for n, item in enumerate(items[:most], 1)]
    if rest := items[most:]:
        reason = f"these are {len(rest):,} more events of a batch; {_most(limits)}."
        taken.append(Dropped([*map(_without_key, rest)], "bad_request", reason))
    return tuple(taken)


def take_event(event: Json, *, received_at: int, new_id: Callable[[], str]) -> IntakeResult:
    """Return what intake makes of one event, as of a batch that has no other."""
    arrival = _Arrival(received_at, new_id, LIMITS)
    return _take_item(event, 1, {}, arrival)


def shown_event(body: dict[str, Json], *, call: str) -> dict[str, Json]:
    """Return a body without its write key and those of its events, with the type of its path.

    The write key identifies the sender and is not part of the event (assumed), and no page or
    answer shows a whole key.
    """
    event = {key: value for key, value in body.items() if key != "writeKey"}
    if call != BATCH:
        return {**event, "type": call}
    items = event.get("batch")
    return {**event, "batch": [*map(_without_key, items)]} if isinstance(items, list) else event


def _without_key(event: Json) -> Json:
    return shown_event(event, call=BATCH) if isinstance(event, dict) else event


def _take_item(item: Json, number: int, body: dict[str, Json], arrival: _Arrival) -> IntakeResult:
    limits, size, item = arrival.limits, size_of(item), _without_key(item)
    if number > limits.batch_events:
        # docs: answered 200 and rejected; which of the events are rejected is assumed
        reason = f"it is event {number:,} of its batch; {_most(limits)}."
        return Dropped(item, "bad_request", reason)
    if not isinstance(item, dict):
        reason = f"an event must be an object, but it was of kind {kind(item)}."
        return Dropped(item, "bad_request", reason)
    if size > limits.event_bytes:
        reason = f"the event has {size:,} bytes; the limit is {limits.event_bytes:,}."
        return Dropped(item, "bad_request", reason)
    return _take(item, _with_shared(item, body), arrival)


def _most(limits: IngestLimits) -> str:
    return f"the limit is {limits.batch_events:,}"


def _with_shared(item: dict[str, Json], body: dict[str, Json]) -> dict[str, Json]:
    """Merge the batch's context and integrations into the item, key by key; the item's win.

    It is assumed that only the top keys are merged.
    """
    shared: dict[str, Json] = {}
    for key in ("context", "integrations"):
        theirs, own = body.get(key), item.get(key)
        if isinstance(theirs, dict) and (own is None or isinstance(own, dict)):
            shared[key] = {**theirs, **(own or {})}
    if item.get("sentAt") is None and "sentAt" in body:
        shared["sentAt"] = body["sentAt"]
    return {**item, **shared}


def _take(sent: dict[str, Json], message: dict[str, Json], arrival: _Arrival) -> IntakeResult:
    """Check and complete one event; `sent` is the client's own part, `message` the whole event."""
    code, reason = ingest_checks.first_failure(message)
    if code:
        return Dropped(sent, code, reason)

    if message.get("messageId") in (None, ""):
        message = {**message, "messageId": arrival.new_id()}
    if reason := ingest_checks.wrong_message_id(message, longest=arrival.limits.message_id_length):
        return Dropped(sent, "bad_request", reason)

    times, mistimed = corrected_times(message, received_at=arrival.received_at)
    remarks = tuple(filter(None, (mistimed, _misplaced_traits(message))))
    return Kept({**_with_ip(message, arrival.client_ip), **times}, remarks)


def _with_ip(message: dict[str, Json], client_ip: str) -> dict[str, Json]:
    """Fill in context.ip if Segment does: for client-side libraries, or context.direct.

    Which libraries count as client-side is assumed (service rule `context-ip`).
    """
    context = message.get("context")
    if not client_ip or not isinstance(context, dict) or context.get("ip") is not None:
        return message
    library = context.get("library")
    is_client_side = isinstance(library, dict) and library.get("name") in _CLIENT_SIDE
    if context.get("direct") is True or is_client_side:
        return {**message, "context": {**context, "ip": client_ip}}
    return message


def _misplaced_traits(message: dict[str, Json]) -> str:
    where = "in context.traits, where RudderStack's clients put them; Segment does not."
    match message:
        case {"type": "identify" | "group", "context": {"traits": traits}} if traits:
            return "" if message.get("traits") else f"the traits are {where}"
        case _:
            return ""


def batch_code(taken: tuple[IntakeResult, ...]) -> str:
    """Return Segment's code for a whole batch, "" if nothing was dropped.

    `multi_user_error` if some events were kept and others dropped; `empty_batch_result` if several
    were dropped and none kept; the event's own code for a single one.
    """
    dropped = [each for each in taken if isinstance(each, Dropped)]
    if not dropped:
        return ""
    if len(dropped) < len(taken):
        return "multi_user_error"
    return dropped[0].code if len(dropped) == 1 else "empty_batch_result"
