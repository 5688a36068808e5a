"""Live: the new rows of the journal and the ledger, as a stream or since a cursor.

`/_sandbox/live` streams them as server-sent events. A client that reconnects with the last id it
got, in `Last-Event-ID`, misses nothing.
"""

import json
import re
from typing import Annotated, Final, NamedTuple, Self, TypeAlias

from mock_server.control.resource import Asked, resource
from mock_server.exchange import Headers, HttpAnswer
from mock_server.later import ChangeCondition, Stream
from mock_server.segment.record import Record
from mock_server.store.database import Span, StoreUnavailable
from mock_server.store.journal_entry import Entry, EntryFilter, iso_time
from sandbox.segment.json_text import parse_json
from sandbox.toplyne import EVENT_NAME, IDS
from sandbox.type_schemas import Free, With
from sandbox.values import members

HEADERS: Final[Headers] = (
    ("Content-Type", "text/event-stream; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Accel-Buffering", "no"),  # otherwise nginx buffers the stream
)
HEARTBEAT_SECONDS: Final = 15.0
LAST_EVENT_ID: Final = "last-event-id"
MOST_ASKED: Final = 20_000
"""How many entries a client may ask for at the start."""
MOST_ROWS: Final = 500
"""How many rows one event of the stream may have."""
_DEFAULT: Final = 1000
_RETRY: Final = b"retry: 1000\n"
_STILL_HERE: Final = b"event: heartbeat\ndata: {}\n\n"
"""An event, not a comment: scripts cannot see comments."""
_LARGEST_LOOKED_INTO: Final = 64 * 1024
_CLIPPED: Final = 240


class Cursor(NamedTuple):
    """How far a client has read: the last entry, and the last change of the ledger.

    `since` is the mock's `era`: it changes with every reset and every start of the server.
    """

    since: str
    entry: int = 0
    change: int = 0

    def __str__(self) -> str:
        return f"{self.since}-{self.entry}-{self.change}"

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """Return the cursor of a string, or None if it is not a cursor."""
        if text is None or not re.fullmatch(_CURSOR, text, re.DOTALL):
            return None
        since, *numbers = text.rsplit("-", 2)
        return cls(since, *map(int, numbers))


_CURSOR: Final = "^.*(-[0-9]{1,15}){2}$"
_ID: TypeAlias = Annotated[str, With("an id from /_sandbox/news", pattern=_CURSOR)]
_LAST: Final = {"last": Annotated[int, With(minimum=0, maximum=MOST_ASKED)]}


class News(NamedTuple):
    """The rows since a cursor, the next cursor, and whether a reset has removed earlier rows.

    `before` is the cursor of the older rows, None if there are none.
    """

    rows: list[Free]
    cursor: Cursor
    is_reset: bool = False
    before: Cursor | None = None

    def to_json(self) -> Free:
        """Return it as the JSON of `/_sandbox/news`."""
        before = self.before and str(self.before)
        return {"rows": self.rows, "id": str(self.cursor), "reset": self.is_reset, "before": before}

    def text(self) -> bytes:
        """Return it as an event of a stream."""
        lines = ["event: reset\ndata: {}\n\n"] if self.is_reset else []
        lines.append(f"id: {self.cursor}\n")
        if self.rows:
            lines.append(f"event: rows\ndata: {json.dumps(self.rows, separators=(',', ':'))}\n")
        return "".join([*lines, "\n"]).encode()


@resource("GET", "/live", query=_LAST, gives=str, content_types=("text/event-stream",))
def live(asked: Asked) -> Stream:
    """Stream the rows since the last event the client got, or else the `last` rows and new ones."""
    first = _since(asked, Cursor.read(asked.received.header(LAST_EVENT_ID)))
    cursor = first.cursor

    def following() -> bytes | None:
        nonlocal cursor
        bearer = asked.bearer
        if bearer.known and not bearer.token:  # it has been revoked, or has expired
            return None
        try:
            more = _since(asked, cursor)
        except StoreUnavailable:
            return None
        cursor = more.cursor
        return more.text() if more.rows or more.is_reset else b""

    return Stream(
        condition=ChangeCondition(asked.mock.news, asked.view.view),
        first=HttpAnswer(200, HEADERS, _RETRY + first.text()),
        following=following,
        heartbeat=_STILL_HERE,
        seconds=HEARTBEAT_SECONDS,
    )


