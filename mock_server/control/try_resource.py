"""Try: `/_sandbox/try`, a dry run of an event, and `/_sandbox/send`, which really sends it.

A dry run sends an event through mappings to a temporary mock of its own.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Final, NamedTuple, NotRequired, TypeAlias, TypedDict, cast

from mock_server import bounds
from mock_server.control import edited_drafts
from mock_server.control.edited_drafts import EditedDraft, JsonMistake, MappingsAsked
from mock_server.control.export_snippets import event_snippets
from mock_server.control.ledger_resource import taken_now, tried_destination
from mock_server.control.resource import Asked, BadQuery, resource
from mock_server.mock import Mock
from mock_server.segment.senders import Sender, send_inside
from mock_server.store.state import KINDS
from mock_server.tenant_view import TenantView
from mock_server.toplyne.fault import Fault
from sandbox.explain import explain, to_json
from sandbox.reasoning.budget import TOO_LARGE, limited
from sandbox.segment.definition import Rules
from sandbox.segment.intake import Dropped, IntakeResult, take_event
from sandbox.segment.integrations import turned_off
from sandbox.segment.javascript import MISSING
from sandbox.segment.json_text import packed
from sandbox.segment.pipeline import Mapped, Request
from sandbox.segment.retry import SEGMENTS_BACKOFF, is_retried
from sandbox.toplyne import TOPLYNE
from sandbox.type_schemas import Free, With
from sandbox.values import Json, members
from sandbox.wire_types import MessageJson
from sandbox.workspace import ConnectedDestination

_SECONDS_TO_WAIT: Final = 1.0
_PATHS: Final = [upload.endpoint.path for upload in TOPLYNE.uploads]
_SECRET: Final = "the-token-of-a-dry-run"  # noqa: S105 - of a mock that nobody else can reach
_TENANT: Final = "dry run"
_TOO_LARGE: Final = (
    f"This is {TOO_LARGE} together with the mappings above: one request may take"
    f" {bounds.REASONING_SECONDS:g} s (reasoning_seconds) and {bounds.TRIED_BYTES} bytes"
    " (tried_bytes). Try fewer mappings at once."
)


class _Earlier(TypedDict):
    path: Annotated[str, With(enum=_PATHS)]
    json: NotRequired[object]


class _Tried(MappingsAsked, total=False):
    event: object
    eventText: str  # noqa: N815 - as it is on the wire
    earlier: Annotated[list[_Earlier], With(maxItems=bounds.EARLIER_REQUESTS)]
    meets: Annotated[int, With(minimum=400, maximum=599)] | None


_EITHER: Final = [{"required": ["event"]}, {"required": ["eventText"]}]
_Asked: TypeAlias = Annotated[_Tried, With(oneOf=_EITHER)]


class Situation(NamedTuple):
    """What is tried: an event, mappings and rules, and the mock they are sent to.

    `earlier` has the requests that Toplyne received before. `meets` is the status of the answer to
    the event's first request.
    """

    event: Json | JsonMistake
    drafts: Sequence[EditedDraft]
    rules: Rules
    earlier: Sequence[Request]
    meets: int | None


@resource("POST", "/try", most=bounds.ASKED_BYTES)
def try_it(asked: Asked, body: _Asked) -> bytes:
    """Return what would happen to an event, without changing journal, state or ledger.

    The body has `event`, a JSON value, or `eventText`, its text, and optionally `mappings` (by
    default the presets), `rules`, `earlier` (requests made before) and `meets` (the status of a
    failure).
    """
    tried, cancelled = _situation(asked, body), asked.cancelled
    if isinstance(tried.event, JsonMistake):
        told = _told_of(tried, lambda each: each.to_json(MISSING), cancelled)
        problem = tried.event._asdict()
        return _joined(tried, told, {"problem": problem, "intake": None, "state": None})

    scratch = Mock(tokens={_TENANT: _SECRET}, rules=tried.rules)
    try:
        send = partial(send_inside, scratch.api.answer, _SECRET)
        for request in tried.earlier:
            send(request)
        before = _state(scratch)
        if tried.meets is not None:
            scratch.faults.add(TenantView.of(scratch).number, Fault(status=tried.meets, times=1))
        told = _told_of(tried, lambda each: _told(each, tried, scratch, send), cancelled)
        state = _state(scratch)
    finally:
        scratch.store.close()
    is_whole = len(told) == len(tried.drafts) and not cancelled()
    answer = {
        "problem": None,
        "intake": _intake(tried.event),
        "before": before,
        "state": state,
        "copies": _snippets(tried) if is_whole else None,
    }
    return _joined(tried, told, answer)


def _state(scratch: Mock) -> Free:
    return {kind: TenantView.of(scratch).items(kind) for kind in KINDS}


def _snippets(tried: Situation) -> Free | None:
    """Return the export snippets, or None if event and fields are too large."""
    made = [each.right for each in tried.drafts if each.right is not None]
    size = len(packed([tried.event, *(mapping.fields for mapping in made)]))
    return event_snippets(tried.event, made, tried.rules) if size <= bounds.COPIED_BYTES else None


def _told_of(
    tried: Situation, tell: Callable[[EditedDraft], Free], cancelled: Callable[[], bool]
) -> list[bytes]:
    """Return the result of `tell` for each mapping as JSON, within the bounds of time and size."""
    told: list[bytes] = []
    with limited(cancelled=cancelled):
        for each in tried.drafts:
            if sum(map(len, told)) > bounds.TRIED_BYTES or (told and cancelled()):
                break
            told.append(packed(tell(each)))
    return told


def _joined(tried: Situation, told: list[bytes], answer: object) -> bytes:
    """Return the answer as JSON. Mappings that are missing in `told` are marked as too large."""
    left = tried.drafts[len(told) :]
    told += [packed(each.to_json(MISSING, too_large=_TOO_LARGE)) for each in left]
    return b'{"mappings":[' + b",".join(told) + b"]," + packed(answer)[1:]


def _told(each: EditedDraft, tried: Situation, scratch: Mock, send: Sender) -> Free:
    """Return one mapping with its problems, the event's explanation, and Toplyne's answers."""
    told = each.to_json(tried.event)
    if each.right is None:
        return told
    explained = explain(tried.event, each.right, tried.rules)
    told["explanation"] = to_json(explained)
    if isinstance(explained.outcome, Mapped):
        attempts = _attempts(explained.outcome.request, scratch, send)
        told |= {"answer": attempts[-1], "attempts": attempts}
    return told


def _attempts(request: Request, scratch: Mock, send: Sender) -> list[object]:
    """Return Toplyne's answer to a request, and to a second attempt if Segment makes one."""
    attempts: list[object] = []
    is_last = False
    while not is_last:
        delivery = send(request)
        is_last = bool(attempts) or not is_retried(delivery.status)
        waits = [SEGMENTS_BACKOFF.wait(1, chance=chance) for chance in (0, 1)]
        told = {**members(delivery, "status", "text"), "again": None if is_last else waits}
        attempts.append(told | {"problems": TenantView.of(scratch).entries[-1]["problems"]})
    return attempts


