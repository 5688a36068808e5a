"""Why: what each mapping makes of a message of the ledger, and when it is tried again."""

from typing import Final

from mock_server.control.export_snippets import written
from mock_server.control.ledger_resource import found_record
from mock_server.control.resource import Asked, resource, shown
from mock_server.exchange import Answer
from mock_server.store.journal_entry import iso_time
from sandbox.explain import explain, to_json
from sandbox.reasoning.budget import limited
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import parse_json

_UNSEEN: Final = frozenset({"dropped", "duplicate"})
"""Outcomes of messages that no mapping sees."""


@resource("GET", "/ledger/<number>/why")
def why(asked: Asked, number: str) -> Answer:
    """Answer what each mapping of now makes of a message, and when its requests are tried again.

    There is no explanation for a mapping that did not get to see the message.
    """
    record = found_record(asked, number)
    message, rules, told = parse_json(record.message), asked.mock.rules, list[Json]()
    unseen = {p.destination for p in record.parts if not p.mapping and p.outcome != "unmapped"}
    with limited(cancelled=asked.cancelled):
        for each in asked.mock.segment.destinations_of(record):
            is_seen = record.outcome not in _UNSEEN and each.name not in unseen
            for mapping in each.mappings:
                explanation = {**to_json(explain(message, mapping, rules))} if is_seen else None
                told.append(
                    {
                        "destination": each.name,
                        "mapping": written(mapping),
                        "explanation": explanation,
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
