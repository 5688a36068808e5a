"""HTTP text: answers as the bytes of HTTP/1.1, and heads of requests that were read before."""

from __future__ import annotations

import re
from functools import lru_cache
from http import HTTPMethod, HTTPStatus
from typing import Final

from mock_server.exchange import ENTRY_HEADER, Answer, Headers, Received, received
from mock_server.toplyne.answers import phrase_of

GARBAGE: Final = b"\x16\x03\x01garbage\x00\xff\r\n\r\n"
_END: Final = b"\r\n\r\n"
_END_LENGTH: Final = len(_END)
_new: Final = tuple.__new__
_ENTRY: Final = ENTRY_HEADER.encode()
_NO_CONTENT: Final = int(HTTPStatus.NO_CONTENT)
_MOST_HEADS: Final = 1000
_LONGEST_HEAD: Final = 4096
_FIRST_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (/\S*) HTTP/1\.[01]\r\n")
_KNOWN_METHODS: Final = frozenset(method.encode() for method in HTTPMethod)
_NOT_PLAIN: Final = frozenset({"transfer-encoding", "expect", "upgrade"})


class Heads:
    """The heads that were read so far: a client's next request mostly starts with the same bytes.

    What a head says follows from its bytes alone, so the same bytes need not be read again.
    """

    def __init__(self) -> None:
        """Know none."""
        self._known: dict[bytes, tuple[int, Received]] = {}
        self._seen: set[int] = set()

    def whole(self, data: bytes) -> Received | None:
        """Return the request `data` is, if it is exactly one and its head is known."""
        end = data.find(_END) + _END_LENGTH
        known = self._known.get(data[:end])
        if known is None or len(data) - end != known[0]:
            return None
        method, path, headers, _, query, complete, keep_alive = known[1]
        # what Received() does, without the function it does it by
        return _new(Received, (method, path, headers, data[end:], query, complete, keep_alive))

    def learn(self, data: bytes, came: Received) -> None:
        """Remember the head of `data`, read as exactly one request, when it comes again."""
        end = data.find(_END) + len(_END)
        head = hash(data[:end])
        if head not in self._seen:  # the only one of its kind so far, as in a test with one call
            if len(self._seen) >= _MOST_HEADS:
                self._seen.clear()
            self._seen.add(head)
            return
        length = came.header("content-length") or "0"
        if any(came.header(name) is not None for name in _NOT_PLAIN) or not came.complete:
            return
        if length != str(len(data) - end) or data[end:] != came.body or end > _LONGEST_HEAD:
            return
        if len(self._known) >= _MOST_HEADS:
            self._known.clear()
        self._known[data[:end]] = len(data) - end, came._replace(body=b"")


def strange_method(data: bytes) -> Received | None:
    """Return the request that starts `data`, if its method is one httptools does not know."""
    line = _FIRST_LINE.match(data)
    if line is None or line[1] in _KNOWN_METHODS:
        return None
    head, _, body = data.partition(_END)
    lines = [text.decode("latin-1").partition(":") for text in head.split(b"\r\n")[1:]]
    headers = [(name.lower(), value.strip()) for name, _, value in lines]
    method, target = line[1].decode(), line[2].decode("latin-1")
    return received(method, target, headers, body, keep_alive=False)


def to_bytes(answer: Answer, *, method: str, keep_alive: bool) -> bytes:
    """Return an answer as HTTP/1.1 bytes."""
    status, headers, body, number, *_ = answer
    head = _head(status, headers, keep_alive)
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
def _head(status: int, headers: Headers, keep_alive: bool) -> bytes:  # noqa: FBT001 - a cache key
    lines = [f"HTTP/1.1 {status} {phrase_of(status)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if not keep_alive:
        lines.append("Connection: close")
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")
