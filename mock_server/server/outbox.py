"""Outbox: answers as HTTP/1.1, written together once all received requests are answered.

Most of the cost of a write is waking a client that sleeps on another processor. Answers written
together wake it once, and their entries are committed in one transaction.
"""

import asyncio
import socket
import struct
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from mock_server.exchange import ENTRY_HEADER, Headers, HttpAnswer
from mock_server.store.database import StoreUnavailable
from mock_server.toplyne.answers import phrase_of, unavailable

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_GARBAGE: Final = b"\x16\x03\x01garbage\x00\xff\r\n\r\n"
_ENTRY: Final = ENTRY_HEADER.encode()
_NO_CONTENT: Final = int(HTTPStatus.NO_CONTENT)
_MOST: Final = 32  # waiting answers, so that none waits long
_NO_LINGER: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Outbox:
    """The answers of one server that wait to be written, in order."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, settle: Callable[[], Mapping[int, StoreUnavailable]]
    ) -> None:
        """Write from this loop. All methods must be called on it.

        `settle` is called before answers are written. It commits their entries, and returns the
        numbers of the entries that could not be stored, each with the reason.
        """
        self._loop = loop
        self._settle = settle
        self._waiting: list[tuple[asyncio.Transport, bytes | HttpAnswer, str, bool]] = []

    def put(
        self,
        transport: asyncio.Transport,
        what: bytes | HttpAnswer,
        method: str = "",
        *,
        keep_alive: bool = True,
        at_once: bool = False,
    ) -> None:
        """Write bytes, or a whole answer, after the callbacks that are ready on the loop.

        `at_once` if no other answer can be ready, so that the loop does not take another turn.
        """
        self._waiting.append((transport, what, method, keep_alive))
        if at_once or len(self._waiting) >= _MOST:
            self.flush()
        elif len(self._waiting) == 1:
            self._loop.call_soon(self.flush)

    def answer(
        self,
        transport: asyncio.Transport,
        answer: HttpAnswer,
        method: str,
        *,
        keep_alive: bool,
        at_once: bool,
    ) -> bool:
        """Write an answer in the way of its `wire`. Return False if the connection must end."""
        match answer.wire:
            case "whole":
                self.put(transport, answer, method, keep_alive=keep_alive, at_once=at_once)
                return True
            case "half":
                whole = to_bytes(answer, method=method, keep_alive=keep_alive)
                self.put(transport, whole[: len(whole) - (len(answer.body) + 1) // 2])
            case "garbage":
                self.put(transport, _GARBAGE)
            case "reset":
                self.flush()
                abort_with_reset(transport)
        return False

    def flush(self) -> None:
        """Write all waiting answers, except to connections that have ended."""
        waiting, self._waiting = self._waiting, []
        lost = self._settle()
        for transport, what, method, keep_alive in waiting:
            if transport.is_closing():
                continue
            if isinstance(what, HttpAnswer):
                if lost and what.entry is not None and what.entry in lost:
                    what = unavailable(lost[what.entry])  # noqa: PLW2901 - instead of it
                what = to_bytes(what, method=method, keep_alive=keep_alive)  # noqa: PLW2901
            transport.write(what)


def abort_with_reset(transport: asyncio.WriteTransport) -> None:
    """Close a connection with a reset."""
    raw = transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def to_bytes(answer: HttpAnswer, *, method: str, keep_alive: bool) -> bytes:
    """Return an answer as HTTP/1.1 bytes."""
    status, headers, body, number, *_ = answer
    head = head_of(status, headers, keep_alive)
    entry = b"" if number is None else b"%s: %d\r\n" % (_ENTRY, number)
    if status == _NO_CONTENT:
        return b"%b%b\r\n" % (head, entry)
    sent = b"" if method == "HEAD" else body
    return b"%b%bContent-Length: %d\r\n\r\n%b" % (head, entry, len(body), sent)


@lru_cache(maxsize=256)
def head_of(status: int, headers: Headers, keep_alive: bool) -> bytes:  # noqa: FBT001 - a cache key
    """Return the status line and the headers of an answer, without the empty line after them."""
    lines = [f"HTTP/1.1 {status} {phrase_of(status)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if not keep_alive:
        lines.append("Connection: close")
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")
