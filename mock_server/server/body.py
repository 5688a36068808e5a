"""Body: the bytes after a head, of an announced length or in chunks; in one buffer."""

import re
from functools import cache
from typing import Final

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


class Body:
    """A body that is coming: of an announced length, or in chunks (RFC 9112, 7.1).

    `size` is how much of it came, `content` what is kept of that. Extensions and trailers of chunks
    are read and forgotten.
    """

    def __init__(self, length: int | None, bounds: Bounds) -> None:
        """Expect `length` bytes, or chunks where it is None."""
        self.content = bytearray()
        self.size = 0
        self._bounds = bounds
        self._size_line = _size_line(bounds.chunk_line_bytes)
        self._is_chunked = length is None
        self._left = length  # of the body's data, or a chunk's; None where its size must come
        self._has_data = False  # all of it

    def take(self, buffer: bytearray) -> bool:
        """Take the body's bytes out of the buffer; True when it is complete. Raises BadBody."""
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
                raise BadBody("A chunk is longer than its size says.")
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
            raise BadBody(
                f"The line before a chunk is longer than {most} bytes (chunk_line_bytes)."
            )
        found = bytes(buffer[at : min(end, at + _SHOWN)]).decode("latin-1")
        raise BadBody(f"A chunk begins with its size in hexadecimal digits, not with {found!r}.")

    def _take_trailers(self, buffer: bytearray) -> bool:
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
