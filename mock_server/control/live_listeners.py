"""Live: who wants to hear of what comes, and what has come since they last heard."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from mock_server.store.database import Page
from mock_server.store.journal import View
from mock_server.store.journal_entry import Entry, Filter
from sandbox.segment.javascript import Json

if TYPE_CHECKING:
    from mock_server.segment.record import Part, Record
    from mock_server.segment.segment import Segment
    from mock_server.store.journal import Journal

MOST_LISTENERS: Final = 50
MOST_ROWS: Final = 500
_LARGEST_LOOKED_INTO: Final = 64 * 1024
_CLIPPED: Final = 240


class TooManyListening(Exception):
    """As many listen already as may."""


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


class Heard(Protocol):
    """What is listened to: the parts of a mock that tell of what came."""

    journal: Journal

    @property
    def segment(self) -> Segment:
        """Segment's side, which has the ledger."""


class Live:
    """The listeners of one mock, and the news for each of them."""

    def __init__(self, mock: Heard) -> None:
        """Hear of the mock's journal and ledger, but only while somebody listens."""
        self._mock = mock
        self._lock = threading.Lock()
        self._wakes: list[Callable[[], None]] = []
        self._start = secrets.token_hex(4)
        self._resets = 0
        self.closed = False

    @contextmanager
    def listening(self, wake: Callable[[], None]) -> Iterator[None]:
        """Call `wake`, which must not take long, from any thread whenever there may be news.

        Raises TooManyListening.
        """
        with self._lock:
            if len(self._wakes) >= MOST_LISTENERS:
                raise TooManyListening(f"{MOST_LISTENERS} listen already; close some pages")
            if not self._wakes:
                self._mock.journal.listeners.append(self._heard)
                self._mock.segment.ledger.listeners.append(self._heard)
            self._wakes.append(wake)
        try:
            yield
        finally:
            with self._lock:
                self._wakes.remove(wake)
                if not self._wakes:
                    self._mock.journal.listeners.remove(self._heard)
                    self._mock.segment.ledger.listeners.remove(self._heard)

    def _heard(self, _tenant: int) -> None:
        for wake in tuple(self._wakes):
            wake()

    def reset(self) -> None:
        """Tell that a tenant's journal and ledger were forgotten."""
        self._resets += 1
        self._heard(0)

    def close(self) -> None:
        """Let nobody listen any longer."""
        self.closed = True
        self._heard(0)

    def news(self, view: View, since: Cursor | None, *, last: int) -> News:
        """Return what came since, oldest first, so many rows at most; of all, the `last` ones."""
        name = f"{self._start}.{self._resets}"
        known = since is not None and since.since == name
        start = since if since and known else self._before(view, name, last)
        journal, ledger = self._mock.journal, self._mock.segment.ledger
        entries = journal.entries(view, Page(limit=MOST_ROWS, after=start.entry), Filter())
        changes = ledger.changes(view, after=start.change)[:MOST_ROWS]
        rows = [_entry_row(entry) for entry in entries]
        rows += [_message_row(record) for _, record in changes]
        rows.sort(key=lambda row: row["at"])
        cursor = Cursor(
            name,
            entries[-1].number if entries else start.entry,
            changes[-1][0] if changes else start.change,
        )
        return News(rows, cursor, is_reset=since is not None and not known)

    def _before(self, view: View, name: str, last: int) -> Cursor:
        """Return the cursor before the last so many entries and messages."""
        journal, nothing = self._mock.journal, Filter()
        page = Page(limit=1, offset=max(0, journal.matching(view, nothing) - last))
        entries = journal.entries(view, page, nothing)
        changes = self._mock.segment.ledger.changes(view, after=0)[-last:]
        return Cursor(
            name,
            entries[0].number - 1 if entries else 0,
            changes[0][0] - 1 if changes else 0,
        )


def _entry_row(entry: Entry) -> dict[str, Json]:
    first = entry.problems[0] if entry.problems else None
    told = entry.to_json()
    return {
        "kind": "request",
        **{name: told[name] for name in ("number", "at", "method", "path", "status", "items")},
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
    named = ("eventName", "userId", "anonymousId", "accountId")
    found = [str(first[key])[:80] for key in named if isinstance(first.get(key), str)]
    return " · ".join(found)


def _message_row(record: Record) -> dict[str, Json]:
    told = record.to_json(None)
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
