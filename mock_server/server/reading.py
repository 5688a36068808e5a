"""Reading: the requests in the bytes of one connection, however these are split.

A head is collected whole before it is parsed. A body, with a Content-Length or in chunks, is
collected in one buffer. This module uses neither a socket nor a clock.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

import httptools

from mock_server.bounds import Bounds
from mock_server.exchange import Received
from mock_server.server.head import (
    Head,
    Heads,
    RequestError,
    read_fields,
    read_head,
    seen,
    too_long_head,
)
from mock_server.server.listening import TLS_RECORD
from sandbox.toplyne import TOPLYNE

MOST_KEPT: Final = TOPLYNE.max_body + 1
"""One byte more than a body may have: enough to see that it is too large."""
_TRAILERS_END: Final = re.compile(rb"\A\n|\n\r?\n")  # also without CR, which is then refused
_SHOWN: Final = 50
_SIZE_LINE: Final = rb"([0-9A-Fa-f]{1,15})[ \t]{0,9}(?:;[^\r\n]{0,%d})?\r\n"
_HEAD_END: Final = re.compile(rb"\n\r?\n")  # also lines without CR, which are refused later


class Body:
    """A body that is being received: with a Content-Length, or in chunks (RFC 9112, 7.1).

    `size` is the number of bytes received, and `content` is what is kept of them. Chunk extensions
    and trailers are read and ignored.
    """

    def __init__(self, request: Received, length: int | None, bounds: Bounds) -> None:
        """Expect `length` bytes after the head of a request, or chunks if it is None."""
        self.content = bytearray()
        self.size = 0
        self._request = request
        self._bounds = bounds
        self._size_line = _size_line(bounds.chunk_line_bytes - 30)
        self._is_chunked = length is None
        self._left = length  # of the body or the chunk; None before a chunk's size is read
        self._has_data = False  # whether all data was received

    def take(self, buffer: bytearray) -> bool:
        """Take the body's bytes from the buffer. Return whether it is complete.

        Raises RequestError.
        """
        at, there, content, left = 0, len(buffer), self.content, self._left
        while not self._has_data:
            if left is None:
                line = self._size_line.match(buffer, at)
                if line is None:
                    self._check_line(buffer, at)
                    break
                at, left = line.end(), int(line[1], 16)
                self._has_data = not left
                continue
            end = min(there, at + left)
            if len(content) < MOST_KEPT:
                content += buffer[at:end]
            self.size += end - at
            left -= end - at
            at = end
            if left:
                break
            if not self._is_chunked:
                self._has_data = True
            elif (line_end := buffer[at : at + 2]) == b"\r\n":
                at, left = at + 2, None
            elif b"\r\n".startswith(line_end):
                break
            else:
                raise self._unreadable("A chunk is longer than its size says.")
        self._left = left
        del content[MOST_KEPT:]
        del buffer[:at]
        return self._has_data and (not self._is_chunked or self._take_trailers(buffer))

    def _check_line(self, buffer: bytearray, at: int) -> None:
        most = self._bounds.chunk_line_bytes
        end = buffer.find(b"\n", at, at + most)
        if end < 0 and len(buffer) - at < most:
            return
        if end < 0:
            said = f"The line before a chunk is longer than {most} bytes (chunk_line_bytes)."
            raise self._unreadable(said)
        found = bytes(buffer[at : min(end, at + _SHOWN)]).decode("latin-1")
        said = f"A chunk must begin with its size in hexadecimal digits, not {found!r}."
        raise self._unreadable(said)

    def _take_trailers(self, buffer: bytearray) -> bool:
        if buffer.startswith(b"\r\n"):
            del buffer[:2]
            return True
        end = _TRAILERS_END.search(buffer, 0, self._bounds.head_bytes)
        if end is None:
            if len(buffer) > self._bounds.head_bytes:
                most = self._bounds.head_bytes
                said = f"The trailers are longer than {most} bytes (head_bytes)."
                raise self._unreadable(said, status=431)
            return False
        whole = bytes(buffer[: end.end()])
        try:
            read_fields(b"GET / HTTP/1.1\r\n" + whole)
        except httptools.HttpParserError as error:
            raise self._unreadable(f"The trailers cannot be read: {error}.") from None
        del buffer[: len(whole)]
        return True

    def _unreadable(self, sentence: str, *, status: int = 400) -> RequestError:
        return RequestError(status, sentence, self._request)

    def received(self) -> Received:
        """Return the request with what was received of its body."""
        return self._request._replace(body=bytes(self.content))


@lru_cache(maxsize=8)
def _size_line(most_of_extension: int) -> re.Pattern[bytes]:
    return re.compile(_SIZE_LINE % most_of_extension)


class ReadRequest(NamedTuple):
    """A request. If it `is_last`, its body was not read, so no request can be read after it."""

    request: Received
    is_last: bool = False


class RequestReader:
    """The received bytes that are not a complete request yet."""

    def __init__(self, heads: Heads, bounds: Bounds, refuses: Callable[[Received], bool]) -> None:
        """Read with these caches and bounds. `refuses` tells if a head is enough to refuse."""
        self._heads = heads
        self._bounds = bounds
        self._refuses = refuses
        self._buffer = bytearray()
        self._searched = 0  # the length of the buffer that has no end of a head
        self._skipped = 0  # bytes of empty lines before the head
        self._body: Body | None = None  # of a request whose head is parsed
        self.wants_to_go_on = False
        """Whether the client waits for `100 Continue` before it sends its body."""

    @property
    def is_between(self) -> bool:
        """Whether no byte of the next request was received."""
        return not self._buffer and self._body is None

    @property
    def is_in_body(self) -> bool:
        """Whether a head was read and its body is incomplete."""
        return self._body is not None

    @property
    def size(self) -> int:
        """The number of unread bytes."""
        return len(self._buffer)

    @property
    def held(self) -> int:
        """How many bytes are kept of what is not yet a whole request."""
        return len(self._buffer) + (0 if self._body is None else len(self._body.content))

    def feed(self, data: bytes) -> None:
        """Add received bytes."""
        self._buffer += data

    def clear(self) -> None:
        """Drop the unread bytes."""
        self._buffer.clear()

    def next(self) -> ReadRequest | None:
        """Return the next request, or None if it is not complete. Raises RequestError."""
        if self._body is not None:
            return self._from_body(self._body)
        return self._from_head() if self._buffer else None

    def _from_head(self) -> ReadRequest | None:
        bounds = self._bounds
        self._skip_empty_lines()
        found = _HEAD_END.search(self._buffer, max(0, self._searched - 2))
        end = 0 if found is None else found.end()
        if end > bounds.head_bytes or (not end and len(self._buffer) > bounds.head_bytes):
            raise too_long_head(bounds, self._buffer)
        if not end:
            if self._buffer.startswith(TLS_RECORD):
                read_head(bytes(self._buffer), bounds)
            self._searched = len(self._buffer)
            return None
        data = bytes(self._buffer[:end])
        del self._buffer[:end]
        self._searched = self._skipped = 0
        return self._begun(self._heads.read(data))

    def _skip_empty_lines(self) -> None:
        """Skip empty lines, which some clients send after a body (RFC 9112, 2.2)."""
        if not self._buffer.startswith((b"\r", b"\n")):
            return
        left = self._buffer.lstrip(b"\r\n")
        self._skipped += len(self._buffer) - len(left)
        self._buffer = left
        self._searched = 0
        if self._skipped > self._bounds.head_bytes:
            raise too_long_head(self._bounds, b"\n")

    def _begun(self, head: Head) -> ReadRequest | None:
        """Return the request if its body is complete, or if it is refused without its body."""
        request, length, expects = head
        drained = self._bounds.drained_bytes
        if length is not None and length >= MOST_KEPT and (expects or length > drained):
            return _last(request._replace(body=bytes(MOST_KEPT)))
        if length is not None and length <= len(self._buffer) and length < MOST_KEPT:
            content = bytes(self._buffer[:length])  # faster than by a Body
            del self._buffer[:length]
            return ReadRequest(request._replace(body=content) if content else request)
        if expects and not self._buffer:
            if self._refuses(request):
                return _last(request)
            self.wants_to_go_on = True
        self._body = Body(request, length, self._bounds)
        return self._from_body(self._body)

    def _from_body(self, body: Body) -> ReadRequest | None:
        if body.take(self._buffer):
            return ReadRequest(self._taken(body))
        return _last(self._taken(body)) if body.size > self._bounds.drained_bytes else None

    def _taken(self, body: Body) -> Received:
        self._body = None
        self.wants_to_go_on = False
        return body.received()

    def rest(self) -> Received:
        """Return the incomplete request, as far as it was received."""
        if self._body is None:
            return seen(self._buffer)
        return self._taken(self._body)._replace(complete=False, keep_alive=False)


def _last(request: Received) -> ReadRequest:
    return ReadRequest(request._replace(keep_alive=False), is_last=True)
