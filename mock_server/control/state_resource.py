"""State: `/_sandbox/state/…`, and `/_sandbox/history/…`, the entries it was made from."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import count, islice

from mock_server.control.resource import PAGING, Asked, BadQuery, json_page, resource
from mock_server.store.database import Span
from mock_server.store.state import EVENTS, KINDS, UPLOAD_OF
from mock_server.store.state_history import history
from sandbox.segment.definition import Field
from sandbox.segment.javascript import CONTAINERS, all_values
from sandbox.segment.json_text import packed
from sandbox.type_schemas import Free, listing
from sandbox.values import Json

_MOST = 100
_EVERY = 2**60
_WORDS_IN_SQL = 20  # SQLite limits the depth of a condition
_SEARCH = {"search": str}
_ITEMS = listing("items", Free)
_CHANGED = {"changed": bool}


@resource("GET", "/state/<kind>", query={**PAGING, **_SEARCH}, more_query=True, gives=_ITEMS)
def state(asked: Asked, kind: str) -> bytes:
    """Return a page of the profiles, accounts or events, filtered by their fields.

    `search` finds those whose values have each of its words, in any case.
    """
    known, tenant = asked.mock.state, asked.view.number
    named = {field.key: str for field in _fields(kind) if field.type == "string"}
    asked = asked.read({**PAGING, **named, **_SEARCH})
    page, words = asked.page, list(dict.fromkeys(asked.query.get("search", "").casefold().split()))
    wanted = {key: asked.query[key] for key in named if key in asked.query}

    if wanted or words:
        items, total = _part_of(_matching(asked, kind, wanted, words), page)
    else:
        items = known.each(tenant, kind, page)
        total = partial(known.matching, tenant, kind, page.after)
    return json_page("items", map(packed, items), total=total, dropped=known.dropped(tenant, kind))


def _part_of(items: Iterator[object], page: Span) -> tuple[Iterable[object], Callable[[], int]]:
    """Return a page of the items, and a function that then counts all of them."""
    numbers = count()
    counted = (item for item, _ in zip(items, numbers, strict=False))
    part = islice(counted, page.offset, page.offset + page.limit)
    return part, lambda: next(numbers) + sum(1 for _ in items)


def _fields(kind: str) -> tuple[Field, ...]:
    if kind not in KINDS:
        raise BadQuery(f"The state has {', '.join(KINDS)}, not {kind[:50]!r}.", 404)
    return UPLOAD_OF[kind].fields


def _matching(
    asked: Asked, kind: str, wanted: dict[str, str], words: list[str]
) -> Iterator[dict[str, Json]]:
    """Yield the items that match. SQLite searches the JSON of profiles and accounts first."""
    page = asked.page._replace(offset=0, limit=_EVERY)
    holding = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in wanted.items()]
    holding += [json.dumps(word)[1:-1] for word in words[:_WORDS_IN_SQL] if word.isascii()]
    for item in asked.mock.state.each(asked.view.number, kind, page, holding=holding):
        if wanted.items() <= item.items() and (not words or _holds(item, words)):
            yield item


def _holds(item: object, words: list[str]) -> bool:
    """Return whether each word, given in lower case, occurs in a value of an item."""
    scalars = (value for value in all_values(item) if not isinstance(value, CONTAINERS))
    text = "\n".join(map(str, scalars)).casefold()
    return all(word in text for word in words)


@resource("GET", "/history/<kind>", query={**PAGING, **_CHANGED}, more_query=True)
def history_of(asked: Asked, kind: str) -> Free:
    """Return the latest entries of a profile or account, or the entry of each event.

    Each entry has what it changed; `changed=true` leaves out entries that changed nothing.
    """
    mock, tenant, fields = asked.mock, asked.view.number, _fields(kind)
    if kind == EVENTS:
        return {"entries": mock.state.entries_of_events(tenant, asked.read(PAGING).page)}

    ids = (f for f in fields if f.required_unless or (f.required and f.type == "string"))
    names = {field.key: str for field in ids}
    named = asked.read({**names, **_CHANGED}).query
    changed = named.pop("changed", False)
    if not named:
        raise BadQuery(f"Name one by the parameter {' or '.join(names)}.")
    found, more = history(mock.store, tenant, kind, named, limit=_MOST, changed=changed)
    messages = _messages(asked, {entry["number"] for entry in found})
    return {"entries": [{**e, "message": messages.get(e["number"])} for e in found], "more": more}


def _messages(asked: Asked, wanted: set[object]) -> dict[object, int]:
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
