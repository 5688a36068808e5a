"""Entries: `/_sandbox/entries`, the received calls, with details of each and exports."""

import sys
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from typing import Any, Final, Literal, NamedTuple, NotRequired, TypedDict, TypeVar

from mock_server.bounds import COMPARED_BYTES, COPIED_CALL_BYTES, EXPORTED_BYTES, PAGE_BYTES
from mock_server.control.export_snippets import (
    answer_json,
    call_curl,
    call_har,
    calls_test,
    mappings_test,
    sent_headers,
)
from mock_server.control.har import har_entry, har_file
from mock_server.control.ledger_resource import mappings_of
from mock_server.control.resource import (
    FILTERS,
    NUMBER,
    PAGING,
    STATUS,
    Asked,
    BadQuery,
    existing,
    json_page,
    resource,
    typed,
    up_to_size,
)
from mock_server.exchange import AUTHORIZATION, Fields, HttpAnswer, Received
from mock_server.routes import PREFIX
from mock_server.segment.record import Record
from mock_server.store.database import Span
from mock_server.store.journal import EVENT_PATHS
from mock_server.store.journal_entry import Entry, EntryFilter
from mock_server.store.state_history import changed_by
from sandbox.segment.json_text import packed, parse_json
from sandbox.type_schemas import Free, listing
from sandbox.values import MAX_DIFFERENCES, Difference, difference
from sandbox.wire_types import EntryJson

_Kept = TypeVar("_Kept")
_COMPARED = 1000
MOST_EXPORTED: Final = 20_000
"""How many messages and calls one export as NDJSON or HAR may have."""
MOST_TESTED: Final = 1000
"""How many one export as pytest may have, which takes longer to write."""
_NDJSON: Final = "application/x-ndjson"
_JSON: Final = "application/json"
_PYTHON: Final = "text/x-python; charset=utf-8"


@resource("GET", "/entries", query={**PAGING, **FILTERS}, gives=listing("entries", EntryJson))
def entries(asked: Asked) -> bytes:
    """Return a page of the journal."""
    where, view, journal = asked.filter, asked.view.view, asked.mock.journal
    page = asked.page._replace(before=journal.next_number)  # so that `total` counts them all
    told, more = _told(journal.each(view, page, where), PAGE_BYTES)
    texts = [text for _, text, _ in told]
    total = partial(journal.matching, view, where, after=page.after)
    return json_page("entries", texts, total=total, dropped=journal.dropped(view), is_cut=more)


def _told(entries: Iterable[Entry], most: int) -> tuple[list[tuple[int, bytes, int]], bool]:
    """Return numbers and JSON of entries until too much was read or written, and if more are left.

    The size counts, too, of a compressed body that is not shown inflated, as it is not JSON.
    """
    told = ((each.number, packed(each.to_json()), len(each.content)) for each in entries)
    return up_to_size(told, most, lambda row: max(len(row[1]), row[2]))


@resource("GET", "/entries/<number>")
def entry(asked: Asked, number: str) -> EntryJson:
    """Return one entry of the journal."""
    found = _found(asked, number)
    told, answer = found.to_json(), answer_json(found)
    return told if answer is None else {**told, "answer": answer}


@resource("GET", "/entries/<number>/changes")
def changes_of(asked: Asked, number: str) -> Free:
    """Return what an accepted upload changed: the events it added, and profiles and accounts."""
    entry = _found(asked, number)
    found = changed_by(asked.mock.store, asked.view.number, entry.number)
    events = entry.items if entry.path in EVENT_PATHS else 0
    changed = [each for each in found if each["differences"] or not events]
    return {"events": events, "changes": changed}


@resource("GET", "/entries/<number>/copies")
def copies_of_entry(asked: Asked, number: str) -> Free:
    """Return a call of the journal as curl and pytest."""
    entry = _found(asked, number)
    if len(entry.body) > COPIED_CALL_BYTES:
        most = f"{COPIED_CALL_BYTES:,} bytes (copied_call_bytes)"
        raise BadQuery(f"The body is longer than {most}. Export the call instead.", 413)
    return {"curl": call_curl(entry.copied), "pytest": calls_test([entry.copied])}


@resource("POST", "/entries/<number>/again")
def send_entry_again(asked: Asked, number: str) -> Free:
    """Repeat a call with the same bytes and the tenant's own token, and return the new entry."""
    entry = _found(asked, number)
    call, headers = entry.call, sent_headers(entry)
    if AUTHORIZATION in call.headers.by_name:
        headers.append((AUTHORIZATION, f"Bearer {asked.api_key}"))
    answer = asked.mock.answer(call._replace(headers=Fields(headers)))
    return {"number": answer.entry, "status": answer.status}


def _found(asked: Asked, number: str) -> Entry:
    return existing(asked.mock.journal.entry, asked.view.view, number, "Entry")


class _Expected(TypedDict):
    body: object
    path: NotRequired[str]
    status: NotRequired[STATUS]
    partial: NotRequired[bool]


