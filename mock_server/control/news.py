"""News: what is new in the journal and the ledger since a cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mock_server.store.database import Page
from mock_server.store.journal import View
from mock_server.store.journal_entry import Entry, Filter, iso_time
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import parse_json
from sandbox.toplyne import EVENT_NAME, IDS

if TYPE_CHECKING:
    from mock_server.parts import Parts
    from mock_server.segment.record import Part, Record

MOST_ROWS: Final = 500
"""How many rows one piece of news holds."""
_LARGEST_LOOKED_INTO: Final = 64 * 1024
_CLIPPED: Final = 240


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a listener has heard: up to which entry, and up to which change of the ledger.

    `since` tells apart the times between resets, and one server from the next.
    """

    since: str
    entry: int = 0
    change: int = 0

    def __str__(self) -> str:
        return f"{self.since}-{self.entry}-{self.change}"


def read_cursor(text: str) -> Cursor | None:
    """Return the cursor of a string, or None if it is not a cursor."""
    since, *numbers = text.rsplit("-", 2)
    if len(numbers) != 2 or not all(n.isdecimal() and len(n) < 16 for n in numbers):
        return None
    return Cursor(since, int(numbers[0]), int(numbers[1]))


@dataclass(frozen=True, slots=True)
class News:
    """What is new since a cursor: rows, the next cursor, and whether older rows are gone.

    `before` is the cursor of the older rows, None if there are none.
    """

    rows: list[dict[str, Json]]
    cursor: Cursor
    is_reset: bool = False
    before: Cursor | None = None

    def to_json(self) -> dict[str, Json]:
        """Return it as `/_sandbox/news` answers it."""
        before = self.before and str(self.before)
        return {
            "rows": [*self.rows],
            "id": str(self.cursor),
            "reset": self.is_reset,
            "before": before,
        }


def news(mock: Parts, view: View, since: Cursor | None, *, last: int) -> News:
    """Return what is new, oldest first and up to the limit; of all rows, the `last` ones."""
    era = mock.era
    is_known = since is not None and since.since == era
    start = since if since and is_known else _before(mock, view, era, last)
    entries = mock.journal.entries(view, Page(limit=MOST_ROWS, after=start.entry), Filter())
    changes = mock.segment.ledger.changes(view, after=start.change)[:MOST_ROWS]
    cursor = Cursor(
        era,
        entries[-1].number if entries else start.entry,
        changes[-1][0] if changes else start.change,
    )
    is_reset = since is not None and not is_known
    return News(_rows(entries, changes), cursor, is_reset, start if not is_known else None)


def earlier(mock: Parts, view: View, before: Cursor, *, last: int) -> News:
    """Return the `last` rows up to a cursor, that one's included."""
    if before.since != mock.era:
        return News([], before)
    page = Page(limit=min(last, MOST_ROWS), descending=True)
    entries = mock.journal.entries(view, page, Filter(), before=before.entry + 1)[::-1]
    older = [
        pair for pair in mock.segment.ledger.changes(view, after=0) if pair[0] <= before.change
    ]
    changes = older[len(older) - page.limit :] if len(older) > page.limit else older
    start = Cursor(
        mock.era,
        entries[0].number - 1 if entries else 0,
        changes[0][0] - 1 if changes else 0,
    )
    is_all = len(entries) < page.limit and len(changes) == len(older)
    return News(_rows(entries, changes), before, before=None if is_all else start)


def _rows(entries: list[Entry], changes: list[tuple[int, Record]]) -> list[dict[str, Json]]:
    rows = [_entry_row(entry) for entry in entries]
    rows += [_message_row(record) for _, record in changes]
    return sorted(rows, key=lambda row: row["at"])


def _before(mock: Parts, view: View, era: str, last: int) -> Cursor:
    """Return the cursor before the last entries and messages of that number."""
    journal, ledger, nothing = mock.journal, mock.segment.ledger, Filter()
    next_entry, last_change = journal.next_number, ledger.last_change
    if not last:
        return Cursor(era, next_entry - 1, last_change)
    page = Page(limit=1, offset=last - 1, descending=True)
    first = journal.entries(view, page, nothing, before=next_entry)
    changes = ledger.changes(view, after=0)[-last:]
    return Cursor(
        era, first[0].number - 1 if first else 0, changes[0][0] - 1 if changes else last_change
    )


def _entry_row(entry: Entry) -> dict[str, Json]:
    first = entry.problems[0] if entry.problems else None
    return {
        "kind": "request",
        "number": entry.number,
        "at": iso_time(entry.at),
        "method": entry.method,
        "path": entry.path,
        "status": entry.status,
        "items": entry.items,
        "fault": entry.fault,
        "about": _about(entry),
        "problem": None if first is None else f"{first['path']} {first['message']}"[:_CLIPPED],
    }


def _about(entry: Entry) -> str:
    """Return whom or what the first item of an upload is about, "" where that is not seen."""
    value = entry.json if 0 < len(entry.body) <= _LARGEST_LOOKED_INTO else None
    items = next(iter(value.values()), None) if isinstance(value, dict) else None
    first = items[0] if isinstance(items, list) and items else None
    if not isinstance(first, dict):
        return ""
    named = (EVENT_NAME.key, *IDS)
    found = [str(first[key])[:80] for key in named if isinstance(first.get(key), str)]
    return " · ".join(found)


def _message_row(record: Record) -> dict[str, Json]:
    message = parse_json(record.message) if 0 < len(record.message) <= _LARGEST_LOOKED_INTO else {}
    named = message if isinstance(message, dict) else {}
    ids = (named[key] for key in ("userId", "anonymousId", "groupId") if key in named)
    return {
        "kind": "message",
        "number": record.number,
        "at": iso_time(record.at),
        "source": record.source,
        "type": record.type,
        "event": record.event or _text(named.get("name")),
        "outcome": record.outcome,
        "code": record.code or None,
        "drop": record.is_lost,
        "who": next((each for each in ids if isinstance(each, str)), "")[:80],
        "reason": record.reason[:_CLIPPED],
        "parts": [_part(part) for part in record.parts],
    }


def _text(value: Json) -> str | None:
    return value[:_CLIPPED] if isinstance(value, str) else None


def _part(part: Part) -> dict[str, Json]:
    entries = [attempt.entry for attempt in part.attempts if attempt.entry is not None]
    return {
        "mapping": part.mapping,
        "outcome": part.outcome,
        "code": part.code,
        "entries": entries,
    }
