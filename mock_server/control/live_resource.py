"""Live: `/_sandbox/live`, what comes as it comes, in the words of server-sent events.

A client that asks again with the last id it got, in `Last-Event-ID`, misses nothing.
"""

import json
from typing import Final

from mock_server.control.news import Cursor, News, earlier, news, read_cursor
from mock_server.control.query import BadQuery
from mock_server.control.resource import Asked, resource, shown
from mock_server.exchange import Answer, Headers
from mock_server.later import Condition, Stream
from mock_server.store.database import StoreUnavailable

HEADERS: Final[Headers] = (
    ("Content-Type", "text/event-stream; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Accel-Buffering", "no"),  # or nginx keeps what comes until it has enough of it
)
HEARTBEAT_SECONDS: Final = 15.0
LAST_EVENT_ID: Final = "last-event-id"
MOST_ASKED: Final = 20_000
"""How many entries a listener may ask for at the start."""
_DEFAULT: Final = 1000
_RETRY: Final = "retry: 1000\n"
_STILL_HERE: Final = b"event: heartbeat\ndata: {}\n\n"
"""An event and no comment, as scripts never see comments."""


@resource("GET", "/live", query=["last"])
def live(asked: Asked) -> Stream:
    """Answer what is new since the last event the client got, or the `last` rows of all."""
    mock, view, last = asked.mock, asked.view.view, _last(asked)

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


@resource("GET", "/news", query=["last", "since", "before"])
def news_once(asked: Asked) -> Answer:
    """Answer what is new since a cursor, or older than one, or the `last` rows of all, at once."""
    mock, view, last = asked.mock, asked.view.view, _last(asked)
    if "before" in asked.query:
        return shown(earlier(mock, view, _cursor(asked, "before"), last=last).to_json())
    since = _cursor(asked, "since") if "since" in asked.query else None
    return shown(news(mock, view, since, last=last).to_json())


def _cursor(asked: Asked, name: str) -> Cursor:
    found = read_cursor(asked.query[name])
    if found is None:
        raise BadQuery(f"{name} is an id that /_sandbox/news told, not {asked.query[name][:50]!r}.")
    return found


def _last(asked: Asked) -> int:
    text = asked.query.get("last", str(_DEFAULT))
    if not text.isdecimal() or int(text[:9]) > MOST_ASKED:
        raise BadQuery(f"last is a whole number, {MOST_ASKED} at most, not {text[:50]!r}.")
    return int(text)


def _text(told: News) -> bytes:
    lines = ["event: reset\ndata: {}\n\n"] if told.is_reset else []
    lines.append(f"id: {told.cursor}\n")
    if told.rows:
        lines.append(f"event: rows\ndata: {json.dumps(told.rows, separators=(',', ':'))}\n")
    return "".join([*lines, "\n"]).encode()
