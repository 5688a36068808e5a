"""Journal entry: one request in the journal, and how entries are read, filtered and shown."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

from mock_server.bounds import ANSWER_KEPT, SEARCHED_BYTES
from mock_server.exchange import Fields, Received, inflated_body
from mock_server.masking import without_keys
from mock_server.routes import PREFIX
from sandbox.segment.json_text import json_or
from sandbox.toplyne import TOPLYNE
from sandbox.values import Json, Problem, ProblemJson

if TYPE_CHECKING:
    from mock_server.exchange import HttpAnswer
    from mock_server.store.database import Span, Store
    from sandbox.suspicions import Suspicion
    from sandbox.wire_types import AnswerJson, BodyJson, EntryJson

NO_WONDER: Final = frozenset({"empty-properties"})
"""Suspicions that are not the client's doing: Segment sends `{}` for every event without them."""
OF_THE_CODING: Final = frozenset({"content-encoding", "content-length"})
"""Headers about the encoding of a body."""

_READ_AT_ONCE: Final = 4 * 2**20
_LISTED_AT_ONCE: Final = 1000
_Tenant = TypeVar("_Tenant")
SqlWhere: TypeAlias = tuple[str, Sequence[Any]]
"""An SQL condition and its values."""


class SearchTooLong(Exception):
    """The compressed bodies that a search must read are too long in all."""

    def __str__(self) -> str:
        most = f"{SEARCHED_BYTES:,} bytes (searched_bytes)"
        return f"The compressed bodies to search have more than {most}. Ask for fewer entries."


class EntryRow(NamedTuple, Generic[_Tenant]):
    """One request with the status of its answer: a row of the table `entries`.

    `tenant` is 0, or None in an Entry, if the token was missing or unknown. `items` is the number
    of items that went into the state, and `events` the number of events among them;
    `events_before` is the number of the tenant's earlier events since its last reset. `token` has
    the last characters of the key. `problems_text`, `headers` and `answer` are JSON. `fault` is the
    name of the fault the call got. `answer` is kept only for refusals and faults.
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
        return decoded_body(self.body, self.encoding)


COLUMNS: Final = ", ".join(EntryRow._fields).replace("problems_text", "problems")
SIZE: Final = " + ".join(
    f"coalesce(length({column}), 0)" for column in ("body", "path", "query", "headers", "problems")
)
INSERT: Final = f"INSERT INTO entries ({COLUMNS}) VALUES ({', '.join('?' * len(EntryRow._fields))})"  # noqa: S608


def entry_rows(store: Store, condition: str, *values: Any) -> list[EntryRow[int]]:
    """Return the rows of the table that match a condition, which ORDER BY and LIMIT may follow."""
    rows = store.read(f"SELECT {COLUMNS} FROM entries WHERE {condition}", values)  # noqa: S608
    return list(map(EntryRow._make, rows))


def page_rows(
    store: Store, tenants: Sequence[int], where: SqlWhere, page: Span, holding: Sequence[bytes] = ()
) -> Iterator[EntryRow[int]]:
    """Yield the rows of a page that match a condition, a few megabytes at a time.

    With `holding`, rows without a content encoding must have one of these texts in the body.
    """
    (condition, values), order = where, "DESC" if page.descending else "ASC"
    each = (
        f"SELECT number, length(body) FROM entries WHERE tenant = {tenant}"  # noqa: S608
        f" AND number > ? AND number < ? AND {condition}"
        for tenant in tenants
    )
    # SQLite merges the tenants' indexes; with IN it would sort all their entries
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
    store: Store, tenants: Sequence[int], where: SqlWhere, page: Span, texts: Sequence[bytes]
) -> Iterator[EntryRow[int]]:
    """Yield the rows of a page whose inflated body has one of the texts.

    Bodies are inflated outside the store's lock. Raises SearchTooLong.
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
    """Yield the numbers of rows in groups that are short enough to read at once."""
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
    """An entry of the journal with its tenant's name. Its JSON is parsed on every access."""

    __slots__ = ()

    @property
    def call(self) -> Received:
        """The request as it was received, with secrets masked in its headers."""
        headers = Fields((name, value) for name, value in json.loads(self.headers))
        return Received(self.method, self.path, headers, self.body, self.query)

    @property
    def problems(self) -> tuple[ProblemJson, ...]:
        """The broken rules, with the evidence of each."""
        return tuple(json.loads(self.problems_text)) if self.problems_text else ()

    @property
    def stored(self) -> bool:
        """Whether its items went into the state, whatever the answer was."""
        return self.items > 0

    @property
    def shown_content(self) -> bytes:
        """The decoded body. Write keys are masked: an SDK may have sent it to a wrong path."""
        return self.content if self.items else without_keys(self.content)

    @property
    def copied(self) -> Entry:
        """The entry for snippets: a write key in the body is masked, and the body then decoded."""
        if self.shown_content == self.content:
            return self
        headers = [pair for pair in self.call.headers if pair[0] not in OF_THE_CODING]
        return self._replace(body=self.shown_content, encoding=None, headers=json.dumps(headers))

    @property
    def json(self) -> Json:
        """The value of the body, or None if it is not JSON that can be kept."""
        return json_or(self.shown_content, None, max_depth=TOPLYNE.max_depth, finite=True)

    @property
    def suspicions(self) -> tuple[Suspicion, ...]:
        """What is surely wrong with an accepted upload."""
        return self._suspicions(self.json) if self.items else ()

    def _suspicions(self, value: Json) -> tuple[Suspicion, ...]:
        import sandbox.suspicions as judge  # noqa: PLC0415 - rarely needed; `from` takes longer

        return judge.suspicious_upload(self.path.removeprefix(PREFIX), value) if self.items else ()

    @property
    def oddities(self) -> list[str]:
        """The suspicions that are the client's doing, as sentences."""
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
class EntryFilter:
    """A filter of entries. Every given member must match.

    `status` is a number or a class such as `4xx`, `body` is a string that the inflated body must
    contain, and `refused` is whether the call broke a rule and got no fault.
    """

    method: str | None = None
    path: str | None = None
    status: str | None = None
    body: str | None = None
    refused: bool | None = None

    @property
    def condition(self) -> SqlWhere:
        """The SQL condition of all members except `body`."""
        given = {
            "method = upper(?)": self.method,
            "path = ?": self.path,
            "status LIKE ?": self.status and self.status.replace("x", "_"),
            "(problems IS NOT NULL AND fault IS NULL) = ?": self.refused,
        }
        given = {text: value for text, value in given.items() if value is not None}
        return " AND ".join(given) or "TRUE", [*given.values()]


def answer_text(answer: HttpAnswer) -> str:
    """Return an answer as the journal keeps it: status, headers, body and `wire`."""
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


def decoded_body(body: bytes, encoding: str | None) -> bytes:
    """Return a body without its content encoding, or unchanged if it cannot be decoded."""
    if not encoding:
        return body
    content = inflated_body(body, encoding)
    return content if isinstance(content, bytes) else body


def iso_time(seconds: float) -> str:
    """Return Unix seconds as ISO-8601 in UTC, with milliseconds."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
