"""Try: `/_sandbox/try`, a dry run, and `/_sandbox/send`, the same in earnest."""

from __future__ import annotations

from typing import Final

from mock_server.control.dry_run import Sketch, Unread, read_text, sketch, try_out
from mock_server.control.export_snippets import written
from mock_server.control.query import BadQuery
from mock_server.control.resource import Asked, resource
from mock_server.exchange import Answer
from mock_server.segment.record import packed
from mock_server.segment.segment import Closed, QueueFull
from mock_server.toplyne import answers
from sandbox import samples
from sandbox.destination import PRESETS
from sandbox.lint import Draft
from sandbox.rules import check_rules
from sandbox.segment.calls import BATCH
from sandbox.segment.errors import did_you_mean
from sandbox.segment.intake import take_in
from sandbox.segment.javascript import MISSING, Json
from sandbox.toplyne import TOPLYNE
from sandbox.workspace import ConnectedDestination

SOURCE: Final = "Try it"
"""The source and the destination of what is sent here, in the ledger."""

_SECONDS_TO_WAIT: Final = 1.0
MOST_MAPPINGS: Final = TOPLYNE.max_mappings
"""How many mappings one dry run takes."""
_BODY: Final = ("event", "eventText", "mappings", "rules")
_MAPPING: Final = ("name", "action", "trigger", "fields", "fieldsText", "enabled")


@resource("GET", "/try")
def what_to_try(asked: Asked) -> Answer:
    """Answer what there is to try: samples, the tenant's own mappings or the presets, actions."""
    return _shown(
        {
            "samples": [
                {"name": sample.name, "kind": kind, "event": sample.event.value}
                for kind, known in (("recorded", samples.recorded()), ("odd", samples.odd()))
                for sample in known
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


def _delivers_to(asked: Asked, destination: ConnectedDestination) -> bool:
    """Tell whether a destination's API key is one of the tenant's that asks."""
    mock = asked.mock
    bearer = mock.tokens.check((f"Bearer {destination.api_key}",), mock.clock())
    return bearer.token is not None and bearer.token.tenant == asked.view.number


@resource("POST", "/try")
def try_it(asked: Asked) -> Answer:
    """Answer what would come of an event; nobody's journal, state or ledger is touched."""
    event, sketches, rules = _situation(asked)
    return _shown(try_out(event, sketches, check_rules(rules)))


@resource("POST", "/send")
def send_it(asked: Asked) -> Answer:
    """Send an event through the mappings in earnest; answer its record in the ledger."""
    event, sketches, _ = _situation(asked)
    if isinstance(event, Unread):
        raise BadQuery(f"The event cannot be sent. {event.message}")
    wrong = next((each for each in sketches if each.mapping is None), None)
    if wrong is not None:
        raise BadQuery(f"The mapping {wrong.draft.name!r} is not right, so nothing was sent.")

    mappings = tuple(each.mapping for each in sketches if each.mapping is not None)
    segment, tenant = asked.mock.segment, asked.view.number
    destination = ConnectedDestination(
        name=SOURCE, source=SOURCE, api_key=_api_key(asked), mappings=mappings
    )
    (taken,) = take_in(
        {"batch": [event]},
        call=BATCH,
        received_at=int(segment.clock() * 1000),
        new_id=segment.choices.new_id,
    )
    try:
        number = segment.send_through(destination, taken, tenant=tenant)
    except QueueFull:
        return answers.refusal(429, "Too many messages wait already; come back later.")
    except Closed:
        return answers.refusal(503, "The server is being stopped.")
    segment.pending.flush((tenant,), _SECONDS_TO_WAIT)
    record = segment.ledger.record(asked.view.view, number)
    if record is None:  # reset in the meantime
        return answers.refusal(409, "The event was sent, and a reset forgot it.")
    return _shown(asked.view.shown([record])[0], 201)


def _api_key(asked: Asked) -> str:
    """Return the token of the tenant that asks: the one it came with, else the default one's."""
    mock, own = asked.mock, asked.received.header("authorization") or ""
    token = own.partition(" ")[2]
    return mock.secrets[mock.default] if not token or token == mock.admin_token else token


def _situation(asked: Asked) -> tuple[Json | Unread, list[Sketch], str]:
    body = asked.body()
    for name in body:
        _known(name, _BODY, "the body")
    given = [name for name in ("event", "eventText") if name in body]
    if len(given) != 1:
        raise BadQuery("Give the event as event, a JSON value, or as eventText, its text.")
    event = body.get("event")
    if "eventText" in body:
        event = read_text(_text(body, "eventText", "the body"))
    rules = body.get("rules", asked.mock.rules)
    try:
        check_rules(rules)
    except ValueError as error:
        raise BadQuery(f"{error}.") from None
    return event, _sketches(body), rules


def _sketches(body: dict[str, Json]) -> list[Sketch]:
    if "mappings" not in body:
        return [Sketch(Draft(m.name, m.action, m.trigger, m.fields), m) for m in PRESETS]
    mappings = body["mappings"]
    if not isinstance(mappings, list) or len(mappings) > MOST_MAPPINGS:
        raise BadQuery(f"mappings is a list of {MOST_MAPPINGS} at most.")
    return [_sketch(each, f"mappings[{number}]") for number, each in enumerate(mappings)]


def _sketch(given: Json, where: str) -> Sketch:
    if not isinstance(given, dict):
        raise BadQuery(f"{where} is an object with {', '.join(_MAPPING)}.")
    for name in given:
        _known(name, _MAPPING, where)
    fields = given.get("fields", MISSING)
    if "fieldsText" in given:
        fields = read_text(_text(given, "fieldsText", where))
    draft = Draft(
        _text(given, "name", where),
        _text(given, "action", where),
        _text(given, "trigger", where),
        MISSING if isinstance(fields, Unread) else fields,
        given.get("enabled", True) is True,
    )
    made = sketch(draft)
    if isinstance(fields, Unread):
        return Sketch(draft, None, made.problems, made.position, fields)
    return made


def _known(name: str, names: tuple[str, ...], where: str) -> None:
    if name not in names:
        near = did_you_mean(name, list(names))
        raise BadQuery(f"{where} has no {name[:50]!r}; there are {', '.join(names)}.{near}")


def _text(given: dict[str, Json], name: str, where: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise BadQuery(f"{name} of {where} is a text, not {value!r:.50}.")
    return value


def _shown(value: Json, status: int = 200) -> Answer:
    """Return a value as a JSON answer, also where an event holds numbers that are no JSON."""
    return Answer(status, answers.HEADERS, packed(value))