def _intake(event: Json) -> Free:
    """Return what Segment's Tracking API makes of the event before it reaches a destination."""
    taken = take_event(event, received_at=0, new_id=lambda: "a-message-id")
    if isinstance(taken, Dropped):
        return {"code": taken.code, "reason": taken.reason, "remarks": []}
    return {"code": None, "reason": None, "remarks": list(taken.remarks)}


def _makes_request(destination: ConnectedDestination, taken: IntakeResult, rules: Rules) -> bool:
    if isinstance(taken, Dropped) or turned_off(taken.message, TOPLYNE.name):
        return False
    return any(isinstance(each, Mapped) for each in destination.map(taken.message, rules=rules))


@resource("POST", "/send", most=bounds.ASKED_BYTES, status=201)
def send_it(asked: Asked, body: _Asked) -> MessageJson:
    """Send an event through the mappings, and return its record in the ledger.

    The body is the same as for `POST /_sandbox/try`.
    """
    tried = _situation(asked, body)
    if isinstance(tried.event, JsonMistake):
        raise BadQuery(f"The event cannot be sent. {tried.event.message}")
    segment, tenant = asked.mock.segment, asked.view.number
    destination = tried_destination(asked, edited_drafts.made_of(tried.drafts, "sent"))
    taken = taken_now(segment, tried.event)
    # without a request, the tenant's next call would meet it
    if tried.meets is not None and _makes_request(destination, taken, asked.mock.rules):
        asked.mock.faults.add(tenant, Fault(status=tried.meets, times=1))
    number = segment.send_through(destination, taken, tenant=tenant)
    segment.ledger.flush((tenant,), _SECONDS_TO_WAIT)
    record = segment.ledger.record(asked.view.view, number)
    if record is None:  # reset in the meantime
        raise BadQuery("The event was sent, but a reset deleted its record.", 409)
    return asked.view.shown([record])[0]


def _situation(asked: Asked, body: _Tried) -> Situation:
    if ("event" in body) == ("eventText" in body):
        raise BadQuery("Give either event, a JSON value, or eventText, its text.")
    event = cast("Json", body.get("event"))
    earlier = body.get("earlier", [])
    return Situation(
        event=edited_drafts.read_text(body["eventText"]) if "eventText" in body else event,
        drafts=edited_drafts.drafts_of(body),
        rules=body.get("rules", asked.mock.rules),
        earlier=[Request("POST", each["path"], packed(each.get("json"))) for each in earlier],
        meets=body.get("meets"),
    )