@resource("GET", "/news", query={**_LAST, "since": _ID, "before": _ID})
def news_once(asked: Asked) -> Free:
    """Return the rows since a cursor or before one, or else the `last` rows, without waiting."""
    before, since = (Cursor.read(asked.query.get(name)) for name in ("before", "since"))
    told = _since(asked, since) if before is None else _earlier(asked, before)
    return told.to_json()


def _since(asked: Asked, since: Cursor | None) -> News:
    """Return the rows since a cursor, oldest first and up to the limit, or else the `last` rows."""
    mock = asked.mock
    era = mock.era(asked.view.view)
    now = Cursor(era, mock.journal.next_number - 1, mock.segment.ledger.last_change)
    known = since if since and since.since == now.since else None
    start = known or _before_last(asked, now, asked.query.get("last", _DEFAULT))
    rows, cursor = _between(asked, start, now)
    return News(rows, cursor, since is not None and known is None, None if known else start)


def _earlier(asked: Asked, before: Cursor) -> News:
    """Return the `last` rows up to a cursor, including the cursor's own."""
    if before.since != asked.mock.era(asked.view.view):
        return News([], before)
    start = _before_last(asked, before, min(asked.query.get("last", _DEFAULT), MOST_ROWS))
    rows, _ = _between(asked, start, before)
    return News(rows, before, before=start if start.entry or start.change else None)


def _between(asked: Asked, start: Cursor, end: Cursor) -> tuple[list[Free], Cursor]:
    """Return the rows from one cursor to another, up to the limit, and the cursor of the last."""
    mock, view = asked.mock, asked.view.view
    page = Span(limit=MOST_ROWS, after=start.entry, before=end.entry + 1)
    entries = [*mock.journal.each(view, page, EntryFilter())]
    later = mock.segment.ledger.changes(view, after=start.change)
    changes = [pair for pair in later if pair[0] <= end.change][:MOST_ROWS]
    rows = [*map(_entry_row, entries), *(_message_row(record) for _, record in changes)]
    entry = entries[-1].number if entries else start.entry
    change = changes[-1][0] if changes else start.change
    return sorted(rows, key=lambda row: str(row["at"])), Cursor(end.since, entry, change)


def _before_last(asked: Asked, end: Cursor, last: int) -> Cursor:
    """Return the cursor before the `last` entries and the `last` messages up to `end`."""
    if not last:
        return end
    view = asked.view.view
    page = Span(limit=1, offset=last - 1, descending=True, before=end.entry + 1)
    first = next(asked.mock.journal.each(view, page, EntryFilter()), None)
    changes = [n for n, _ in asked.mock.segment.ledger.changes(view, after=0) if n <= end.change]
    change = changes[-last] - 1 if len(changes) > last else 0
    return Cursor(end.since, first.number - 1 if first else 0, change)


def _entry_row(entry: Entry) -> Free:
    first = entry.problems[0] if entry.problems else None
    return {
        "kind": "request",
        "at": iso_time(entry.at),
        **members(entry, "number", "method", "path", "status", "items", "fault"),
        "about": _about(entry),
        "problem": None if first is None else f"{first['path']} {first['message']}"[:_CLIPPED],
    }


def _about(entry: Entry) -> str:
    """Return the event name and ids of an upload's first item, or "" if the body is too long."""
    value = entry.json if 0 < len(entry.content) <= _LARGEST_LOOKED_INTO else None
    items = next(iter(value.values()), None) if isinstance(value, dict) else None
    first = items[0] if isinstance(items, list) and items else None
    if not isinstance(first, dict):
        return ""
    named = (EVENT_NAME.key, *IDS)
    found = [str(first[key])[:80] for key in named if isinstance(first.get(key), str)]
    return " · ".join(found)


def _message_row(record: Record) -> Free:
    message = parse_json(record.message) if 0 < len(record.message) <= _LARGEST_LOOKED_INTO else {}
    named = message if isinstance(message, dict) else {}
    ids = (named[key] for key in ("userId", "anonymousId", "groupId") if key in named)
    name = named.get("name")
    return {
        "kind": "message",
        "at": iso_time(record.at),
        **members(record, "number", "source", "type", "outcome"),
        "event": record.event or (name[:_CLIPPED] if isinstance(name, str) else None),
        "code": record.code or None,
        "drop": record.lost is not None,
        "who": next((each for each in ids if isinstance(each, str)), "")[:80],
        "reason": record.reason[:_CLIPPED],
        "parts": [
            members(part, "mapping", "outcome", "code")
            | {"entries": [a.entry for a in part.attempts if a.entry is not None]}
            for part in record.parts
        ],
    }
