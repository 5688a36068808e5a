"""Exchange: a received request, its answer, and why it is refused, as plain values.

They are named tuples: Python makes those faster than frozen dataclasses, and every request needs
several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from http import HTTPStatus
from typing import Final, Literal, NamedTuple, TypeAlias
from urllib.parse import quote, unquote

from mock_server.bounds import PACE_SECONDS
from mock_server.masking import masked_headers
from sandbox.inflating import InputError, InputTooLarge, all_of, gunzipped
from sandbox.segment.definition import Headers as Headers  # noqa: PLC0414 - for every answer
from sandbox.toplyne import TOPLYNE
from sandbox.values import Problem

Wire: TypeAlias = Literal["whole", "reset", "empty", "half", "garbage"]
"""How an answer is sent: whole, or broken as a network may break it."""

ENTRY_HEADER: Final = "X-Sandbox-Entry"
AUTHORIZATION: Final = "authorization"
GZIP: Final = frozenset({"gzip", "x-gzip"})
_IN_PATHS: Final = "/:@!$&()*+,;="
_NO_SIGN: Final = bytes({*range(256)} - {*b'",[{'})
_new: Final = tuple.__new__


class Fields(tuple[tuple[str, str], ...]):  # noqa: SLOT001 - it caches what was looked up
    """Received header fields in wire order, with their names in lower case.

    Requests with the same head share one instance, and its cached lookups.
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
        """The fields as the journal keeps them: JSON, with only the last characters of secrets."""
        return masked_headers(self)

    def with_token(self, token: str) -> Fields:
        """Return the same fields with another bearer token.

        The heads of many clients, such as the tests of one process, differ only in their tokens.
        """
        said = (AUTHORIZATION, f"Bearer {token}")
        place = self.index((AUTHORIZATION, *self.by_name[AUTHORIZATION]))
        fields = Fields((*self[:place], said, *self[place + 1 :]))
        fields.by_name = {**self.by_name, AUTHORIZATION: said[1:]}
        fields.masked = masked_headers(fields)  # for the journal; a cached property takes longer
        return fields


class Received(NamedTuple):
    """One request as it was received. `received` makes one from the parts on the wire.

    `path` is decoded and has no query; that is `query`. `body` is as on the wire, so it may be
    compressed. A server keeps at most one byte more of it than the longest accepted body.
    `complete` is False if the client stopped in the middle of the body, and `keep_alive` is False
    if the connection closes after the answer. `is_http_1_0` is only known of our own server.
    """

    method: str
    path: str
    headers: Fields = Fields()
    body: bytes = b""
    query: str = ""
    complete: bool = True
    keep_alive: bool = True
    is_http_1_0: bool = False

    def header(self, name: str) -> str | None:
        """Return the header of that name (in lower case), or None.

        Several are one with commas (RFC 9110, 5.3), as WSGI hands them on.
        """
        values = self.headers.by_name.get(name)
        return ",".join(values) if values else None

    def header_values(self, name: str) -> tuple[str, ...]:
        """Return the values of every header of that name (in lower case), in wire order."""
        return self.headers.by_name.get(name, ())


def received(
    method: str,
    target: str,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    *,
    keep_alive: bool = True,
) -> Received:
    """Return a request from its method, its target (`/path?query`), its headers and body."""
    path, _, query = target.partition("?")
    path = unquote(path) if "%" in path else path
    if not isinstance(headers, Fields):
        headers = Fields([(name.lower(), value) for name, value in headers])
    return Received(method, path, headers, body, query, keep_alive=keep_alive)


def target_of(path: str, query: str) -> str:
    """Return the target out of which `received` takes this path and this query."""
    path = quote(path, safe=_IN_PATHS)
    return f"{path}?{query}" if query else path


class HttpAnswer(NamedTuple):
    """One answer to send.

    `headers` are sent in this order; the server adds Content-Length, and omits the body for HEAD.
    `entry` is the number of the request's journal entry, sent as X-Sandbox-Entry. `delay` is the
    number of seconds before the answer is sent, `wire` is how it is sent, and `pace` is the number
    of bytes sent per second, 0 for all at once.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    entry: int | None = None
    delay: float = 0.0
    wire: Wire = "whole"
    pace: int = 0

    def of_entry(self, number: int) -> HttpAnswer:
        """Return the answer with the number of the request's journal entry."""
        return _new(HttpAnswer, (*self[:3], number, *self[4:]))  # _replace takes twice as long

    @property
    def all_headers(self) -> Headers:
        """The headers, with X-Sandbox-Entry if the request was journaled."""
        if self.entry is None:
            return self.headers
        return (*self.headers, (ENTRY_HEADER, str(self.entry)))

    @property
    def sent_headers(self) -> Headers:
        """All headers and Content-Length, which a 204 does not have."""
        if self.status == HTTPStatus.NO_CONTENT:
            return self.all_headers
        return (*self.all_headers, ("Content-Length", str(len(self.body))))


class Refusal(NamedTuple):
    """Why a call is refused: the status, and `details`, one sentence for the answer.

    `problems` are all broken rules, for the journal.
    """

    status: int
    problems: tuple[Problem, ...]
    details: str
    headers: Headers = ()


def broken(rule: str, message: str, *, found: str, expected: str) -> Problem:
    """Return the problem of a broken rule that is not about a place in the body."""
    return Problem((), message, found, expected, rule, TOPLYNE.rule(rule).evidence)


def wrong(rule: str, found: str, right: str, *, remedy: str = "") -> Problem:
    """Return the problem of a whole body that breaks a rule."""
    advice = f"{remedy[:1].upper()}{remedy[1:]}" if remedy else f"Expected {right}"
    return broken(rule, f"{found}. {advice}.", found=found, expected=right)


def piece_of(pace: int) -> tuple[int, float]:
    """Return the number of bytes in a piece of a slow body, and the seconds between two pieces."""
    size = max(1, round(pace * PACE_SECONDS))
    return size, size / pace


def slowly(body: bytes, pace: int, sleep: Callable[[float], None]) -> Iterator[bytes]:
    """Yield the pieces of a slow body, sleeping between them."""
    size, seconds = piece_of(pace)
    for start in range(0, len(body), size):
        if start:
            sleep(seconds)
        yield body[start : start + size]


def holds_more_values(body: bytes, most: int) -> bool:
    """Return whether a body, read as JSON, has more than about `most` values."""
    if len(body) <= most or sum(map(body.count, (b",", b"[", b"{"))) <= most:
        return False
    # no regular expression: it would make a match object for every string
    signs = body.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _NO_SIGN)
    outside = signs.replace(b'""', b"").split(b'"')[::2]
    return sum(map(len, outside)) > most


def coding(content_encoding: str) -> str:
    """Return the name of a content coding, stripped and in lower case."""
    return content_encoding.strip().lower()


def inflated_body(body: bytes, content_encoding: str) -> bytes | Problem:
    """Return the decoded body, or the problem: broken gzip, or longer than the limit."""
    content = body
    if coding(content_encoding) in GZIP and len(body) <= TOPLYNE.max_body:
        try:
            return all_of(gunzipped(body), most=TOPLYNE.max_body)
        except InputTooLarge:
            content = bytes(TOPLYNE.max_body + 1)
        except InputError as error:
            return wrong("body-gzip", str(error), "one or more whole gzip members")
    if len(content) > TOPLYNE.max_body:
        most = f"{TOPLYNE.max_body} bytes"
        return wrong("body-size", f"is longer than {most}", f"at most {most}")
    return content
