"""State: `/_sandbox/state/…`, and `/_sandbox/history/…`, which entries it comes from."""

import json
import sys
from collections.abc import Iterator

from mock_server.control.query import PAGING, BadQuery, page_of, read_query
from mock_server.control.resource import Asked, listed, resource, shown
from mock_server.exchange import Answer
from mock_server.store.database import Page
from mock_server.store.state import EVENTS, KINDS, UPLOAD_OF
from mock_server.store.state_history import history
from mock_server.toplyne import answers
from sandbox.segment.javascript import Json

_MOST = 100


@resource("GET", "/state/<kind>", query=None)
def state(asked: Asked, kind: str) -> Answer:
    """Answer profiles, accounts or events: a page of those whose fields are as asked.

    `search` finds those in whose values each of its words stands, in any case.
    """
    known = asked.mock.state
    if kind not in KINDS:
        return answers.refusal(404, f"The state has {', '.join(KINDS)}, not {kind[:50]!r}.")
    named = [field.key for field in UPLOAD_OF[kind].fields if field.type == "string"]
    parameters = read_query(asked.received.query, (*PAGING, *named, "search"))
    wanted = {key: parameters[key] for key in named if key in parameters}
    words = parameters.get("search", "").casefold().split()
    page, tenant = page_of(parameters), asked.view.number

    if wanted or words:
        items = [
            item
            for item in _candidates(asked, kind, page.after, wanted, words)
            if all(item.get(key) == value for key, value in wanted.items())
            and (not words or _holds(item, words))
        ]
        total = len(items)
        items = items[::-1] if page.descending else items
        items = items[page.offset : page.offset + page.limit]
    else:
        items = known.items(tenant, kind, page)
        total = known.matching(tenant, kind, after=page.after)
    return listed("items", items, total=total, dropped=known.dropped(tenant, kind))


def _candidates(
    asked: Asked, kind: str, after: int, wanted: dict[str, str], words: list[str]
) -> list[dict[str, Json]]:
    """Return what may match: of profiles and accounts, those in whose JSON SQLite finds it."""
    if kind == EVENTS:
        return asked.view.items(kind, after=after)
    holding = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in wanted.items()]
    holding += [json.dumps(word)[1:-1] for word in words if word.isascii()]
    every = Page(limit=sys.maxsize, after=after)
    return asked.mock.state.items(asked.view.number, kind, every, holding=holding)


def _holds(item: Json, words: list[str]) -> bool:
    """Return whether each word, in lower case, stands in some value of an item."""
    text = "\n".join(_texts(item)).casefold()
    return all(word in text for word in words)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _texts(member)
    else:
        yield str(value)


@resource("GET", "/history/<kind>", query=None)
def history_of(asked: Asked, kind: str) -> Answer:
    """Answer the latest entries of a profile or account, or the entry of each event.

    Each entry comes with what it changed; `changed=true` leaves out those that changed nothing.
    """
    mock, tenant = asked.mock, asked.view.number
    if kind not in KINDS:
        return answers.refusal(404, f"The state has {', '.join(KINDS)}, not {kind[:50]!r}.")
    if kind == EVENTS:
        page = page_of(read_query(asked.received.query, PAGING))
        return shown({"entries": mock.state.entries_of_events(tenant, page)})

    names = [
        field.key
        for field in UPLOAD_OF[kind].fields
        if field.required_unless or (field.required and field.type == "string")
    ]
    named: dict[str, Json] = dict(read_query(asked.received.query, [*names, "changed"]))
    changed = named.pop("changed", "false") == "true"
    if not named:
        raise BadQuery(f"Say which one: by {' or '.join(names)}.")
    found, more = history(mock.store, tenant, kind, named, limit=_MOST, changed=changed)
    messages = _messages(asked, {entry["number"] for entry in found})
    told: list[Json] = [{**e, "message": messages.get(e["number"])} for e in found]
    return shown({"entries": told, "more": more})


def _messages(asked: Asked, wanted: set[int]) -> dict[int, int]:
    """Return the number of the message that each of these entries delivered."""
    made = asked.mock.made_segment
    if made is None:
        return {}
    return {
        attempt.entry: record.number
        for _, record in made.ledger.changes(asked.view.view, after=0)
        for part in record.parts
        for attempt in part.attempts
        if attempt.entry in wanted
    }
