"""Why: what each mapping makes of a message of the ledger, and when it is tried again."""

from __future__ import annotations

from typing import Final

from mock_server.control.export_snippets import written
from mock_server.control.ledger_resource import found_record
from mock_server.control.resource import Asked, resource, shown
from mock_server.exchange import Answer
from mock_server.segment.record import Record
from mock_server.store.journal_entry import iso_time
from sandbox.explain import explain, to_json
from sandbox.reasoning.budget import limited
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import parse_json
from sandbox.workspace import ConnectedDestination

_UNSEEN: Final = frozenset({"dropped", "duplicate"})
"""Outcomes of messages that no mapping sees."""


@resource("GET", "/ledger/<number>/why")
def why(asked: Asked, number: str) -> Answer:
    """Answer what each mapping of now makes of a message, and when its requests are tried again."""
    record = found_record(asked, number)
    message, told = parse_json(record.message), list[Json]()
    with limited(cancelled=asked.cancelled):
        for each in destinations_of(asked, record):
            for mapping in each.mappings:
                explained = to_json(explain(message, mapping, asked.mock.rules))
                told.append(
                    {
                        "destination": each.name,
                        "mapping": written(mapping),
                        "explanation": {**explained},
                    }
                )
    due = asked.mock.segment.due(record)
    return shown(
        {
            "mappings": told,
            "due": [
                {"destination": destination, "mapping": mapping, "at": iso_time(at)}
                for (destination, mapping), at in due.items()
            ],
        }
    )


def destinations_of(asked: Asked, record: Record) -> tuple[ConnectedDestination, ...]:
    """Return the destinations of a message's source now; none if no mapping saw it."""
    return () if record.outcome in _UNSEEN else asked.mock.segment.destinations_of(record)
