"""Ledger: `/_sandbox/ledger`, what happened to every message and why, and `/_sandbox/flush`."""

from functools import partial
from typing import Final, TypedDict

from mock_server.control.export_snippets import event_snippets, mapping_json, message_curl
from mock_server.control.resource import (
    PAGING,
    SECONDS,
    Asked,
    BadQuery,
    existing,
    json_answer,
    json_page,
    resource,
)
from mock_server.later import Later
from mock_server.segment.record import LedgerOutcome, Record
from mock_server.segment.segment import SegmentSide
from mock_server.store.journal_entry import iso_time
from sandbox.destination import PRESETS, Mapping
from sandbox.explain import explain, to_json
from sandbox.reasoning.budget import limited
from sandbox.segment.intake import IntakeResult, Kept, take_event
from sandbox.segment.json_text import packed, parse_json
from sandbox.type_schemas import Free, Whole, listing
from sandbox.values import Json, members
from sandbox.wire_types import MessageJson
from sandbox.workspace import ConnectedDestination

TRIED: Final = "Try it"
"""The names of the source and the destination of `/_sandbox/send` in the ledger."""
_FILTERS: Final = {
    "outcome": LedgerOutcome,
    **dict.fromkeys(("code", "type", "event", "source", "messageId"), str),
    "drop": bool,
}
_MEMBERS: Final = {"messageId": "message_id"}
_SECONDS: Final = 60.0
_RENEWED: Final = frozenset({"messageId", "receivedAt", "sentAt"})
"""Members that a message gets anew when it is sent again; an old sentAt would move its time."""
_UNSEEN: Final = frozenset({"dropped", "duplicate"})
"""Outcomes of messages that reach no mapping."""


class Summary(TypedDict):
    """The numbers of messages in all, by outcome, waiting, and refused."""

    messages: Whole
    outcomes: dict[str, Whole]
    waiting: Whole
    refused: Whole


@resource("GET", "/ledger", query={**PAGING, **_FILTERS}, gives=listing("messages", MessageJson))
def ledger(asked: Asked) -> bytes:
    """Return a page of the ledger."""
    wanted = {_MEMBERS.get(name, name): asked.query.get(name) for name in _FILTERS}
    page, view, ledger = asked.page, asked.view.view, asked.mock.segment.ledger
    shown = map(packed, asked.view.shown(ledger.records(view, page, wanted)))
    total = partial(ledger.matching, view, wanted, after=page.after)
    return json_page("messages", shown, total=total, dropped=ledger.forgotten(view))


@resource("GET", "/ledger/summary", gives=Summary)
def summary(asked: Asked) -> Free:
    """Return the number of messages by outcome."""
    return asked.view.summary()


@resource("POST", "/flush", query={"timeout": SECONDS}, gives=Summary)
def flush(asked: Asked) -> Later:
    """Wait until every message is delivered or given up: 200, or 408 after the timeout."""
    view, seconds = asked.view, asked.query.get("timeout", _SECONDS)
    return asked.mock.segment.ledger.flush_later(
        view.view, seconds, lambda is_done: json_answer(view.summary(), 200 if is_done else 408)
    )


@resource("GET", "/ledger/<number>")
def record(asked: Asked, number: str) -> MessageJson:
    """Return one message of the ledger."""
    return asked.view.shown([_found(asked, number)])[0]


@resource("GET", "/ledger/<number>/why")
def why(asked: Asked, number: str) -> Free:
    """Explain what each current mapping makes of a message, and return when requests are retried.

    The explanation is null for a mapping that the message did not reach.
    """
    record, told = _found(asked, number), list[object]()
    message, rules, segment = parse_json(record.message), asked.mock.rules, asked.mock.segment
    unseen = {p.destination for p in record.parts if not p.mapping and p.outcome != "unmapped"}
    with limited(cancelled=asked.cancelled):
        for each in segment.destinations_of(record):
            is_seen = record.outcome not in _UNSEEN and each.name not in unseen
            for mapping in each.mappings:
                said = to_json(explain(message, mapping, rules)) if is_seen else None
                its = {"destination": each.name, "mapping": mapping_json(mapping)}
                told.append({**its, "explanation": said})
    waiting = ((members(p, "destination", "mapping"), p.due) for p in record.parts)
    due = [its | {"at": iso_time(at)} for its, at in waiting if at is not None]
    return {"mappings": told, "due": due}


@resource("GET", "/ledger/<number>/copies")
def copies_of_message(asked: Asked, number: str) -> Free:
    """Return a message as curl (its requests, and itself), pytest and case, null if impossible."""
    record = _found(asked, number)
    message = parse_json(record.message)
    told = event_snippets(message, mappings_of(asked, record), asked.mock.rules)
    return told | {"sdk": message_curl(_as_new(message))}


@resource("POST", "/ledger/<number>/again")
def send_message_again(asked: Asked, number: str) -> Free:
    """Send a message again, with its times and a new messageId, and return its new number."""
    record, segment = _found(asked, number), asked.mock.segment
    message = parse_json(record.message)
    if not isinstance(message, dict):
        raise BadQuery(f"Message {record.number} is not an object, so no SDK can send it.", 409)
    source = segment.source_of(record)
    if source is None and record.source != TRIED:
        raise BadQuery(f"The source of message {record.number} does not exist.")

    visited = () if source else segment.destinations_of(record)
    through = "" if source or visited else " through the presets"
    again = f"Message {record.number}, sent again{through}."
    taken = taken_now(segment, _as_new(message))
    if isinstance(taken, Kept):
        taken = taken._replace(remarks=(*taken.remarks, again))
    if source is not None:
        return {"number": segment.take(source, (taken,))[0]}
    (destination,) = visited or (tried_destination(asked),)
    return {"number": segment.send_through(destination, taken, tenant=record.tenant)}


def tried_destination(asked: Asked, taken: tuple[Mapping, ...] = PRESETS) -> ConnectedDestination:
    """Return the destination of `/_sandbox/send`, which belongs to no source of the workspace."""
    return ConnectedDestination(name=TRIED, source=TRIED, api_key=asked.api_key, mappings=taken)


def taken_now(segment: SegmentSide, message: Json) -> IntakeResult:
    """Return what intake makes of one message that is received now."""
    now = int(segment.clock() * 1000)
    return take_event(message, received_at=now, new_id=segment.choices.new_id)


def mappings_of(asked: Asked, record: Record) -> list[Mapping]:
    """Return the mappings of a message's destinations, or the presets if there are none."""
    found = asked.mock.segment.destinations_of(record)
    return [m for each in found for m in each.mappings] or [*PRESETS]


def _as_new(message: Json) -> Json:
    """Return a message as its SDK would send it now."""
    if not isinstance(message, dict):
        return message
    return {key: value for key, value in message.items() if key not in _RENEWED}


def _found(asked: Asked, number: str) -> Record:
    return existing(asked.mock.segment.ledger.record, asked.view.view, number, "Message")
