"""History questions: `/_sandbox/history/…`, which entries of the journal the state comes from."""

from __future__ import annotations

from mock_server.control.query import PAGING, BadQuery, page_of
from mock_server.control.questions import Asked, shown
from mock_server.exchange import Answer
from mock_server.store.state import EVENTS, KINDS, UPLOAD_OF
from mock_server.store.state_history import history
from mock_server.toplyne import answers
from sandbox.segment.javascript import Json

_MOST = 100


def history_of(asked: Asked) -> Answer:
    """Answer the latest entries behind a profile or account, or the entry of each event."""
    kind, mock, tenant = asked.part, asked.mock, asked.view.tenant
    if kind not in KINDS:
        return answers.refusal(404, f"The state has {', '.join(KINDS)}, not {kind[:50]!r}.")
    if kind == EVENTS:
        page = page_of(asked.parameters(*PAGING))
        return shown({"entries": mock.state.entries_of_events(tenant, page)})

    names = [
        field.key
        for field in UPLOAD_OF[kind].fields
        if field.required_unless or (field.required and field.type == "string")
    ]
    named: dict[str, Json] = dict(asked.parameters(*names))
    if not named:
        raise BadQuery(f"Say which one: by {' or '.join(names)}.")
    found = history(mock.store, tenant, kind, named, limit=_MOST + 1)
    return shown({"entries": found[-_MOST:], "more": len(found) > _MOST})
