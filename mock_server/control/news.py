"""News: what came to the journal and the ledger since somebody last heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mock_server.store.database import Page
from mock_server.store.journal import View
from mock_server.store.journal_entry import Entry, Filter, iso_time
from sandbox.segment.javascript import Json
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
    """Return the cursor of a text, None where it is none."""
    since, *numbers = text.rsplit("-", 2)
    if len(numbers) != 2 or not all(n.isdecimal() and len(n) < 16 for n in numbers):
        return None
    return Cursor(since, int(numbers[0]), int(numbers[1]))


@dataclass(frozen=True, slots=True)
class News:
    """What came since a cursor: rows, where that leads, and if what came before is forgotten."""

    rows: list[dict[str, Json]]
    cursor: Cursor
    is_reset: bool


def news(mock: Parts, view: View, since: Cursor | None, *, last: int) -> News:
    """Return what came since, oldest first, so many rows at most; of all, the `last` ones."""
    era = mock.era
    is_known = since is not None and since.since == era
    start = since if since and is_known else _before(mock, view, era, last)
    entries = mock.journal.entries(view, Page(limit=MOST_ROWS, after=start.entry), Filter())
    changes = mock.segment.ledger.changes(view, after=start.change)[:MOST_ROWS]
    rows = [_entry_row(entry) for entry in entries]
    rows += [_message_row(record) for _, record in changes]
    rows.sort(key=lambda row: row["at"])
    cursor = Cursor(
        era,
        entries[-1].number if entries else start.entry,
        changes[-1][0] if changes else start.change,
    )
    return News(rows, cursor, is_reset=since is not None and not is_known)


def _before(mock: Parts, view: View, era: str, last: int) -> Cursor:
    """Return the cursor before the last so many entries and messages."""
    journal, nothing = mock.journal, Filter()
    page = Page(limit=1, offset=max(0, journal.matching(view, nothing) - last))
    entries = journal.entries(view, page, nothing)
    changes = mock.segment.ledger.changes(view, after=0)[-last:]
    return Cursor(
        era,
        entries[0].number - 1 if entries else 0,
        changes[0][0] - 1 if changes else 0,
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
    told: dict[str, Any] = {**record.to_json(None)}
    message = told["message"] if isinstance(told["message"], dict) else {}
    named = ("userId", "anonymousId", "groupId")
    who = next((message[key] for key in named if isinstance(message.get(key), str)), "")
    same = ("number", "at", "source", "type", "event", "messageId", "outcome", "code", "drop")
    return {
        "kind": "message",
        **{name: told[name] for name in same},
        "who": who[:80],
        "reason": record.reason[:_CLIPPED],
        "parts": [_part(part) for part in record.parts],
    }


def _part(part: Part) -> dict[str, Json]:
    entries = [attempt.entry for attempt in part.attempts if attempt.entry is not None]
    return {
        "mapping": part.mapping,
        "outcome": part.outcome,
        "code": part.code,
        "entries": entries,
    }
