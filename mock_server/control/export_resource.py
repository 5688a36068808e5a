"""Export: the journal, or messages and calls by their numbers, as a file to keep."""

from typing import Any, Final

from mock_server.control.copies import call_har, calls_test, mappings_test
from mock_server.control.har import har_entry, har_file
from mock_server.control.ledger_resource import mappings_of
from mock_server.control.query import FILTERS, BadQuery
from mock_server.control.resource import Asked, lines, resource, typed
from mock_server.control.type_schemas import Free
from mock_server.exchange import Answer
from mock_server.routes import PREFIX
from mock_server.segment.record import Record
from mock_server.store.database import Page
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import parse_json

MOST_EXPORTED: Final = 20_000
"""How many messages and calls are exported at once, as NDJSON or HAR."""
MOST_TESTED: Final = 1000
"""How many are exported as pytest, which takes longer to write."""
_FORMS: Final = ("ndjson", "har", "pytest")
_BODY: Final = '{"as": "ndjson", "messages": [1, 2], "entries": []}'
_LINES: Final[dict[str, Any]] = {"gives": str, "content_type": "application/x-ndjson"}


@resource("GET", "/export", query=FILTERS, **_LINES)
def export(asked: Asked) -> Answer:
    """Answer the whole journal, one entry a line."""
    where, found, after = asked.filter, list[Json](), 0
    while chunk := asked.mock.journal.entries(asked.view.view, Page(after=after), where):
        found += [entry.to_json() for entry in chunk]
        after = chunk[-1].number
    return lines(found)


@resource("POST", "/export", takes=Free, **_LINES)
def export_some(asked: Asked) -> Answer:
    """Answer messages and calls by their numbers: the messages as NDJSON, all as HAR or pytest.

    The body is like `{"as": "ndjson", "messages": [1, 2], "entries": []}`.
    """
    wish, view, mock = asked.body(), asked.view.view, asked.mock
    form, messages, entries = wish.get("as"), wish.get("messages", []), wish.get("entries", [])
    if form not in _FORMS or not _are_numbers(messages) or not _are_numbers(entries):
        raise BadQuery(f"The body is like {_BODY}; as is one of {', '.join(_FORMS)}.")
    most = MOST_TESTED if form == "pytest" else MOST_EXPORTED
    if len(messages) + len(entries) > most:
        raise BadQuery(f"Export at most {most:,} at once as {form}; filter for fewer.", 413)

    records = [r for n in messages if (r := mock.segment.ledger.record(view, n))]
    if form == "ndjson":
        return lines(parse_json(record.message) for record in records)
    wanted = {*entries}
    if form == "har":
        wanted |= {a.entry for r in records for part in r.parts for a in part.attempts if a.entry}
    calls = [e for n in sorted(wanted) if (e := mock.journal.entry(view, n))]
    if form == "har":
        root = f"http://{asked.received.header('host') or 'localhost'}"
        hars = [_sent(r, root) for r in records] + [call_har(e, root=root) for e in calls]
        text = har_file(sorted(hars, key=lambda entry: entry["startedDateTime"]))
        return typed(text.encode("utf-8", "replace"), "application/json")
    told = [(parse_json(r.message), mappings_of(asked, r)) for r in records]
    modules = [mappings_test(told, mock.rules)] if told else []
    modules += [calls_test(calls)] if calls else []
    text = "\n\n".join(modules)
    return typed(text.encode("utf-8", "replace"), "text/x-python; charset=utf-8")


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
        answer=None,
    )
    return sent | {"comment": f"message {record.number}; how it was batched is not kept"}


def _are_numbers(value: Json) -> bool:
    return isinstance(value, list) and all(type(each) is int for each in value)
