"""Exchange: a request as it was received, its answer, and why it is refused, as plain values.

All are named tuples, the one frozen value Python makes fast enough to make some for every request.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from http import HTTPStatus
from typing import Final, Literal, NamedTuple, TypeAlias
from urllib.parse import quote, unquote

from mock_server.bounds import PACE_SECONDS
from mock_server.masking import masked_headers
from sandbox.toplyne import TOPLYNE
from sandbox.values import Problem

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Header fields in wire order; a name may stand twice."""

Wire: TypeAlias = Literal["whole", "reset", "empty", "half", "garbage"]
"""How an answer leaves: as it is, or as one of the accidents a network is capable of."""

ENTRY_HEADER: Final = "X-Sandbox-Entry"
AUTHORIZATION: Final = "authorization"
GZIP: Final = frozenset({"gzip", "x-gzip"})
_IN_PATHS: Final = "/:@!$&()*+,;="
_GZIP_FORMAT: Final = 31  # zlib's word for: gzip header and trailer, no other
_NO_SIGN: Final = bytes({*range(256)} - {*b'",[{'})
_new: Final = tuple.__new__


class Fields(tuple[tuple[str, str], ...]):  # noqa: SLOT001 - it keeps what was looked up
    """Header fields that came, in wire order, their names in lower case.

    Requests with the same head share them, and so what was looked up in them.
    """

    @cached_property
    def by_name(self) -> dict[str, tuple[str, ...]]:
        """The values of each name, in wire order."""
        found: dict[str, list[str]] = {}
        for name, value in self:
            found.setdefault(name, []).append(value)
        return {name: tuple(values) for name, values in found.items()}

    @cached_property
    def masked(self) -> str:
        """The fields as the journal keeps them: JSON, secrets by their last characters."""
        return masked_headers(self)

    def with_token(self, token: str) -> Fields:
        """Return the same fields with another bearer token.

        Clients of many tenants, such as the tests of one process, differ in their tokens alone.
        """
        said = (AUTHORIZATION, f"Bearer {token}")
        fields = Fields([said if each[0] == AUTHORIZATION else each for each in self])
        fields.by_name = {**self.by_name, AUTHORIZATION: said[1:]}
        return fields


class Received(NamedTuple):
    """One request as it came; `received` makes one out of what is on a wire.

    `path` is decoded and without its query, which is `query`. `body` is as on the wire, so perhaps
    compressed; a server keeps no more of it than one byte above the largest that is taken.
    `complete` is False where the client stopped in the middle of the body, `keep_alive` where the
    connection ends with the answer.
    """

    method: str
    path: str
    headers: Fields = Fields()
    body: bytes = b""
    query: str = ""
    complete: bool = True
    keep_alive: bool = True

    def header(self, name: str) -> str | None:
        """Return the first header of that name (in lower case), None if there is none."""
        values = self.headers.by_name.get(name)
        return values[0] if values else None

    def header_values(self, name: str) -> tuple[str, ...]:
        """Return the values of every header of that name (in lower case), in wire order."""
        return self.headers.by_name.get(name, ())


def received(  # noqa: PLR0913 - what a request consists of
    method: str,
    target: str,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    *,
    complete: bool = True,
    keep_alive: bool = True,
) -> Received:
    """Return a request out of its method, its target (`/path?query`), its headers and body."""
    path, _, query = target.partition("?")
    return Received(
        method,
        unquote(path) if "%" in path else path,
        headers
        if isinstance(headers, Fields)
        else Fields([(name.lower(), value) for name, value in headers]),
        body,
        query,
        complete,
        keep_alive,
    )


def target_of(path: str, query: str) -> str:
    """Return the target out of which `received` takes this path and this query."""
    path = quote(path, safe=_IN_PATHS)
    return f"{path}?{query}" if query else path


