"""Entries: `/_sandbox/entries` and what else is read from the journal."""

from mock_server.control.journal_export import answer_of
from mock_server.control.nearest import nearest
from mock_server.control.query import (
    FILTERS,
    PAGING,
    BadQuery,
    NoSuch,
    filter_of,
    number_of,
    page_of,
)
from mock_server.control.resource import Asked, lines, listed, resource, shown
from mock_server.exchange import Answer
from mock_server.store.database import Page
from mock_server.store.journal import EVENT_PATHS
from mock_server.store.journal_entry import Entry
from mock_server.store.state_history import changed_by
from sandbox.segment.javascript import Json

_COMPARED = 1000


@resource("GET", "/entries", query=(*PAGING, *FILTERS))
def entries(asked: Asked) -> Answer:
    """Answer a page of the journal."""
    where, page, view = filter_of(asked.query), page_of(asked.query), asked.view.view
    journal = asked.mock.journal
    return listed(
        "entries",
        (entry.to_json() for entry in journal.entries(view, page, where)),
        total=journal.matching(view, where, after=page.after),
        dropped=journal.dropped(view),
    )


@resource("GET", "/entries/<number>")
def entry(asked: Asked, number: str) -> Answer:
    """Answer one entry of the journal."""
    found = found_entry(asked, number)
    answer = answer_of(found)
    told = found.to_json()
    return shown(told if answer is None else told | {"answer": answer})


def found_entry(asked: Asked, number: str) -> Entry:
    """Return an entry of the journal; raises NoSuch."""
    found = asked.mock.journal.entry(asked.view.view, number_of(number))
    if found is None:
        raise NoSuch(f"There is no entry {number[:50]} here, or no longer.")
    return found


@resource("GET", "/entries/<number>/changes")
def changes_of(asked: Asked, number: str) -> Answer:
    """Answer what an accepted upload changed: events it added, profiles and accounts, and how."""
    entry = found_entry(asked, number)
    found = changed_by(asked.mock.store, asked.view.number, entry.number)
    events = entry.items if entry.path in EVENT_PATHS else 0
    changed = [each for each in found if each["differences"] or not events]
    return shown({"events": events, "changes": changed})


@resource("GET", "/export", query=FILTERS)
def export(asked: Asked) -> Answer:
    """Answer the whole journal, one entry a line."""
    where, found, after = filter_of(asked.query), list[Json](), 0
    while chunk := asked.mock.journal.entries(asked.view.view, Page(after=after), where):
        found += [entry.to_json() for entry in chunk]
        after = chunk[-1].number
    return lines(found)


@resource("POST", "/nearest")
def find_nearest(asked: Asked) -> Answer:
    """Answer which entry's body is most like an expected one, and where they differ.

    The body has `body`, what was expected, and `path`, `status` and `partial`, where wanted.
    """
    question = asked.body()
    unknown = question.keys() - {"body", "path", "partial", "status"}
    if unknown or "body" not in question:
        raise BadQuery('The body is like {"body": …, "path": "/v1/upload/events"}.')
    given: dict[str, str] = {n: question[n] for n in ("path", "status") if n in question}
    if not all(isinstance(value, str) for value in given.values()):
        raise BadQuery("path and status are texts, such as 2xx.")
    where = filter_of(given)
    latest = asked.mock.journal.entries(
        asked.view.view, Page(limit=_COMPARED, descending=True), where
    )
    found = nearest(
        question["body"],
        ((entry, entry.json) for entry in latest),
        partial=question.get("partial") is True,
    )
    if found is None:
        return shown({"nearest": None, "differences": []})
    return shown(
        {
            "nearest": found.candidate.to_json(),
            "differences": [difference.to_json() for difference in found.differences],
        }
    )
