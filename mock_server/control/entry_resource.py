"""Entries: `/_sandbox/entries`, each call that was received, and what is asked of one."""

import json
from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple

from mock_server.control.copies import answer_of, call_curl, calls_test, sent_headers, target
from mock_server.control.query import FILTERS, PAGING, BadQuery, number_of
from mock_server.control.resource import Asked, listed, resource
from mock_server.control.type_schemas import Free, listing
from mock_server.exchange import received
from mock_server.store.database import Page
from mock_server.store.journal import EVENT_PATHS
from mock_server.store.journal_entry import Entry, Filter
from mock_server.store.state_history import changed_by
from sandbox.segment.javascript import Json
from sandbox.values import MAX_DIFFERENCES, Difference, difference
from sandbox.wire_types import EntryJson

_COMPARED = 1000


@resource("GET", "/entries", query={**PAGING, **FILTERS}, gives=listing("entries", EntryJson))
def entries(asked: Asked) -> bytes:
    """Answer a page of the journal."""
    where, page, view = asked.filter, asked.page, asked.view.view
    journal = asked.mock.journal
    return listed(
        "entries",
        (entry.to_json() for entry in journal.entries(view, page, where)),
        total=journal.matching(view, where, after=page.after),
        dropped=journal.dropped(view),
    )


@resource("GET", "/entries/<number>")
def entry(asked: Asked, number: str) -> EntryJson:
    """Answer one entry of the journal."""
    found = _found(asked, number)
    told, answer = found.to_json(), answer_of(found)
    return told if answer is None else {**told, "answer": answer}


@resource("GET", "/entries/<number>/changes")
def changes_of(asked: Asked, number: str) -> Free:
    """Answer what an accepted upload changed: events it added, profiles and accounts, and how."""
    entry = _found(asked, number)
    found = changed_by(asked.mock.store, asked.view.number, entry.number)
    events = entry.items if entry.path in EVENT_PATHS else 0
    changed = [each for each in found if each["differences"] or not events]
    return {"events": events, "changes": changed}


@resource("GET", "/entries/<number>/copies")
def copies_of_entry(asked: Asked, number: str) -> Free:
    """Answer a call of the journal as curl and pytest."""
    entry = _found(asked, number)
    return {"curl": call_curl(entry), "pytest": calls_test([entry])}


@resource("POST", "/entries/<number>/again")
def send_entry_again(asked: Asked, number: str) -> Free:
    """Make a call again, the same bytes with the tenant's own token; answer its entry."""
    entry = _found(asked, number)
    headers = sent_headers(entry)
    if "authorization" in dict(json.loads(entry.headers)):
        headers.append(("Authorization", f"Bearer {asked.api_key}"))
    call = received(entry.method, target(entry), headers, entry.body)
    answer = asked.mock.answer(call)
    return {"number": answer.entry, "status": answer.status}


def _found(asked: Asked, number: str) -> Entry:
    found = asked.mock.journal.entry(asked.view.view, number_of(number))
    if found is None:
        raise BadQuery(f"There is no entry {number[:50]} here, or no longer.", 404)
    return found


@resource("POST", "/nearest", takes=Free)
def find_nearest(asked: Asked) -> Free:
    """Answer which entry's body is most like an expected one, and where they differ.

    The body has `body`, what was expected, and `path`, `status` and `partial`, where wanted.
    """
    question = asked.body()
    unknown = question.keys() - {"body", "path", "partial", "status"}
    if unknown or "body" not in question:
        raise BadQuery('The body is like {"body": …, "path": "/v1/upload/events"}.')
    given = {name: question[name] for name in ("path", "status") if name in question}
    if not all(isinstance(value, str) for value in given.values()):
        raise BadQuery("path and status are texts, such as 2xx.")
    where = Filter(**{name: FILTERS[name].read(name, given[name]) for name in given})
    page = Page(limit=_COMPARED, descending=True)
    latest = asked.mock.journal.entries(asked.view.view, page, where)
    pairs = ((entry, entry.json) for entry in latest)
    found = nearest(question["body"], pairs, partial=question.get("partial") is True)
    return {
        "nearest": found and found.candidate.to_json(),
        "differences": [each.to_json() for each in found.differences] if found else [],
    }


class Nearest(NamedTuple):
    """The candidate with the fewest differences; none means it is what was expected."""

    candidate: Any
    differences: tuple[Difference, ...]


def nearest(
    expected: Json, candidates: Iterable[tuple[Any, Json]], *, partial: bool = False
) -> Nearest | None:
    """Return the candidate whose value differs least, the earliest of equals; None of none.

    `partial` lets objects hold more keys than are expected. Of two that differ in more than
    MAX_DIFFERENCES places neither is nearer.
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
