"""Relay: read the head of a request to a proxy, and pass bytes on in both directions."""

import asyncio
import re
import socket
from contextlib import suppress
from typing import Final, NamedTuple, TypeAlias

from mock_server.server.listening import first_bytes
from mock_server.server.outbox import abort_with_reset

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_CHUNK: Final = 2**16
_HEAD_END: Final = b"\r\n\r\n"
_HEAD: Final = re.compile(rb"(\S+) (\S+) (\S+)\r\n((?:.*\r\n)?)\r\n", re.DOTALL)
_HOST: Final = re.compile(rb"^host:(.*)$", re.MULTILINE | re.IGNORECASE)
_HOP_BY_HOP: Final = re.compile(
    rb"^(?:connection|proxy-connection|proxy-authorization|keep-alive):.*\n",
    re.MULTILINE | re.IGNORECASE,
)


class HeadLines(NamedTuple):
    """The head of a request: the three parts of its first line, and its header fields.

    `raw` is the whole head. The method is empty if the head cannot be parsed.
    """

    raw: bytes
    method: bytes = b""
    target: bytes = b""
    version: bytes = b""
    fields: bytes = b""

    @property
    def host(self) -> str:
        """The value of the first Host header, or an empty string."""
        found = _HOST.search(self.fields)
        return found[1].decode("latin-1").strip() if found else ""

    def rewritten(self, target: bytes, *more: bytes) -> bytes:
        """Return the head for another target, with `more` lines and without hop-by-hop headers."""
        first = b" ".join((self.method, target, self.version))
        kept = _HOP_BY_HOP.sub(b"", self.fields)
        added = b"".join(line + b"\r\n" for line in more if line)
        return b"%b\r\n%b%b\r\n" % (first, kept, added)


async def read_lines(taken: socket.socket, most: int) -> HeadLines:
    """Return the head of the next request, and leave the bytes after it in the socket.

    If it does not end within `most` bytes, its method is empty.
    """
    raw, end = bytearray(), -1
    while end < 0 and len(raw) <= most and (peeked := await first_bytes(taken)):
        start = max(0, len(raw) - len(_HEAD_END) + 1)
        end = (raw[start:] + peeked).find(_HEAD_END)
        whole = len(peeked) if end < 0 else start + end + len(_HEAD_END) - len(raw)
        raw += taken.recv(whole)
    found = _HEAD.fullmatch(raw)
    return HeadLines(bytes(raw), *(found.groups() if found else ()))


async def join(taken: socket.socket, there: Streams, first: bytes = b"") -> None:
    """Pass on `first` and then all bytes, in both directions, until the other side ends."""
    reader, writer = await asyncio.open_connection(sock=taken)
    there[1].write(first)
    upwards = asyncio.create_task(_pour_to_end(reader, there[1]))
    try:
        await _pour(there[0], writer)
        writer.close()
        await writer.wait_closed()
    except ConnectionResetError:
        if not writer.is_closing():
            abort_with_reset(writer.transport)  # the client must see the reset too
    finally:
        upwards.cancel()
        there[1].close()
        writer.transport.abort()  # a close would wait for an idle client


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()


async def _pour_to_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        await _pour(reader, writer)
        if writer.can_write_eof():
            writer.write_eof()
