"""Try: `/_sandbox/try`, a dry run of an event, and `/_sandbox/send`, which really sends it.

A dry run sends an event through mappings to a temporary mock of its own.
"""

from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial
from typing import Annotated, Final, NotRequired, TypeAlias, TypedDict, cast

from mock_server import bounds
from mock_server.control.edited_drafts import EditedDraft, MappingsAsked, drafts_of, made_of
from mock_server.control.export_snippets import event_snippets
from mock_server.control.ledger_resource import taken_now, tried_destination
from mock_server.control.resource import Asked, BadQuery, resource
from mock_server.mock import Mock
from mock_server.segment.senders import send_inside
from mock_server.store.state import KINDS
from mock_server.tenant_view import TenantView
from mock_server.toplyne.fault import Fault
from sandbox.delivery import Delivery
from sandbox.explain import explain, to_json
from sandbox.reasoning.budget import TOO_LARGE, limited
from sandbox.segment.definition import Rules
from sandbox.segment.intake import Dropped, IntakeResult, take_event
from sandbox.segment.integrations import turned_off
from sandbox.segment.javascript import MISSING
from sandbox.segment.json_text import InvalidJson, packed, parse_json
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
_WAITS: Final = [SEGMENTS_BACKOFF.wait(1, chance=chance) for chance in (0, 1)]
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


@resource("POST", "/try", most=bounds.ASKED_BYTES)
def try_it(asked: Asked, body: _Asked) -> bytes:
    """Return what would happen to an event, without changing journal, state or ledger.

    The body has `event`, a JSON value, or `eventText`, its text, and optionally `mappings` (by
    default the presets), `rules`, `earlier` (requests made before) and `meets` (the status of a
    failure).
    """
    event, drafts, cancelled = _event(body), drafts_of(body), asked.cancelled
    if isinstance(event, InvalidJson):
        told, _ = _told_of(drafts, lambda each: each.to_json(MISSING), cancelled)
        problem = {"message": _sentence(event), **members(event, "line", "column")}
        return _joined(told, {"problem": problem, "intake": None, "state": None})

    rules, meets = body.get("rules", asked.mock.rules), body.get("meets")
    scratch = Mock(tokens={_TENANT: _SECRET}, rules=rules)
    with closing(scratch.store):
        for each in body.get("earlier", ()):
            _send(scratch, Request("POST", each["path"], packed(each.get("json"))))
        before = _state(scratch)
        if meets is not None:
            scratch.faults.add(TenantView.of(scratch).number, Fault(status=meets, times=1))
        tell = partial(_told, event=event, rules=rules, scratch=scratch)
        told, is_whole = _told_of(drafts, tell, cancelled)
        state = _state(scratch)
    answer = {
        "problem": None,
        "intake": _intake(event),
        "before": before,
        "state": state,
        "copies": _snippets(event, drafts, rules) if is_whole else None,
    }
    return _joined(told, answer)


def _event(body: _Tried) -> Json | InvalidJson:
    """Return the event of a request, or why its text is not valid JSON."""
    if ("event" in body) == ("eventText" in body):
        raise BadQuery("Give either event, a JSON value, or eventText, its text.")
    if "event" in body:
        return cast("Json", body["event"])
    try:
        return parse_json(body["eventText"], finite=True)
    except InvalidJson as error:
        return error


def _sentence(error: InvalidJson) -> str:
    said = str(error)
    return f"{said[0].upper()}{said[1:]}."


def _send(scratch: Mock, request: Request) -> Delivery:
    return send_inside(scratch.api.answer, _SECRET, request)


def _state(scratch: Mock) -> Free:
    return {kind: TenantView.of(scratch).items(kind) for kind in KINDS}


def _snippets(event: Json, drafts: Iterable[EditedDraft], rules: Rules) -> Free | None:
    """Return the export snippets, or None if event and fields are too large."""
    made = [each.right for each in drafts if each.right is not None]
    size = len(packed([event, *(mapping.fields for mapping in made)]))
    return event_snippets(event, made, rules) if size <= bounds.COPIED_BYTES else None


def _told_of(
    drafts: Iterable[EditedDraft],
    tell: Callable[[EditedDraft], Free],
    cancelled: Callable[[], bool],
) -> tuple[list[bytes], bool]:
    """Return the result of `tell` for each mapping as JSON, and whether there was time for all.

    Beyond the bounds of time and size, a mapping is only marked as too large.
    """
    told: list[bytes] = []
    is_whole = True
    with limited(cancelled=cancelled):
        for each in drafts:
            is_large = sum(map(len, told)) > bounds.TRIED_BYTES
            is_whole = is_whole and not (told and (is_large or cancelled()))
            told.append(packed(tell(each) if is_whole else each.untold | {"tooLarge": _TOO_LARGE}))
    return told, is_whole and not cancelled()


def _joined(told: Iterable[bytes], answer: object) -> bytes:
    """Return the answer as JSON, the mappings first."""
    return b'{"mappings":[' + b",".join(told) + b"]," + packed(answer)[1:]


def _told(each: EditedDraft, *, event: Json, rules: Rules, scratch: Mock) -> Free:
    """Return one mapping with its problems, the event's explanation, and Toplyne's answers."""
    told = each.to_json(event)
    if each.right is None:
        return told
    explained = explain(event, each.right, rules)
    told["explanation"] = to_json(explained)
    if isinstance(explained.outcome, Mapped):
        attempts = _attempts(explained.outcome.request, scratch)
        told |= {"answer": attempts[-1], "attempts": attempts}
    return told


def _attempts(request: Request, scratch: Mock) -> list[object]:
    """Return Toplyne's answer to a request, and to a second attempt if Segment makes one."""
    attempts: list[object] = []
    for waits in (_WAITS, None):
        delivery = _send(scratch, request)
        again = waits if is_retried(delivery.status) else None
        problems = TenantView.of(scratch).entries[-1]["problems"]
        told = {**members(delivery, "status", "text"), "again": again, "problems": problems}
        attempts.append(told)
        if again is None:
            break
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
    event, drafts, meets = _event(body), drafts_of(body), body.get("meets")
    if isinstance(event, InvalidJson):
        raise BadQuery(f"The event cannot be sent. {_sentence(event)}")
    mock, segment, tenant = asked.mock, asked.mock.segment, asked.view.number
    destination = tried_destination(asked, made_of(drafts, "sent"))
    taken = taken_now(segment, event)
    # without a request, the tenant's next call would meet it
    if meets is not None and _makes_request(destination, taken, mock.rules):
        mock.faults.add(tenant, Fault(status=meets, times=1))
    number = segment.send_through(destination, taken, tenant=tenant)
    segment.ledger.flush((tenant,), _SECONDS_TO_WAIT)
    record = segment.ledger.record(asked.view.view, number)
    if record is None:  # reset in the meantime
        raise BadQuery("The event was sent, but a reset deleted its record.", 409)
    return asked.view.shown([record])[0]
