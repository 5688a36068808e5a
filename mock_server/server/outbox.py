"""Outbox: answers that are written together, when all requests that were there are answered.

A client on another processor sleeps until its answer comes, and waking it is most of what a write
costs. Written together, the answers wake it once.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from typing import Final

from mock_server.exchange import Answer
from mock_server.server.http_text import GARBAGE, to_bytes

_MOST: Final = 32  # that wait, so that none waits long
_NO_LINGER: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Outbox:
    """The answers of one server that wait to be written, in their order."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write from this loop, to which the calls of all methods belong."""
        self._loop = loop
        self._waiting: list[tuple[asyncio.Transport, bytes]] = []

    def put(self, transport: asyncio.Transport, data: bytes) -> None:
        """Write bytes as soon as the loop has done what is ready now."""
        self._waiting.append((transport, data))
        if len(self._waiting) == 1:
            self._loop.call_soon(self.flush)
        elif len(self._waiting) >= _MOST:
            self.flush()

    def answer(
        self, transport: asyncio.Transport, answer: Answer, *, method: str, keep_alive: bool
    ) -> bool:
        """Write an answer in the way its `wire` says; False where the connection must end now."""
        whole = to_bytes(answer, method=method, keep_alive=keep_alive)
        match answer.wire:
            case "whole":
                self.put(transport, whole)
                return True
            case "half":
                self.put(transport, whole[: len(whole) - (len(answer.body) + 1) // 2])
            case "garbage":
                self.put(transport, GARBAGE)
            case "reset":
                self.reset(transport)
        return False

    def flush(self) -> None:
        """Write all that waits; whose connection has ended is passed over."""
        waiting, self._waiting = self._waiting, []
        for transport, data in waiting:
            if not transport.is_closing():
                transport.write(data)

    def reset(self, transport: asyncio.Transport) -> None:
        """Write all that waits, and end a connection so that its client sees it reset."""
        self.flush()
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()
