"""Reading: the requests in what comes over one connection, one at a time, wherever it is cut.

A head is collected whole before anything is decided on it. There is neither a socket nor a clock
here.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from mock_server.bounds import Bounds
from mock_server.exchange import Received
from mock_server.server.body import MOST_KEPT, BadBody, Body
from mock_server.server.head import Head, Unreadable, is_tls, read_head, seen, too_long_head
from mock_server.server.http_text import Heads

_HEAD_END: Final = re.compile(rb"\n\r?\n")  # also of lines without CR, which are then refused


class Came(NamedTuple):
    """A request. After the last one nothing can be read until its body has arrived."""

    request: Received
    is_last: bool = False


class Reading:
    """What came and is not yet a whole request."""

    def __init__(
        self, heads: Heads, bounds: Bounds, is_refused: Callable[[Received], bool]
    ) -> None:
        """Know which requests are refused for their heads alone."""
        self._heads = heads
        self._bounds = bounds
        self._is_refused = is_refused
        self._buffer = bytearray()
        self._searched = 0  # how much of the buffer holds no end of a head
        self._skipped = 0  # bytes of empty lines before the head
        self._coming: tuple[Received, Body] | None = None  # a head that was read, and its body
        self.wants_to_go_on = False
        """Whether the client waits for 100 before it sends its body."""

    @property
    def is_between(self) -> bool:
        """Whether nothing of a request is there."""
        return not self._buffer and self._coming is None

    @property
    def is_in_body(self) -> bool:
        """Whether a head was read, and its body was not."""
        return self._coming is not None

    @property
    def size(self) -> int:
        """How many bytes wait to be read."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take the bytes that arrived."""
        self._buffer += data

    def clear(self) -> None:
        """Forget the bytes that arrived."""
        self._buffer.clear()

    def next(self) -> Came | None:
        """Return the next request, None where it is not there as a whole; raises Unreadable."""
        if self._coming is not None:
            return self._from_body(*self._coming)
        return self._from_head()

    def _from_head(self) -> Came | None:
        bounds = self._bounds
        self._skip_empty_lines()
        found = _HEAD_END.search(self._buffer, max(0, self._searched - 2))
        end = 0 if found is None else found.end()
        if end > bounds.head_bytes or (not end and len(self._buffer) > bounds.head_bytes):
            raise too_long_head(bounds, self._buffer)
        if not end:
            if is_tls(self._buffer):
                read_head(bytes(self._buffer), bounds)
            self._searched = len(self._buffer)
            return None
        data = bytes(self._buffer[:end])
        del self._buffer[:end]
        self._searched = self._skipped = 0
        return self._begun(self._heads.read(data))

    def _skip_empty_lines(self) -> None:
        """Skip what some clients send after a body (RFC 9112, 2.2)."""
        if not self._buffer.startswith((b"\r", b"\n")):
            return
        left = self._buffer.lstrip(b"\r\n")
        self._skipped += len(self._buffer) - len(left)
        self._buffer = left
        self._searched = 0
        if self._skipped > self._bounds.head_bytes:
            raise too_long_head(self._bounds, b"\n")

    def _begun(self, head: Head) -> Came | None:
        """Return the request where its body is there, or where it is refused without its body."""
        came, length, expects = head
        if length is not None:
            if length >= MOST_KEPT and (expects or length > self._bounds.drained_bytes):
                return Came(came._replace(body=bytes(MOST_KEPT), keep_alive=False), is_last=True)
            if length <= len(self._buffer) and length < MOST_KEPT:
                body = bytes(self._buffer[:length])
                del self._buffer[:length]
                return Came(came._replace(body=body) if body else came)
        if expects and not self._buffer:
            if self._is_refused(came):
                return Came(came._replace(keep_alive=False), is_last=True)
            self.wants_to_go_on = True
        self._coming = came, Body(length, self._bounds)
        return self._from_body(*self._coming)

    def _from_body(self, came: Received, body: Body) -> Came | None:
        try:
            is_whole = body.take(self._buffer)
        except BadBody as error:
            raise Unreadable(error.status, str(error), came) from None
        is_last = not is_whole and body.size > self._bounds.drained_bytes
        if not (is_whole or is_last):
            return None
        came = self._request(came, body)
        return Came(came._replace(keep_alive=False) if is_last else came, is_last)

    def _request(self, came: Received, body: Body) -> Received:
        self._coming = None
        self.wants_to_go_on = False
        return came._replace(body=bytes(body.content))

    def rest(self) -> Received:
        """Return the request whose end will not come, as far as it came."""
        if self._coming is None:
            return seen(self._buffer)
        return self._request(*self._coming)._replace(complete=False, keep_alive=False)