class Answer(NamedTuple):
    """One answer to send.

    `headers` leave in this order; the server adds the length of the body, and leaves the body out
    for HEAD. `entry` is the journal's number of the request, sent as X-Sandbox-Entry.
    `delay` is how many seconds the answer waits, `wire` what becomes of it on its way, and `pace`
    how many bytes of it leave in a second, 0 for all at once.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    entry: int | None = None
    delay: float = 0.0
    wire: Wire = "whole"
    pace: int = 0

    def of_entry(self, number: int) -> Answer:
        """Return the answer to the request that has that number in the journal."""
        return _new(Answer, (*self[:3], number, *self[4:]))  # _replace takes twice as long

    @property
    def all_headers(self) -> Headers:
        """The headers with X-Sandbox-Entry, where the request was journaled."""
        if self.entry is None:
            return self.headers
        return (*self.headers, (ENTRY_HEADER, str(self.entry)))

    @property
    def sent_headers(self) -> Headers:
        """All headers and the body's length; an answer that has no content has no length."""
        if self.status == HTTPStatus.NO_CONTENT:
            return self.all_headers
        return (*self.all_headers, ("Content-Length", str(len(self.body))))


class Refusal(NamedTuple):
    """Why a call is refused: a status and one sentence for the wire.

    `problems` are all broken rules, for the journal.
    """

    status: int
    problems: tuple[Problem, ...]
    details: str
    headers: Headers = ()


def broken(rule: str, message: str, *, found: str, expected: str) -> Problem:
    """Return the problem of a declared rule that is not about a place in the body."""
    return Problem((), message, found, expected, rule, TOPLYNE.rule(rule).evidence)


def wrong(rule: str, found: str, right: str, *, remedy: str = "") -> Problem:
    """Return the problem of a whole body that breaks a rule."""
    advice = f"{remedy[:1].upper()}{remedy[1:]}" if remedy else f"Expected {right}"
    return broken(rule, f"{found}. {advice}.", found=found, expected=right)


def piece_of(pace: int) -> tuple[int, float]:
    """Return how many bytes of a slow body leave at once, and after how many seconds the next."""
    size = max(1, round(pace * PACE_SECONDS))
    return size, size / pace


def slowly(body: bytes, pace: int, sleep: Callable[[float], None]) -> Iterator[bytes]:
    """Yield the pieces of a slow body, each in its time."""
    size, seconds = piece_of(pace)
    for start in range(0, len(body), size):
        if start:
            sleep(seconds)
        yield body[start : start + size]


def holds_more_values(body: bytes, most: int) -> bool:
    """Return whether a body, if it is JSON, has more values than that, or about as many."""
    if len(body) <= most or sum(map(body.count, (b",", b"[", b"{"))) <= most:
        return False
    # without regular expressions, whose matches would be as many as the strings
    signs = body.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _NO_SIGN)
    outside = signs.replace(b'""', b"").split(b'"')[::2]
    return sum(map(len, outside)) > most


def coding(content_encoding: str) -> str:
    """Return the name of a content coding as it is compared."""
    return content_encoding.strip().lower()


def inflated(body: bytes, content_encoding: str) -> bytes | Problem:
    """Return the body without its content encoding, or why that cannot be; within its limit."""
    content: bytes | Problem = body
    if coding(content_encoding) in GZIP and len(body) <= TOPLYNE.max_body:
        content = _gunzip(body)
    if isinstance(content, bytes) and len(content) > TOPLYNE.max_body:
        most = f"{TOPLYNE.max_body} bytes"
        return wrong("body-size", f"is longer than {most}", f"at most {most}")
    return content


def _gunzip(body: bytes) -> bytes | Problem:
    stream = zlib.decompressobj(_GZIP_FORMAT)
    found = ""
    try:
        content = stream.decompress(body, TOPLYNE.max_body + 1)
    except zlib.error as error:
        found = f"is not gzip ({str(error).rpartition(': ')[2]})"
    else:
        if len(content) > TOPLYNE.max_body:
            return content
        if not stream.eof:
            found = "is a gzip stream cut short"
        elif stream.unused_data:
            found = f"is a gzip stream and {len(stream.unused_data)} more bytes"
    return wrong("body-gzip", found, "one whole gzip stream") if found else content
