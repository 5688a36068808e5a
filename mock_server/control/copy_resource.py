"""Copies: messages and calls in the forms in which they are used elsewhere; none holds a key."""

from typing import Any, Final

from mock_server.control.entry_resource import found_entry
from mock_server.control.export_snippets import copies, mappings_test, message_curl
from mock_server.control.har import har_entry, har_file
from mock_server.control.journal_export import curl_of, har_of, test_of
from mock_server.control.ledger_resource import found_record
from mock_server.control.query import BadQuery
from mock_server.control.resource import Asked, lines, resource, shown
from mock_server.exchange import Answer
from mock_server.routes import PREFIX
from mock_server.segment.record import Record
from mock_server.store.journal_entry import Entry
from mock_server.toplyne import answers
from sandbox.destination import PRESETS, Mapping
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import parse_json

MOST_EXPORTED: Final = 20_000
"""How many messages and calls are exported at once, as NDJSON or HAR."""
MOST_TESTED: Final = 1000
"""How many are exported as pytest, which takes longer to write."""
FORMS: Final = ("ndjson", "har", "pytest")
_BODY: Final = '{"as": "ndjson", "messages": [1, 2], "entries": []}'
_CALLS: Final = '"""Calls of the API, and how each was answered."""\n\nimport httpx\n\n\n'


@resource("GET", "/ledger/<number>/copies")
def copies_of_message(asked: Asked, number: str) -> Answer:
    """Answer a message as curl (its requests, and itself), pytest and case; null is nothing."""
    record = found_record(asked, number)
    message = parse_json(record.message)
    told = copies(message, _mappings(asked, record), asked.mock.rules)
    return shown(told | {"sdk": message_curl(message)})


@resource("GET", "/entries/<number>/copies")
def copies_of_entry(asked: Asked, number: str) -> Answer:
    """Answer a call of the journal as curl and pytest."""
    entry = found_entry(asked, number)
    return shown({"curl": curl_of(entry), "pytest": _CALLS + test_of(entry)})


@resource("POST", "/export")
def export_some(asked: Asked) -> Answer:
    """Answer messages and calls by their numbers: the messages as NDJSON, all as HAR or pytest.

    The body is like `{"as": "ndjson", "messages": [1, 2], "entries": []}`.
    """
    wish = asked.body()
    form, messages, entries = wish.get("as"), wish.get("messages", []), wish.get("entries", [])
    if form not in FORMS or not _are_numbers(messages) or not _are_numbers(entries):
        raise BadQuery(f"The body is like {_BODY}; as is one of {', '.join(FORMS)}.")
    most = MOST_TESTED if form == "pytest" else MOST_EXPORTED
    if len(messages) + len(entries) > most:
        return answers.refusal(413, f"Export at most {most:,} at once as {form}; filter for fewer.")

    view = asked.view.view
    records = [r for n in messages if (r := asked.mock.segment.ledger.record(view, n))]
    if form == "ndjson":
        return lines(parse_json(record.message) for record in records)
    numbers = {a.entry for r in records for part in r.parts for a in part.attempts if a.entry}
    wanted = numbers | {*entries} if form == "har" else {*entries}
    calls = [e for n in sorted(wanted) if (e := asked.mock.journal.entry(view, n))]
    if form == "har":
        root = f"http://{asked.received.header('host') or 'localhost'}"
        entries = [_sent(r, root) for r in records] + [har_of(e, root=root) for e in calls]
        entries.sort(key=lambda entry: entry["startedDateTime"])
        return _file(har_file(entries), "application/json")
    return _file(_test(asked, records, calls), "text/x-python; charset=utf-8")


def _sent(record: Record, root: str) -> dict[str, Any]:
    """Return the call of an SDK that brings a message, alone, as its batch is not kept."""
    body = b'{"batch":[%b]}' % record.message
    sent = har_entry(
        at=record.at,
        seconds=0,
        method="POST",
        url=f"{root}{PREFIX}/batch",
        headers=[("content-type", "application/json")],
        body=body,
        body_size=len(body),
        mime="application/json",
        answer=None,
    )
    return sent | {"comment": f"message {record.number}; how it was batched is not kept"}


def _test(asked: Asked, records: list[Record], calls: list[Entry]) -> str:
    told = [(parse_json(r.message), _mappings(asked, r)) for r in records]
    modules = [mappings_test(told, asked.mock.rules)] if told else []
    modules += [_CALLS + "\n\n".join(test_of(entry) for entry in calls)] if calls else []
    return "\n\n".join(modules)


def _mappings(asked: Asked, record: Record) -> list[Mapping]:
    found = asked.mock.segment.destinations_of(record)
    return [m for each in found for m in each.mappings] or [*PRESETS]


def _are_numbers(value: Json) -> bool:
    return isinstance(value, list) and all(type(each) is int for each in value)


def _file(text: str, content_type: str) -> Answer:
    headers: Any = (("Content-Type", content_type), *answers.HEADERS[1:])
    return Answer(200, headers, text.encode("utf-8", "replace"))