@resource("POST", "/nearest")
def find_nearest(asked: Asked, body: _Expected) -> Free:
    """Return the entry whose body is nearest to an expected one, and where they differ.

    The request has `body`, the expected one, and optionally `path`, `status` and `partial`.
    """
    where = EntryFilter(path=body.get("path"), status=body.get("status"))
    page = Span(limit=_COMPARED, descending=True)
    entries = asked.mock.journal.each(asked.view.view, page, where)
    latest, more = up_to_size(entries, COMPARED_BYTES, lambda entry: len(entry.content))
    pairs = ((entry, entry.json) for entry in latest)
    found = nearest(body["body"], pairs, partial=body.get("partial", False))
    return {
        **({"cut": "compared_bytes"} if more else {}),
        "nearest": found and found.candidate.to_json(),
        "differences": [each.to_json() for each in found.differences] if found else [],
    }


class Nearest(NamedTuple):
    """The candidate with the fewest differences, none if it is equal."""

    candidate: Any
    differences: tuple[Difference, ...]


def nearest(
    expected: object, candidates: Iterable[tuple[Any, object]], *, partial: bool = False
) -> Nearest | None:
    """Return the candidate with the fewest differences, or None without candidates.

    With `partial`, objects may have keys that are not expected. At most MAX_DIFFERENCES of each are
    counted. The first of equally near ones wins.
    """
    best: Nearest | None = None
    for candidate, value in candidates:
        every = difference(expected, value, partial=partial)
        found = tuple(islice(every, MAX_DIFFERENCES))
        if best is None or len(found) < len(best.differences):
            best = Nearest(candidate, found)
        if not found:
            break
    return best


@resource("GET", "/export", query={**FILTERS, "after": NUMBER}, gives=str, content_types=(_NDJSON,))
def export(asked: Asked) -> HttpAnswer:
    """Return the whole journal, or the part `after` an entry, one entry per line.

    If it is too long, the last line says after which entry to continue.
    """
    page = asked.page._replace(limit=sys.maxsize)
    entries = asked.mock.journal.each(asked.view.view, page, asked.filter)
    told, more = _told(entries, EXPORTED_BYTES)
    texts = [text for _, text, _ in told]
    if more:
        texts.append(packed({"cut": "exported_bytes", "after": told[-1][0]}))
    return typed(b"".join([b"%b\n" % text for text in texts]), _NDJSON)


_Some = TypedDict(
    "_Some",
    {
        "as": Literal["ndjson", "har", "pytest"],
        "messages": NotRequired[list[NUMBER]],
        "entries": NotRequired[list[NUMBER]],
    },
)


@resource("POST", "/export", gives=object, content_types=(_NDJSON, _JSON, _PYTHON))
def export_some(asked: Asked, body: _Some) -> HttpAnswer:
    """Export messages and calls by their numbers: messages as NDJSON, or both as HAR or pytest.

    The body is like `{"as": "ndjson", "messages": [1, 2], "entries": []}`.
    """
    view, mock = asked.view.view, asked.mock
    form, messages, entries = body["as"], body.get("messages", []), body.get("entries", [])
    most = MOST_TESTED if form == "pytest" else MOST_EXPORTED
    if len(messages) + len(entries) > most:
        raise BadQuery(f"Export at most {most:,} at once as {form}. Filter the list first.", 413)

    several = map(partial(mock.segment.ledger.record, view), dict.fromkeys(messages))
    records = _few([r for r in several if r], lambda record: len(record.message))
    if form == "ndjson":
        return typed(b"".join([b"%b\n" % record.message for record in records]), _NDJSON)
    wanted = {*entries}
    if form == "har":
        wanted |= {a.entry for r in records for part in r.parts for a in part.attempts if a.entry}
    those = map(partial(mock.journal.entry, view), sorted(wanted))
    calls = _few((e.copied for e in those if e), lambda entry: len(entry.content))
    if form == "har":
        root = f"http://{asked.received.header('host') or 'localhost'}"
        hars = [_sent(r, root) for r in records] + [call_har(e, root=root) for e in calls]
        text = har_file(sorted(hars, key=lambda entry: entry["startedDateTime"]))
        return typed(text.encode("utf-8", "replace"), _JSON)
    told = [(parse_json(r.message), mappings_of(asked, r)) for r in records]
    modules = [mappings_test(told, mock.rules)] if told else []
    modules += [calls_test(calls)] if calls else []
    text = "\n\n".join(modules)
    return typed(text.encode("utf-8", "replace"), _PYTHON)


def _few(each: Iterable[_Kept], length: Callable[[_Kept], int]) -> list[_Kept]:
    """Return the items to export. Raises BadQuery if they are too long in all."""
    found, more = up_to_size(each, EXPORTED_BYTES, length)
    if more or sum(map(length, found)) > EXPORTED_BYTES:
        raise BadQuery(f"Export at most {EXPORTED_BYTES:,} bytes (exported_bytes).", 413)
    return found


def _sent(record: Record, root: str) -> dict[str, Any]:
    """Return the call of an SDK that sends one message: the original batch is not kept."""
    body, headers = b'{"batch":[%b]}' % record.message, Fields([("content-type", _JSON)])
    call = Received("POST", f"{PREFIX}/batch", headers, body)
    sent = har_entry(call, body, None, at=record.at, root=root)
    return sent | {"comment": f"message {record.number}; its original batch is not kept"}
