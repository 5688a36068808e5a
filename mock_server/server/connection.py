"""Connection: HTTP/1.1 as httptools reads it, each request put to `answer` and answered in turn.

A call of Toplyne's API is answered in the moment its last byte is there, without a task, a thread
or a framework in between: that is what makes the mock fast. What may take its time is answered in
a thread. Both ways call the same `answer`.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import httptools

from mock_server.exchange import Answer, Received, received
from mock_server.routes import PREFIX
from mock_server.server.awaiting import Ask, await_answer
from mock_server.server.http_text import GARBAGE, Heads, strange_method, to_bytes
from mock_server.server.outbox import Outbox
from mock_server.server.pipe import Pipe
from mock_server.toplyne import answers
from sandbox.toplyne import TOPLYNE

AnswerFunction: TypeAlias = Callable[[Received], Answer]

_CALLS: Final = f"{PREFIX}/"
_KEPT: Final = TOPLYNE.max_body + 1
_UPGRADE: Final = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
_UNREADABLE: Final = "This is no HTTP request: Invalid HTTP request received."


@dataclass(frozen=True, slots=True)
class Around:
    """What all connections of a server share: what answers, where, and all that are open."""

    is_at_once: Callable[[Received], bool]
    answer: AnswerFunction
    loop: asyncio.AbstractEventLoop
    threads: Executor
    by_app: Ask
    outbox: Outbox
    heads: Heads = field(default_factory=Heads)
    open: set[Connection] = field(default_factory=set)


class Connection(asyncio.Protocol):
    """One connection; requests behind the one that is being answered wait for their turn."""

    def __init__(self, around: Around) -> None:
        """Belong to a server."""
        self._around = around
        self._transport: Any = None
        self._parser: Any = None
        self._waiting: deque[Received] = deque()
        self._is_busy = False
        self._is_ending = False
        self._pipe: Pipe | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_reading = False  # in the middle of a request
        self._has_head = False
        self._came: bytes | None = None  # what came, while it can still be exactly one request
        self._url = b""
        self._headers: list[tuple[str, str]] = []
        self._parts: list[bytes] = []
        self._size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start; called by asyncio."""
        self._transport = transport
        self._around.open.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        """Forget what is still to be answered; called by asyncio."""
        self._around.open.discard(self)
        self._waiting.clear()
        self._parser = None
        if self._pipe is not None:
            self._pipe.gone.set()
        if self._timer is not None:
            self._timer.cancel()

    # reading

    def data_received(self, data: bytes) -> None:
        """Take what came: at once where it is one request with a known head, else by the parser."""
        if self._pipe is not None:
            return  # nothing follows a stream, the connection ends with it
        if not self._is_reading and not self._is_busy:
            came = self._around.heads.whole(data)
            if came is not None:
                self._take(came)
                return
        self._parse(data)

    def _parse(self, data: bytes) -> None:
        if self._parser is None:
            self._parser = httptools.HttpRequestParser(self)
            self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._came = None if self._is_reading else data
        if b"pgrade" in data or b"PGRADE" in data:
            # no offer to upgrade is taken, and httptools would skip that request's body
            data = _UPGRADE.sub(b"\r\nIgnored:", data)  # as long as what it replaces
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(data)

    def on_message_begin(self) -> None:
        """Start a request; this and the next ones are called by httptools."""
        self._is_reading = True
        self._has_head = False
        self._url, self._headers, self._parts, self._size = b"", [], [], 0

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Tell a client that asks before it sends its body to go on."""
        self._has_head = True
        if not self._url.startswith(b"/"):
            url = httptools.parse_url(self._url)  # the form proxies are sent; an error without host
            self._url = (url.path or b"/") + (b"?" + url.query if url.query else b"")
        if ("expect", "100-continue") in self._headers and not self._is_busy:
            self._around.outbox.put(self._transport, b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body, but no more than is needed to see that it is too large."""
        if self._size < _KEPT:
            self._parts.append(body)
        self._size += len(body)

    def on_message_complete(self) -> None:
        """Take the request."""
        came = self._request(complete=True)
        if self._came is not None:
            self._around.heads.learn(self._came, came)
            self._came = None
        self._take(came)

    def _request(self, *, complete: bool) -> Received:
        self._is_reading = False
        is_kept = self._parser.get_http_version() != "1.0" and self._parser.should_keep_alive()
        parts, self._parts = self._parts, []
        return received(
            self._parser.get_method().decode("ascii"),
            self._url.decode("latin-1"),
            self._headers,
            b"".join(parts)[:_KEPT],
            complete=complete,
            keep_alive=complete and is_kept,
        )

    def eof_received(self) -> bool:
        """Answer a request whose client ended it in the middle of its body, and what waits."""
        self._is_ending = True
        self._around.outbox.flush()
        if self._is_reading and self._has_head and not self._transport.is_closing():
            self._take(self._request(complete=False))
        return self._is_busy and self._pipe is None  # True keeps our side open

    def _refuse(self, data: bytes) -> None:
        """Refuse what httptools cannot read; a method it does not know is still a request."""
        self._is_reading, self._is_ending = False, True
        if self._is_busy:
            return
        came = strange_method(data)
        if came is None:
            self._send(answers.refusal(400, _UNREADABLE), Received("GET", "", keep_alive=False))
        elif came.path.startswith(_CALLS):
            self._take(came)
        else:
            self._send(answers.refusal(400, f"HTTP has no method {came.method}."), came)

    # answering

    def _take(self, came: Received) -> None:
        if self._is_busy:
            self._waiting.append(came)
            return
        if self._around.is_at_once(came):
            self._send(self._around.answer(came), came)
            return
        self._be_busy()
        self._pipe = pipe = Pipe(self._transport)
        around = self._around
        task = around.loop.create_task(await_answer(around.by_app, came, around.threads, pipe))
        task.add_done_callback(lambda done: self._answered(done, came))

    def _be_busy(self) -> None:
        self._is_busy = True
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def _answered(self, done: asyncio.Task[Answer | None], came: Received) -> None:
        self._pipe, self._is_busy = None, False
        answer = None if done.cancelled() else done.result()
        if answer is None:
            self._close()
        elif not self._transport.is_closing():
            self._send(answer, came)
            self._go_on()

    def _send(self, answer: Answer, came: Received) -> None:
        if not answer.delay:
            self._write(answer, came)
            return
        self._be_busy()
        self._timer = self._around.loop.call_later(answer.delay, self._send_late, answer, came)

    def _send_late(self, answer: Answer, came: Received) -> None:
        self._is_busy, self._timer = False, None
        self._write(answer, came)
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting and not self._is_busy:
            self._take(self._waiting.popleft())
        if self._is_busy or self._transport.is_closing():
            return
        if self._is_ending and not self._is_reading:
            self._close()
        else:
            self._transport.resume_reading()

    def _write(self, answer: Answer, came: Received) -> None:
        """Write an answer in the way its `wire` says."""
        transport = self._transport
        if transport.is_closing():
            return
        is_kept = came.keep_alive and not (self._is_ending and not self._waiting)
        outbox = self._around.outbox
        whole = to_bytes(answer, method=came.method, keep_alive=is_kept)
        match answer.wire:
            case "whole":
                outbox.put(transport, whole)
                if not is_kept:
                    self._close()
            case "half":
                outbox.put(transport, whole[: len(whole) - (len(answer.body) + 1) // 2])
                self._close()
            case "garbage":
                outbox.put(transport, GARBAGE)
                self._close()
            case "empty":
                self._close()
            case "reset":
                outbox.reset(transport)

    def _close(self) -> None:
        self._waiting.clear()
        self._around.outbox.flush()
        self._transport.close()

    def pause_writing(self) -> None:
        """Read no more from a client that does not take its answers; called by asyncio."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on; called by asyncio."""
        if not self._transport.is_closing() and not self._is_busy:
            self._transport.resume_reading()

    # the server's end

    def shut_down(self) -> None:
        """Close as soon as nothing is being answered."""
        self._is_ending = True
        if not self._is_busy:
            self._close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()
