"""Try: `/_sandbox/try`, a dry run, and `/_sandbox/send`, the same in earnest."""

import json
from importlib import resources
from typing import Annotated, Final, NotRequired, TypedDict

from mock_server.bounds import ASKED_BYTES, EARLIER_REQUESTS
from mock_server.control.copies import written
from mock_server.control.dry_run import Situation, try_out
from mock_server.control.ledger_resource import TRIED, taken_now
from mock_server.control.query import BadQuery
from mock_server.control.resource import Asked, packed, resource
from mock_server.control.sketches import (
    MappingsAsked,
    Unread,
    check_names,
    made_of,
    read_text,
    rules_of,
    sketches_of,
    text_in,
)
from mock_server.control.type_schemas import Free, With
from mock_server.exchange import Answer
from mock_server.toplyne import answers
from mock_server.toplyne.fault import Fault
from sandbox import samples
from sandbox.destination import PRESETS
from sandbox.segment.javascript import Json
from sandbox.segment.pipeline import Request
from sandbox.toplyne import TOPLYNE
from sandbox.values import members
from sandbox.wire_types import MessageJson
from sandbox.workspace import ConnectedDestination

_SECONDS_TO_WAIT: Final = 1.0
_BODY: Final = ("event", "eventText", "mappings", "rules", "earlier", "meets")
_PATHS: Final = [upload.endpoint.path for upload in TOPLYNE.uploads]
_PLAIN: Final = "plain_samples.json"


class _Earlier(TypedDict):
    path: Annotated[str, With(enum=_PATHS)]
    json: NotRequired[Json]


class _Tried(MappingsAsked, total=False):
    event: Json
    eventText: str  # noqa: N815 - as it is on the wire
    earlier: Annotated[list[_Earlier], With(maxItems=EARLIER_REQUESTS)]
    meets: Annotated[int, With(minimum=400, maximum=599)]


_EITHER: Final = [{"required": ["event"]}, {"required": ["eventText"]}]
_Situation = Annotated[_Tried, With(oneOf=_EITHER)]


@resource("GET", "/try")
def what_to_try(asked: Asked) -> Free:
    """Answer what there is to try: samples, the tenant's own mappings or the presets, actions."""
    known = (("recorded", samples.recorded()), ("odd", samples.odd()))
    return {
        "samples": [
            *plain_samples(),
            *(
                {"name": sample.name, "kind": kind, "event": sample.event.value}
                for kind, found in known
                for sample in found
            ),
        ],
        "presets": [written(mapping) for mapping in PRESETS],
        "destinations": [
            {"name": each.name, "mappings": [written(m) for m in each.mappings]}
            for each in asked.mock.segment.workspace.destinations
            if each.mappings != PRESETS and _delivers_to(asked, each)
        ],
        "actions": [
            {
                **members(action, "key", "name"),
                "defaults": action.default_fields,
                "fields": [members(field, "key", "label") for field in action.fields],
            }
            for action in TOPLYNE.actions
        ],
        "rules": asked.mock.rules,
    }


def plain_samples() -> list[Json]:
    """Return the seven events to begin with, one for each thing there is to see."""
    text = (resources.files(__package__ or "") / _PLAIN).read_text(encoding="utf-8")
    return [{"kind": "plain", **sample} for sample in json.loads(text)]


def _delivers_to(asked: Asked, destination: ConnectedDestination) -> bool:
    """Return whether a destination's API key is one of the tenant's that asks."""
    mock = asked.mock
    bearer = mock.tokens.check((f"Bearer {destination.api_key}",), mock.clock())
    return bearer.token is not None and bearer.token.tenant == asked.view.number


@resource("POST", "/try", takes=_Situation)
def try_it(asked: Asked) -> Answer:
    """Answer what would come of an event; nobody's journal, state or ledger is touched.

    The body has `event`, a JSON value, or `eventText`, its text; and `mappings` (else the presets),
    `rules`, `earlier` (requests made before), `meets` (the status of a failure), where wanted.
    """
    return Answer(200, answers.HEADERS, try_out(_situation(asked), asked.cancelled))


@resource("POST", "/send", takes=_Situation, status=201)
def send_it(asked: Asked) -> MessageJson:
    """Send an event through the mappings in earnest; answer its record in the ledger.

    The body is that of `POST /_sandbox/try`.
    """
    tried = _situation(asked)
    if isinstance(tried.event, Unread):
        raise BadQuery(f"The event cannot be sent. {tried.event.message}")
    segment, tenant = asked.mock.segment, asked.view.number
    destination = ConnectedDestination(
        name=TRIED,
        source=TRIED,
        api_key=asked.api_key,
        mappings=made_of(tried.sketches, "sent"),
    )
    taken = taken_now(segment, tried.event)
    if tried.meets is not None:
        asked.mock.faults.add(tenant, Fault(status=tried.meets, times=1))
    number = segment.send_through(destination, taken, tenant=tenant)
    segment.pending.flush((tenant,), _SECONDS_TO_WAIT)
    record = segment.ledger.record(asked.view.view, number)
    if record is None:  # reset in the meantime
        raise BadQuery("The event was sent, and a reset forgot it.", 409)
    return asked.view.shown([record])[0]


def _situation(asked: Asked) -> Situation:
    body = asked.body(ASKED_BYTES)
    check_names(body, _BODY, "the body")
    if ("event" in body) == ("eventText" in body):
        raise BadQuery("Give the event as event, a JSON value, or as eventText, its text.")
    event = body.get("event")
    if "eventText" in body:
        event = read_text(text_in(body, "eventText", "the body"))
    return Situation(
        event=event,
        sketches=sketches_of(body),
        rules=rules_of(asked, body),
        earlier=_earlier(body.get("earlier", [])),
        meets=_meets(body.get("meets")),
    )


def _earlier(given: Json) -> list[Request]:
    if not isinstance(given, list) or len(given) > EARLIER_REQUESTS:
        raise BadQuery(f"earlier is a list of {EARLIER_REQUESTS} requests at most.")
    found = []
    for number, each in enumerate(given):
        if not isinstance(each, dict) or each.get("path") not in _PATHS:
            right = f"a path, {' or '.join(_PATHS)}, and json, its body"
            raise BadQuery(f"earlier[{number}] has {right}.")
        found.append(Request("POST", each["path"], packed(each.get("json"))))
    return found


def _meets(given: Json) -> int | None:
    if given is not None and (type(given) is not int or not 400 <= given <= 599):
        raise BadQuery(f"meets is the status of a failure, 400 to 599, not {given!r:.50}.")
    return given
