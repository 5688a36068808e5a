"""Relay: the head of a proxy's request, and bytes handed on in both directions."""

import asyncio
from contextlib import suppress
from typing import Final, NamedTuple, TypeAlias

from mock_server.bounds import Bounds
from mock_server.server.outbox import abort_with_reset

BOUNDS: Final = Bounds()
"""The bounds of a head and of idleness, which are those of the mock's own server."""

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_CHUNK: Final = 2**16
_HOP_BY_HOP: Final = (b"connection:", b"proxy-connection:", b"proxy-authorization:", b"keep-alive:")


class Head(NamedTuple):
    """The head of a request: its first line in three, and its header lines; `raw` is all of it.

    What cannot be read as one has an empty method.
    """

    raw: bytes
    method: bytes = b""
    target: bytes = b""
    version: bytes = b""
    lines: tuple[bytes, ...] = ()

    def value(self, name: bytes) -> bytes:
        """Return the value of a header, empty if there is none."""
        found = (line for line in self.lines if line.lower().startswith(name + b":"))
        return next(found, b":").partition(b":")[2].strip()

    def rewritten(self, target: bytes, *more: bytes) -> bytes:
        """Return the head for another target, with `more` lines, without what is a proxy's own."""
        kept = [line for line in self.lines if not line.lower().startswith(_HOP_BY_HOP)]
        first = b" ".join((self.method, target, self.version))
        return b"\r\n".join((first, *kept, *filter(None, more), b"", b""))


async def read_head(reader: asyncio.StreamReader) -> Head:
    """Return the head of the next request; raises TimeoutError where it takes too long."""
    try:
        async with asyncio.timeout(BOUNDS.head_seconds):
            raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        return Head(error.partial)
    except asyncio.LimitOverrunError:
        return Head(b"")  # the reader still has it
    first, *lines = raw[:-4].split(b"\r\n")
    match first.split(b" "):
        case [method, target, version]:
            return Head(raw, method, target, version, tuple(lines))
    return Head(raw)


async def join(here: Streams, there: Streams, first: bytes = b"") -> None:
    """Hand on `first` and all that comes, both ways, until the other side has ended."""
    there[1].write(first)
    upwards = asyncio.create_task(_pour_to_end(here[0], there[1]))
    try:
        await _pour(there[0], here[1])
    except ConnectionResetError:
        if not here[1].is_closing():
            abort_with_reset(here[1].transport)  # a client is to see what we saw
        raise
    except asyncio.CancelledError:
        here[1].transport.abort()  # with a farewell an idle client would be waited for
        raise
    finally:
        upwards.cancel()
        there[1].close()
        await close(here[1])


async def close(writer: asyncio.StreamWriter) -> None:
    """Close a connection when all that was written has left."""
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        return
    except asyncio.CancelledError:
        writer.transport.abort()
        raise


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()


async def _pour_to_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        await _pour(reader, writer)
        if writer.can_write_eof():
            writer.write_eof()
