"""State: `/_sandbox/state/…`, and `/_sandbox/history/…`, which entries it comes from."""

from __future__ import annotations

from mock_server.control.query import PAGING, BadQuery, page_of, read_query
from mock_server.control.resource import Asked, listed, resource, shown
from mock_server.exchange import Answer
from mock_server.store.state import EVENTS, KINDS, UPLOAD_OF
from mock_server.store.state_history import history
from mock_server.toplyne import answers
from sandbox.segment.javascript import Json

_MOST = 100


@resource("GET", "/state/<kind>", query=None)
def state(asked: Asked, kind: str) -> Answer:
    """Answer profiles, accounts or events: a page of those whose fields are as asked."""
    known = asked.mock.state
    if kind not in KINDS:
        return answers.refusal(404, f"The state has {', '.join(KINDS)}, not {kind[:50]!r}.")
    named = [field.key for field in UPLOAD_OF[kind].fields if field.type == "string"]
    parameters = read_query(asked.received.query, (*PAGING, *named))
    wanted = {key: parameters[key] for key in named if key in parameters}
    page, tenant = page_of(parameters), asked.view.number

    if wanted:
        items = [
            item
            for item in asked.view.items(kind, after=page.after)
            if all(item.get(key) == value for key, value in wanted.items())
        ]
        total = len(items)
        items = items[::-1] if page.descending else items
        items = items[page.offset : page.offset + page.limit]
    else:
        items = known.items(tenant, kind, page)
        total = known.matching(tenant, kind, after=page.after)
    return listed("items", items, total=total, dropped=known.dropped(tenant, kind))


@resource("GET", "/history/<kind>", query=None)
def history_of(asked: Asked, kind: str) -> Answer:
    """Answer the latest entries behind a profile or account, or the entry of each event."""
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
    named: dict[str, Json] = dict(read_query(asked.received.query, names))
    if not named:
        raise BadQuery(f"Say which one: by {' or '.join(names)}.")
    found = history(mock.store, tenant, kind, named, limit=_MOST + 1)
    return shown({"entries": found[-_MOST:], "more": len(found) > _MOST})
