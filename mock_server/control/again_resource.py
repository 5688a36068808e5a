"""Again: a message or a call of the past is sent once more."""

import json
from dataclasses import replace
from typing import Final

from mock_server.control.entry_resource import found_entry
from mock_server.control.journal_export import sent_headers, target
from mock_server.control.ledger_resource import found_record
from mock_server.control.query import BadQuery
from mock_server.control.resource import Asked, resource, shown
from mock_server.control.try_resource import SOURCE, api_key
from mock_server.exchange import Answer, received
from mock_server.segment.segment import Closed, QueueFull
from mock_server.toplyne import answers
from sandbox.segment.calls import BATCH
from sandbox.segment.intake import Kept, take_in
from sandbox.segment.json_text import parse_json
from sandbox.workspace import ConnectedDestination

_RENEWED: Final = frozenset({"messageId", "receivedAt"})


@resource("POST", "/ledger/<number>/again")
def send_message_again(asked: Asked, number: str) -> Answer:
    """Send a message again, with a messageId of its own and the times it had; answer its number."""
    record, segment = found_record(asked, number), asked.mock.segment
    message = parse_json(record.message)
    if not isinstance(message, dict):
        raise BadQuery(f"Message {record.number} is not an object, so no SDK can send it.")
    source = next((s for s in segment.workspace.sources if s.name == record.source), None)
    if source is None and record.source != SOURCE:
        raise BadQuery(f"Message {record.number} came from no source that is set up now.")

    visited = () if source else segment.destinations_of(record)
    through = "" if source or visited else " through the presets"
    fresh = {key: value for key, value in message.items() if key not in _RENEWED}
    (taken,) = take_in(
        {"batch": [fresh]},
        call=BATCH,
        received_at=int(segment.clock() * 1000),
        new_id=segment.choices.new_id,
    )
    if isinstance(taken, Kept):
        again = f"Message {record.number}, sent again{through}."
        taken = replace(taken, remarks=(*taken.remarks, again))
    try:
        if source is not None:
            (new,) = segment.take(source, (taken,))
        else:
            (destination,) = visited or (
                ConnectedDestination(name=SOURCE, source=SOURCE, api_key=api_key(asked)),
            )
            new = segment.send_through(destination, taken, tenant=record.tenant)
    except QueueFull:
        return answers.refusal(429, "Too many messages wait already; come back later.")
    except Closed:
        return answers.refusal(503, "The server is being stopped.")
    return shown({"number": new})


@resource("POST", "/entries/<number>/again")
def send_entry_again(asked: Asked, number: str) -> Answer:
    """Make a call again, the same bytes with the tenant's own token; answer its entry."""
    entry = found_entry(asked, number)
    headers = sent_headers(entry)
    if "authorization" in dict(json.loads(entry.headers)):
        headers.append(("Authorization", f"Bearer {api_key(asked)}"))
    call = received(entry.method, target(entry), headers, entry.body)
    answer = asked.mock.answer(call, is_guarded=False)
    return shown({"number": answer.entry, "status": answer.status})
