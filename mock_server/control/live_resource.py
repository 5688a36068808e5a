"""Live questions: `/_sandbox/live`, what comes as it comes, in the words of server-sent events.

One answer is what has come since `Last-Event-ID`. A client that asks again with the last id it got
misses nothing; `streaming` does that for it and keeps the answer open.
"""

from __future__ import annotations

import json
from typing import Final

from mock_server.control.live_listeners import read_cursor
from mock_server.control.query import BadQuery
from mock_server.control.questions import Asked
from mock_server.control.streaming import LAST_EVENT_ID
from mock_server.exchange import Answer, Headers

HEADERS: Final[Headers] = (
    ("Content-Type", "text/event-stream; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
)
MOST_ASKED: Final = 20_000
_DEFAULT: Final = 1000
_RETRY: Final = "retry: 1000\n"


def live(asked: Asked) -> Answer:
    """Answer what came since the last event the client got, or the `last` so many of all."""
    parameters = asked.parameters("last")
    text = parameters.get("last", str(_DEFAULT))
    if not text.isdecimal() or int(text[:9]) > MOST_ASKED:
        raise BadQuery(f"last is a whole number, {MOST_ASKED} at most, not {text[:50]!r}.")
    since = read_cursor(asked.received.header(LAST_EVENT_ID) or "")
    news = asked.mock.live.news(asked.view.view, since, last=int(text))

    lines = [_RETRY]
    if news.is_reset:
        lines.append("event: reset\ndata: {}\n\n")
    lines.append(f"id: {news.cursor}\n")
    if news.rows:
        lines.append(f"event: rows\ndata: {json.dumps(news.rows, separators=(',', ':'))}\n")
    lines.append("\n")
    return Answer(200, HEADERS, "".join(lines).encode())
