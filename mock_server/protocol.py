"""Protocol: uvicorn's HTTP/1.1, with a short way for the calls of the API.

A call under /v1 is answered in the moment its last byte is there, without a task, a thread or a
framework in between: that is what makes the mock fast. All else takes uvicorn's own way to the
ASGI application beside it. Both ways call the same `answer`.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import sys
from collections.abc import Callable
from functools import lru_cache
from http import HTTPMethod, HTTPStatus
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mock_server.exchange import ENTRY_HEADER, Answer, Headers, Received, received
from mock_server.segment import front
from mock_server.toplyne import answers
from mock_server.toplyne.answers import phrase_of
from mock_server.toplyne.routes import PREFIX
from sandbox.toplyne import TOPLYNE

AnswerFunction: TypeAlias = Callable[[Received], Answer]

_CALLS: Final = f"{PREFIX}/".encode()
_KEPT: Final = TOPLYNE.max_body + 1
_GARBAGE: Final = b"\x16\x03\x01garbage\x00\xff\r\n\r\n"
_UPGRADE: Final = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
_FIRST_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (/\S*) HTTP/1\.[01]\r\n")
_KNOWN_METHODS: Final = frozenset(method.encode() for method in HTTPMethod)
_NO_LINGER: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class MockProtocol(HttpToolsProtocol):
    """One connection; `answer` is what every call on it is given to."""

    def __init__(self, answer: AnswerFunction, **uvicorn: Any) -> None:
        """Take uvicorn's arguments, and the function that answers."""
        super().__init__(**uvicorn)
        self.access_log = False
        self._answer = answer
        self._is_call = False
        self._keep_alive = True
        self._size = 0
        self._parts: list[bytes] = []
        self._came = b""
        self._delayed: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Take what came, but no offer to upgrade: httptools would skip that request's body."""
        if b"pgrade" in data or b"PGRADE" in data:
            data = _UPGRADE.sub(b"\r\nIgnored:", data)  # as long as what it replaces
        self._came = data
        super().data_received(data)
        self._came = b""

    def on_message_begin(self) -> None:
        """Start a request."""
        super().on_message_begin()
        # the ASGI application reaches the socket through this, for faults
        self.scope["extensions"] = {"mock.connection": {"send": self.send}}

    def on_headers_complete(self) -> None:
        """Decide which way the request takes."""
        self._is_call = self._is_short_way()
        if not self._is_call:
            super().on_headers_complete()
            return

        self._keep_alive = self.parser.get_http_version() != "1.0" and (
            self.parser.should_keep_alive()
        )
        self._size = 0
        self._parts = []
        if self.expect_100_continue:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _is_short_way(self) -> bool:
        if self._delayed is not None:
            return True
        is_first = self.cycle is None or self.cycle.response_complete
        return is_first and self.url.startswith(_CALLS) and not _may_wait(self.url)

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body, but no more than is needed to see that it is too large."""
        if not self._is_call:
            super().on_body(body)
            return

        if self._size < _KEPT:
            self._parts.append(body)
        self._size += len(body)

    def on_message_complete(self) -> None:
        """Answer the call."""
        if not self._is_call:
            super().on_message_complete()
            return
        self._is_call = False
        self._respond(complete=True)

    def eof_received(self) -> None:
        """Answer a call whose client ended it in the middle of its body."""
        if self._is_call and not self.transport.is_closing():
            self._is_call = False
            self._keep_alive = False
            self._respond(complete=False)

    def _respond(self, *, complete: bool) -> None:
        if self._delayed is not None:
            # an answer is still waiting: what was pipelined behind it is for the client to repeat
            self._keep_alive = False
            return
        came = received(
            self.parser.get_method().decode("ascii"),
            self.url.decode("latin-1"),
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers],
            b"".join(self._parts)[:_KEPT],
            complete=complete,
        )
        self._parts = []
        answer = self._answer(came)
        if not answer.delay:
            self._send_call(answer, came.method)
            return
        self.transport.pause_reading()
        self._delayed = self.loop.call_later(answer.delay, self._send_call, answer, came.method)

    def _send_call(self, answer: Answer, method: str) -> None:
        if self._delayed is not None:
            self._delayed = None
            if not self.transport.is_closing():
                self.transport.resume_reading()
        self.send(answer, method=method, keep_alive=self._keep_alive)

    def send(self, answer: Answer, *, method: str, keep_alive: bool) -> None:
        """Write an answer in the way its `wire` says."""
        if self.transport.is_closing():
            return
        self.server_state.total_requests += 1
        match answer.wire:
            case "whole":
                self.transport.write(to_bytes(answer, method=method, keep_alive=keep_alive))
                if not keep_alive:
                    self.transport.close()
            case "half":
                whole = to_bytes(answer, method=method, keep_alive=keep_alive)
                self.transport.write(whole[: len(whole) - (len(answer.body) + 1) // 2])
                self.transport.close()
            case "garbage":
                self.transport.write(_GARBAGE)
                self.transport.close()
            case "empty":
                self.transport.close()
            case "reset":
                raw = self.transport.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                self.transport.abort()

    def pause_writing(self) -> None:
        """Read no more from a client that does not take its answers."""
        super().pause_writing()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on."""
        super().resume_writing()
        if not self.transport.is_closing() and self._delayed is None:
            self.transport.resume_reading()

    def send_400_response(self, msg: str) -> None:
        """Answer what httptools cannot read; called by uvicorn.

        A method it does not know is still a request, and a call is refused as one: 405, in the
        journal.
        """
        came = _strange_method(self._came)
        if came is None:
            answer = answers.refusal(400, f"This is no HTTP request: {msg}")
        elif came.path.encode("latin-1", "replace").startswith(_CALLS):
            answer = self._answer(came)
        else:
            answer = answers.refusal(400, f"HTTP has no method {came.method}.")
        self.send(answer, method="GET", keep_alive=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what is still to be answered; called by asyncio."""
        if self._delayed is not None:
            self._delayed.cancel()
        super().connection_lost(exc)


def _strange_method(data: bytes) -> Received | None:
    """Return the request that starts `data`, if its method is one httptools does not know."""
    line = _FIRST_LINE.match(data)
    if line is None or line[1] in _KNOWN_METHODS:
        return None
    head, _, body = data.partition(b"\r\n\r\n")
    lines = [text.decode("latin-1").partition(":") for text in head.split(b"\r\n")[1:]]
    headers = [(name.lower(), value.strip()) for name, _, value in lines]
    return received(line[1].decode(), line[2].decode("latin-1"), headers, body, complete=True)


@lru_cache(maxsize=256)
def _may_wait(target: bytes) -> bool:
    """Tell whether the answer may take its time, as those of the Tracking API may."""
    return front.is_for(unquote(target.partition(b"?")[0].decode("latin-1")))


def to_bytes(answer: Answer, *, method: str, keep_alive: bool) -> bytes:
    """Return an answer as HTTP/1.1 bytes."""
    body = b"" if method == "HEAD" or answer.status == HTTPStatus.NO_CONTENT else answer.body
    length = b"" if answer.status == HTTPStatus.NO_CONTENT else _length(len(answer.body))
    entry = b"" if answer.entry is None else f"{ENTRY_HEADER}: {answer.entry}\r\n".encode()
    return b"".join(
        (_head(answer.status, answer.headers, keep_alive), entry, length, b"\r\n", body)
    )


@lru_cache(maxsize=512)
def _length(length: int) -> bytes:
    return b"Content-Length: %d\r\n" % length


@lru_cache(maxsize=256)
def _head(status: int, headers: Headers, keep_alive: bool) -> bytes:  # noqa: FBT001 - a cache key
    lines = [f"HTTP/1.1 {status} {phrase_of(status)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if not keep_alive:
        lines.append("Connection: close")
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")
