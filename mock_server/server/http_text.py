"""HTTP text: answers as the bytes of HTTP/1.1, and heads of requests that were read before."""

import re
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from mock_server.bounds import Bounds
from mock_server.exchange import AUTHORIZATION, ENTRY_HEADER, Answer, Headers, Received
from mock_server.server.head import Head, read_head
from mock_server.toplyne.answers import phrase_of

GARBAGE: Final = b"\x16\x03\x01garbage\x00\xff\r\n\r\n"
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_END: Final = b"\r\n\r\n"
_END_LENGTH: Final = len(_END)
_new: Final = tuple.__new__
_ENTRY: Final = ENTRY_HEADER.encode()
_NO_CONTENT: Final = int(HTTPStatus.NO_CONTENT)
_MOST_HEADS: Final = 1000
_LONGEST_HEAD: Final = 4096
_TOKEN: Final = re.compile(rb"\r\n(?i:authorization): Bearer ([!#-+.-\[\]-~-]{8,})(?=\r\n)")


class Heads:
    """The heads that were read so far: a client's next request mostly starts with the same bytes.

    What a head says follows from its bytes alone, so the same bytes need not be read again, nor
    those that differ in the bearer token alone.
    """

    def __init__(self, bounds: Bounds) -> None:
        """Know none."""
        self._bounds = bounds
        self._known: dict[bytes, Head] = {}
        self._seen: set[int] = set()
        self._with_a_token: dict[bytes, Head] = {}

    def whole(self, data: bytes) -> Received | None:
        """Return the request `data` is, if it is exactly one and its head is known."""
        end = data.find(_END) + _END_LENGTH
        known = self._known.get(data[:end])
        if known is None or len(data) - end != known[1] or known[2]:
            return None
        method, path, headers, _, query, complete, keep_alive = known[0]
        # what Received() does, without the function it does it by
        return _new(Received, (method, path, headers, data[end:], query, complete, keep_alive))

    def read(self, data: bytes) -> Head:
        """Return the head `data` is; raises Unreadable."""
        known = self._known.get(data)
        if known is not None:
            return known
        if len(data) > _LONGEST_HEAD:
            return read_head(data, self._bounds)
        found = _TOKEN.search(data)
        head = read_head(data, self._bounds) if found is None else self._with_token(data, found)
        self._learn(data, head)
        return head

    def _with_token(self, data: bytes, found: re.Match[bytes]) -> Head:
        """Return the head `data` is, by one that differs in the bearer token where it is known."""
        rest, token = data[: found.start(1)] + data[found.end() :], found[1].decode()
        known = self._with_a_token.get(rest)
        if known is not None:
            came = known.came._replace(headers=known.came.headers.with_token(token))
            return Head(came, known.length, known.expects)
        head = read_head(data, self._bounds)
        if head.came.header_values(AUTHORIZATION) == (f"Bearer {token}",):
            if len(self._with_a_token) >= _MOST_HEADS:
                self._with_a_token.clear()
            self._with_a_token[rest] = head
        return head

    def _learn(self, data: bytes, head: Head) -> None:
        key = hash(data)
        if key not in self._seen:  # the only one of its kind so far, as in a test with one call
            if len(self._seen) >= _MOST_HEADS:
                self._seen.clear()
            self._seen.add(key)
            return
        if len(self._known) >= _MOST_HEADS:
            self._known.clear()
        self._known[data] = head


def to_bytes(answer: Answer, *, method: str, keep_alive: bool) -> bytes:
    """Return an answer as HTTP/1.1 bytes."""
    status, headers, body, number, *_ = answer
    head = head_of(status, headers, keep_alive)
    entry = b"" if number is None else b"%s: %d\r\n" % (_ENTRY, number)
    if status == _NO_CONTENT:
        return b"%b%b\r\n" % (head, entry)
    return b"%b%bContent-Length: %d\r\n\r\n%b" % (
        head,
        entry,
        len(body),
        b"" if method == "HEAD" else body,
    )


@lru_cache(maxsize=256)
def head_of(status: int, headers: Headers, keep_alive: bool) -> bytes:  # noqa: FBT001 - a cache key
    """Return the first line and the headers of an answer, to which more may be added."""
    lines = [f"HTTP/1.1 {status} {phrase_of(status)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if not keep_alive:
        lines.append("Connection: close")
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")
