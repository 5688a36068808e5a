"""Try: `/_sandbox/try`, a dry run, and `/_sandbox/send`, the same in earnest."""

import json
from importlib import resources
from typing import Final

from mock_server.bounds import ASKED_BYTES, EARLIER_REQUESTS
from mock_server.control.dry_run import Situation, try_out
from mock_server.control.export_snippets import written
from mock_server.control.query import BadQuery
from mock_server.control.resource import Asked, resource
from mock_server.control.sketches import (
    Unread,
    check_names,
    made_of,
    read_text,
    sketches_of,
    text_in,
)
from mock_server.exchange import Answer
from mock_server.segment.record import packed
from mock_server.segment.segment import Closed, QueueFull
from mock_server.toplyne import answers
from mock_server.toplyne.fault import Fault
from sandbox import samples
from sandbox.destination import PRESETS
from sandbox.rules import check_rules
from sandbox.segment.calls import BATCH
from sandbox.segment.definition import Rules
from sandbox.segment.intake import take_in
from sandbox.segment.javascript import Json
from sandbox.segment.pipeline import Request
from sandbox.toplyne import TOPLYNE
from sandbox.workspace import ConnectedDestination

SOURCE: Final = "Try it"
"""The source and the destination of what is sent here, in the ledger."""

_SECONDS_TO_WAIT: Final = 1.0
_BODY: Final = ("event", "eventText", "mappings", "rules", "earlier", "meets")
_PATHS: Final = tuple(upload.endpoint.path for upload in TOPLYNE.uploads)
_PLAIN: Final = "plain_samples.json"


@resource("GET", "/try")
def what_to_try(asked: Asked) -> Answer:
    """Answer what there is to try: samples, the tenant's own mappings or the presets, actions."""
    return _shown(
        {
            "samples": [
                *plain_samples(),
                *(
                    {"name": sample.name, "kind": kind, "event": sample.event.value}
                    for kind, known in (("recorded", samples.recorded()), ("odd", samples.odd()))
                    for sample in known
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
                    "key": action.key,
                    "name": action.name,
                    "defaults": action.default_fields,
                    "fields": [{"key": f.key, "label": f.label} for f in action.fields],
                }
                for action in TOPLYNE.actions
            ],
            "rules": asked.mock.rules,
        }
    )


def plain_samples() -> list[Json]:
    """Return the seven events to begin with, one for each thing there is to see."""
    text = (resources.files(__package__ or "") / _PLAIN).read_text(encoding="utf-8")
    return [{"kind": "plain", **sample} for sample in json.loads(text)]


def _delivers_to(asked: Asked, destination: ConnectedDestination) -> bool:
    """Return whether a destination's API key is one of the tenant's that asks."""
    mock = asked.mock
    bearer = mock.tokens.check((f"Bearer {destination.api_key}",), mock.clock())
    return bearer.token is not None and bearer.token.tenant == asked.view.number


@resource("POST", "/try")
def try_it(asked: Asked) -> Answer:
    """Answer what would come of an event; nobody's journal, state or ledger is touched.

    The body has `event`, a JSON value, or `eventText`, its text; and `mappings` (else the presets),
    `rules`, `earlier` (requests made before), `meets` (the status of a failure), where wanted.
    """
    return Answer(200, answers.HEADERS, try_out(_situation(asked), asked.cancelled))


@resource("POST", "/send")
def send_it(asked: Asked) -> Answer:
    """Send an event through the mappings in earnest; answer its record in the ledger.

    The body is that of `POST /_sandbox/try`.
    """
    tried = _situation(asked)
    if isinstance(tried.event, Unread):
        raise BadQuery(f"The event cannot be sent. {tried.event.message}")
    mappings = made_of(list(tried.sketches), "sent")
    segment, tenant = asked.mock.segment, asked.view.number
    destination = ConnectedDestination(
        name=SOURCE, source=SOURCE, api_key=api_key(asked), mappings=mappings
    )
    (taken,) = take_in(
        {"batch": [tried.event]},
        call=BATCH,
        received_at=int(segment.clock() * 1000),
        new_id=segment.choices.new_id,
    )
    if tried.meets is not None:
        asked.mock.faults.add(tenant, Fault(status=tried.meets, times=1))
    try:
        number = segment.send_through(destination, taken, tenant=tenant)
    except QueueFull:
        return answers.refusal(429, "Too many messages are queued already; retry later.")
    except Closed:
        return answers.refusal(503, "The server is being stopped.")
    segment.pending.flush((tenant,), _SECONDS_TO_WAIT)
    record = segment.ledger.record(asked.view.view, number)
    if record is None:  # reset in the meantime
        return answers.refusal(409, "The event was sent, and a reset forgot it.")
    return _shown(asked.view.shown([record])[0], 201)


def api_key(asked: Asked) -> str:
    """Return the token of the tenant that asks: the one it came with, else the default one's."""
    mock, own = asked.mock, asked.received.header("authorization") or ""
    token = own.partition(" ")[2]
    return mock.secrets[mock.default] if not token or token == mock.admin_token else token


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


def rules_of(asked: Asked, body: dict[str, Json]) -> Rules:
    """Return the `rules` of a question, else the server's own; raises BadQuery."""
    try:
        return check_rules(body.get("rules", asked.mock.rules))
    except ValueError as error:
        raise BadQuery(f"{error}.") from None


def _earlier(given: Json) -> list[Request]:
    if not isinstance(given, list) or len(given) > EARLIER_REQUESTS:
        raise BadQuery(f"earlier is a list of {EARLIER_REQUESTS} requests at most.")
    found = []
    for number, each in enumerate(given):
        where = f"earlier[{number}]"
        if not isinstance(each, dict) or each.get("path") not in _PATHS:
            raise BadQuery(f"{where} has a path, {' or '.join(_PATHS)}, and json, its body.")
        found.append(Request("POST", str(each["path"]), packed(each.get("json"))))
    return found


def _meets(given: Json) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not 400 <= given <= 599:
        raise BadQuery(f"meets is the status of a failure, 400 to 599, not {given!r:.50}.")
    return given


def _shown(value: Json, status: int = 200) -> Answer:
    """Return a value as a JSON answer, also where an event holds numbers that are no JSON."""
    return Answer(status, answers.HEADERS, packed(value))
