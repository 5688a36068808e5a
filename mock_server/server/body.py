"""Body: the bytes after a head, of an announced length or in chunks; in one buffer."""

import re
from functools import cache
from typing import Final, Protocol

import httptools

from mock_server.bounds import Bounds
from sandbox.toplyne import TOPLYNE

MOST_KEPT: Final = TOPLYNE.max_body + 1
"""More is not needed to see that a body is too large."""
_TRAILERS_END: Final = b"\r\n\r\n"
_SHOWN: Final = 50


class BadBody(Exception):
    """The chunks of a body are malformed; with the status of the answer."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        """Keep both."""
        super().__init__(sentence)
        self.status = status


@cache
def _size_line(most: int) -> re.Pattern[bytes]:
    return re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]{0,9}(?:;[^\r\n]{0,%d})?\r\n" % (most - 30))


class Body(Protocol):
    """A body that is coming; `size` is how much of it came, `content` what is kept of that."""

    content: bytearray
    size: int

    def take(self, buffer: bytearray) -> bool:
        """Take the body's bytes out of the buffer; True when it is complete. Raises BadBody."""


class SizedBody:
    """A body whose length was announced."""

    def __init__(self, length: int) -> None:
        """Expect `length` bytes."""
        self.content = bytearray()
        self.size = 0
        self._length = length

    def take(self, buffer: bytearray) -> bool:
        """Take the body's bytes out of the buffer; True when it is complete."""
        coming = min(len(buffer), self._length - self.size)
        room = MOST_KEPT - len(self.content)
        if room > 0:
            self.content += buffer[: min(coming, room)]
        del buffer[:coming]
        self.size += coming
        return self.size == self._length


class ChunkedBody:
    """A body in chunks (RFC 9112, 7.1); extensions and trailers are read and forgotten."""

    def __init__(self, bounds: Bounds) -> None:
        """Wait for the first chunk."""
        self.content = bytearray()
        self.size = 0
        self._bounds = bounds
        self._size_line = _size_line(bounds.chunk_line_bytes)
        self._left = 0  # of the chunk's data
        self._is_in_chunk = False
        self._is_last = False

    def take(self, buffer: bytearray) -> bool:
        """Take the body's bytes out of the buffer; True when it is complete. Raises BadBody."""
        at = 0
        while not self._is_last:
            if not self._is_in_chunk:
                at = self._whole_chunks(buffer, at)
            following = self._data(buffer, at) if self._is_in_chunk else self._line(buffer, at)
            if following is None:
                break
            at = following
        del buffer[:at]
        return self._is_last and self._trailers(buffer)

    def _whole_chunks(self, buffer: bytearray, at: int) -> int:
        """Take the chunks that are there as a whole, of which there may be very many."""
        content, there, came = self.content, len(buffer), 0
        while (line := self._size_line.match(buffer, at)) is not None:
            start = line.end()
            end = start + int(line[1], 16)
            if end == start or end + 2 > there or buffer[end : end + 2] != b"\r\n":
                break
            if len(content) < MOST_KEPT:
                content += buffer[start:end]
            came += end - start
            at = end + 2
        self.size += came
        del content[MOST_KEPT:]
        return at

    def _line(self, buffer: bytearray, at: int) -> int | None:
        """Read the line with a chunk's size; None where it is not there yet."""
        line = self._size_line.match(buffer, at)
        if line is None:
            self._check_line(buffer, at)
            return None
        self._left = int(line[1], 16)
        self._is_in_chunk, self._is_last = self._left > 0, self._left == 0
        return line.end()

    def _check_line(self, buffer: bytearray, at: int) -> None:
        most = self._bounds.chunk_line_bytes
        end = buffer.find(b"\n", at, at + most)
        if end < 0 and len(buffer) - at < most:
            return
        if end < 0:
            raise BadBody(
                f"The line before a chunk is longer than {most} bytes (chunk_line_bytes)."
            )
        found = bytes(buffer[at : min(end, at + _SHOWN)]).decode("latin-1")
        raise BadBody(f"A chunk begins with its size in hexadecimal digits, not with {found!r}.")

    def _data(self, buffer: bytearray, at: int) -> int | None:
        """Take a chunk's data and the line end after it; None if more bytes are needed."""
        if self._left:
            end = min(len(buffer), at + self._left)
            room = MOST_KEPT - len(self.content)
            if room > 0:
                self.content += buffer[at : min(end, at + room)]
            self.size += end - at
            self._left -= end - at
            return end if end > at else None
        behind = buffer[at : at + 2]
        if behind == b"\r\n":
            self._is_in_chunk = False
            return at + 2
        if not b"\r\n".startswith(behind):
            raise BadBody("A chunk is longer than its size says.")
        return None

    def _trailers(self, buffer: bytearray) -> bool:
        if buffer.startswith(b"\r\n"):
            del buffer[:2]
            return True
        end = buffer.find(_TRAILERS_END, 0, self._bounds.head_bytes)
        if end < 0:
            if len(buffer) > self._bounds.head_bytes:
                most = self._bounds.head_bytes
                raise BadBody(f"The trailers are longer than {most} bytes (head_bytes).", 431)
            return False
        whole = bytes(buffer[: end + len(_TRAILERS_END)])
        try:
            httptools.HttpRequestParser(object()).feed_data(b"GET / HTTP/1.1\r\n" + whole)
        except httptools.HttpParserUpgrade:
            pass
        except httptools.HttpParserError as error:
            raise BadBody(f"The trailers can't be read: {error}.") from None
        del buffer[: len(whole)]
        return True
