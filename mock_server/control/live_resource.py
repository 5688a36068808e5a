"""Live: `/_sandbox/live`, what comes as it comes, in the words of server-sent events.

A client that asks again with the last id it got, in `Last-Event-ID`, misses nothing.
"""

from __future__ import annotations

import json
from typing import Final

from mock_server.control.news import Cursor, News, news, read_cursor
from mock_server.control.query import BadQuery
from mock_server.control.resource import Asked, resource
from mock_server.exchange import Answer, Headers
from mock_server.later import Condition, Stream
from mock_server.store.database import StoreUnavailable

HEADERS: Final[Headers] = (
    ("Content-Type", "text/event-stream; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
)
HEARTBEAT_SECONDS: Final = 15.0
LAST_EVENT_ID: Final = "last-event-id"
MOST_ASKED: Final = 20_000
"""How many entries a listener may ask for at the start."""
_DEFAULT: Final = 1000
_RETRY: Final = "retry: 1000\n"
_STILL_HERE: Final = b": still here\n\n"


@resource("GET", "/live", query=["last"])
def live(asked: Asked) -> Stream:
    """Answer what came since the last event the client got, or the `last` so many of all."""
    text = asked.query.get("last", str(_DEFAULT))
    if not text.isdecimal() or int(text[:9]) > MOST_ASKED:
        raise BadQuery(f"last is a whole number, {MOST_ASKED} at most, not {text[:50]!r}.")
    mock, view, last = asked.mock, asked.view.view, int(text)

    def told_since(cursor: Cursor | None) -> News:
        return news(mock, view, cursor, last=last)

    first = told_since(read_cursor(asked.received.header(LAST_EVENT_ID) or ""))
    heard = [first.cursor]

    def following() -> bytes | None:
        try:
            more = told_since(heard[0])
        except StoreUnavailable:
            return None
        heard[0] = more.cursor
        return _text(more) if more.rows or more.is_reset else b""

    return Stream(
        condition=Condition(mock.news),
        first=Answer(200, HEADERS, _RETRY.encode() + _text(first)),
        following=following,
        heartbeat=_STILL_HERE,
        seconds=HEARTBEAT_SECONDS,
    )


def _text(told: News) -> bytes:
    lines = ["event: reset\ndata: {}\n\n"] if told.is_reset else []
    lines.append(f"id: {told.cursor}\n")
    if told.rows:
        lines.append(f"event: rows\ndata: {json.dumps(told.rows, separators=(',', ':'))}\n")
    return "".join([*lines, "\n"]).encode()
