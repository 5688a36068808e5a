"""Journal entry: one request in the journal; how it is read, filtered and shown."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

from mock_server.bounds import ANSWER_KEPT, SEARCHED_BYTES
from mock_server.exchange import inflated
from mock_server.masking import without_keys
from mock_server.routes import PREFIX
from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.toplyne import TOPLYNE
from sandbox.values import Json, Problem, ProblemJson

if TYPE_CHECKING:
    from mock_server.exchange import Answer
    from mock_server.store.database import Page, Store
    from sandbox.suspicions import Suspicion
    from sandbox.wire_types import AnswerJson, BodyJson, EntryJson


NO_WONDER: Final = frozenset({"empty-properties"})
"""What Segment sends for every event without properties, so it says nothing about the client."""
OF_THE_CODING: Final = frozenset({"content-encoding", "content-length"})
"""Headers that go with the encoding of a body."""

_READ_AT_ONCE: Final = 4 * 2**20
_LISTED_AT_ONCE: Final = 1000
_Tenant = TypeVar("_Tenant")
Where: TypeAlias = tuple[str, Sequence[Any]]
"""A condition in SQL, and its values."""


class SearchTooLong(Exception):
    """The compressed bodies that a search must read are too long together."""

    def __str__(self) -> str:
        most = f"{SEARCHED_BYTES:,} bytes (searched_bytes)"
        return f"The compressed bodies to search hold more than {most}. Ask for fewer entries."


class EntryRow(NamedTuple, Generic[_Tenant]):
    """One request with the status of its answer, as the table `entries` holds it.

    `tenant` is 0, or None in an entry, if the token was missing or unknown; `items` the number of
    items that went into the state, `events` that of events, `events_before` that of the tenant's
    earlier ones since its last reset; `token` the last characters of the key; `problems_text` and
    `headers` are JSON; `fault` is the fault that was played, `answer` the answer to a refusal or
    upon a fault, as JSON.
    """

    number: int
    tenant: _Tenant
    at: float
    method: str
    path: str
    status: int
    items: int
    events: int
    events_before: int
    token: str | None
    encoding: str | None
    problems_text: str | None
    fault: str | None
    body: bytes
    query: str
    headers: str
    answer: str | None

    @property
    def content(self) -> bytes:
        """The body without its content encoding, as far as it can be decoded."""
        return plain(self.body, self.encoding)


COLUMNS: Final = ", ".join(EntryRow._fields).replace("problems_text", "problems")
SIZE: Final = " + ".join(
    f"coalesce(length({column}), 0)" for column in ("body", "path", "query", "headers", "problems")
)
INSERT: Final = f"INSERT INTO entries ({COLUMNS}) VALUES ({', '.join('?' * len(EntryRow._fields))})"  # noqa: S608


def entry_rows(store: Store, condition: str, *values: Any) -> list[EntryRow[int]]:
    """Return the rows of the table that a condition, and what may follow it, selects."""
    rows = store.read(f"SELECT {COLUMNS} FROM entries WHERE {condition}", values)  # noqa: S608
    return list(map(EntryRow._make, rows))


def page_rows(
    store: Store, tenants: Sequence[int], where: Where, page: Page, holding: Sequence[bytes] = ()
) -> Iterator[EntryRow[int]]:
    """Yield the rows of a page of those that a condition selects, few large ones at once.

    Of bodies without an encoding only those that hold one of the texts `holding`, if there are any.
    """
    (condition, values), order = where, "DESC" if page.descending else "ASC"
    each = (
        f"SELECT number, length(body) FROM entries WHERE tenant = {tenant}"  # noqa: S608
        f" AND number > ? AND number < ? AND {condition}"
        for tenant in tenants
    )
    # merged from one index after the other; IN would sort the entries of all
    query = f"{' UNION ALL '.join(each)} ORDER BY number {order} LIMIT ? OFFSET ?"
    finds = " OR ".join(["encoding IS NOT NULL", *["instr(body, ?) > 0"] * len(holding)])
    ((newest,),) = store.read("SELECT coalesce(max(number), 0) FROM entries")
    after, before, left, offset = page.after, min(page.before, newest + 1), page.limit, page.offset
    while left > 0:
        most = min(left, _LISTED_AT_ONCE)
        listed = store.read(query, (*[after, before, *values] * len(tenants), most, offset))
        for numbers in _together(listed):
            those = f"number IN ({', '.join(map(str, numbers))})"
            those += f" AND ({finds})" if holding else ""
            yield from entry_rows(store, f"{those} ORDER BY number {order}", *holding)
        if len(listed) < most:
            return
        left, offset, last = left - most, 0, listed[-1][0]
        after, before = (after, last) if page.descending else (last, before)


def holding_rows(
    store: Store, tenants: Sequence[int], where: Where, page: Page, texts: Sequence[bytes]
) -> Iterator[EntryRow[int]]:
    """Yield those of a page's rows whose body, inflated, holds one of the texts.

    Bodies are inflated outside of the store's lock. Raises SearchTooLong.
    """
    left = SEARCHED_BYTES
    for row in page_rows(store, tenants, where, page, texts):
        if row.encoding is not None:
            content = row.content
            left -= len(content)
            if left < 0:
                raise SearchTooLong
            if not any(text in content for text in texts):
                continue
        yield row


def _together(listed: Iterable[Sequence[int]]) -> Iterator[list[int]]:
    """Yield the numbers of rows that are read at once."""
    numbers, size = list[int](), 0
    for number, length in listed:
        numbers.append(number)
        size += length or 0
        if size > _READ_AT_ONCE:
            yield numbers
            numbers, size = [], 0
    if numbers:
        yield numbers


class Entry(EntryRow[str | None]):
    """An entry of the journal with its tenant's name. What it holds is parsed when it is read."""

    __slots__ = ()

    @property
    def problems(self) -> tuple[ProblemJson, ...]:
        """The broken rules, with the evidence of each."""
        return tuple(json.loads(self.problems_text or "[]"))

    @property
    def stored(self) -> bool:
        """Whether its items went into the state, whatever became of the answer."""
        return self.items > 0

    @property
    def shown_content(self) -> bytes:
        """The body without its encoding, and without the write keys of an SDK at a wrong path."""
        return self.content if self.items else without_keys(self.content)

    @property
    def copied(self) -> Entry:
        """The entry as it may be copied: a body with a write key without it, and not encoded."""
        if self.shown_content == self.content:
            return self
        headers = [pair for pair in json.loads(self.headers) if pair[0] not in OF_THE_CODING]
        return self._replace(body=self.shown_content, encoding=None, headers=json.dumps(headers))

    @property
    def json(self) -> Json:
        """The value of the body, or None if it is not JSON that can be kept."""
        try:
            return parse_json(self.shown_content, max_depth=TOPLYNE.max_depth, finite=True)
        except InvalidJson:
            return None

    @property
    def suspicions(self) -> tuple[Suspicion, ...]:
        """What is surely wrong with an upload that was accepted."""
        return self._suspicions(self.json) if self.items else ()

    def _suspicions(self, value: Json) -> tuple[Suspicion, ...]:
        from sandbox.suspicions import suspicious_upload  # noqa: PLC0415 - with the first that is looked at

        return suspicious_upload(self.path.removeprefix(PREFIX), value) if self.items else ()

    @property
    def oddities(self) -> list[str]:
        """What the suspicions say that is the client's doing."""
        return [str(each) for each in self.suspicions if each.code not in NO_WONDER]

    def to_json(self) -> EntryJson:
        """Return the entry as `/_sandbox/entries` shows it."""
        value = self.json
        told: EntryJson = {
            "number": self.number,
            "at": iso_time(self.at),
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": json.loads(self.headers),
            "status": self.status,
            "json": value,
            "problems": list(self.problems),
            "suspicions": [each.to_json() for each in self._suspicions(value)],
            "tenant": self.tenant,
            "token": self.token,
            "items": self.items,
            "fault": self.fault,
            "stored": self.stored,
        }
        if value is None and self.body:
            told["body"] = b64encode(self.copied.body).decode()
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter of entries; every member that is given must match.

    `status` is a number or a class such as `4xx`; `body` a string that the inflated body contains;
    `refused` is whether the entry broke a rule and met no fault.
    """

    method: str | None = None
    path: str | None = None
    status: str | None = None
    body: str | None = None
    refused: bool | None = None

    @property
    def condition(self) -> Where:
        """The condition for the entries that match, but for `body`."""
        given = {
            "method = upper(?)": self.method,
            "path = ?": self.path,
            "status LIKE ?": self.status and self.status.replace("x", "_"),
            "(problems IS NOT NULL AND fault IS NULL) = ?": self.refused,
        }
        given = {text: value for text, value in given.items() if value is not None}
        return " AND ".join(given) or "TRUE", [*given.values()]


def answer_text(answer: Answer) -> str:
    """Return an answer as the journal keeps it: headers, body, and how it left."""
    told: AnswerJson = {
        "status": answer.status,
        "headers": [list(pair) for pair in answer.headers],
        "wire": answer.wire,
        **body_json(answer.body[:ANSWER_KEPT]),
    }
    return json.dumps(told, separators=(",", ":"))


def body_json(body: bytes) -> BodyJson:
    """Return bytes as a string, or as base64 if they are not UTF-8."""
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode()}


def problems_text(problems: Iterable[Problem]) -> str:
    """Return problems as the journal keeps them, with rule and evidence."""
    return json.dumps([problem.to_json() for problem in problems], separators=(",", ":"))


def plain(body: bytes, encoding: str | None) -> bytes:
    """Return a body without its content encoding, or unchanged if it cannot be decoded."""
    if not encoding:
        return body
    content = inflated(body, encoding)
    return content if isinstance(content, bytes) else body


def iso_time(seconds: float) -> str:
    """Return Unix seconds as ISO-8601 in UTC, with milliseconds."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
