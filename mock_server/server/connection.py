"""Connection: the requests of one connection, answered one after the other.

A call of Toplyne's API is answered as soon as its last byte is received, without a task, a thread
or a framework: that makes the mock fast. All other requests are answered by the Flask application,
in a thread.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Coroutine
from functools import partial
from typing import Any, Final

from mock_server.exchange import HttpAnswer, Received, piece_of
from mock_server.server.awaiting import Awaiting
from mock_server.server.head import RequestError
from mock_server.server.outbox import CONTINUE, to_bytes
from mock_server.server.reading import RequestReader
from mock_server.server.server_context import ServerContext
from mock_server.toplyne import answers

_WHOLE_SERVER: Final = HttpAnswer(204, (("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),))
_ONLY_TLS: Final = "This server only speaks https. Use a URL that begins with https://."


class Connection(asyncio.Protocol):
    """One connection. While a request is being answered, the next ones wait unread."""

    def __init__(
        self, server: ServerContext, connections: set[Connection], *, only_tls: bool = False
    ) -> None:
        """Stay in `connections` while open. With `only_tls`, refuse requests for want of TLS."""
        self._server = server
        self._connections = connections
        self._only_tls = only_tls
        self._transport: Any = None
        self._reading = RequestReader(server.heads, server.bounds, server.answering.is_refused)
        self._is_ending = False  # the client sends no more, or no more requests are answered
        self._is_deaf = False  # received bytes are thrown away
        self._is_clogged = False  # the client does not read its answers
        self._awaiting: Awaiting | None = None
        self._working: asyncio.Task[None] | None = None
        self._made = self._begun = self.active = server.loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start. Called by asyncio."""
        self._transport = transport
        self._connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Drop the unanswered requests. Called by asyncio."""
        self._connections.discard(self)
        if isinstance(error, ssl.SSLError) and self.active == self._made and not self._is_deaf:
            self._server.handshakes.failed(error)
        self._is_deaf = True
        self._reading.clear()
        self._server.hold(self, 0)
        if self._awaiting is not None:
            self._awaiting.hang_up()
        elif self._working is not None:
            self._working.cancel()

    # reading

    def data_received(self, data: bytes) -> None:
        """Read received bytes: in one step if they are one request with a known head."""
        if self._is_deaf:
            return
        self.active = self._server.loop.time()
        if self._reading.is_between and self._working is None:
            request = self._server.heads.whole(data)
            if request is not None:
                self._take(request)
                return
            self._begun = self.active
        self._reading.feed(data)
        if self.is_idle:
            self._read()
            is_too_much = self._server.hold(self, self._reading.held)
            if is_too_much and self._reading.is_in_body and not self._is_deaf:
                many = "The bodies of all requests have more than {} bytes together"
                self._give_up(503, many, "held_bytes")
        elif self._reading.size > self._server.bounds.head_bytes:
            self._transport.pause_reading()

    def _read(self) -> None:
        """Read and answer requests until one takes long or more bytes are needed."""
        while self._can_go_on and not (self._is_deaf or self._transport.is_closing()):
            try:
                found = self._reading.next()
            except RequestError as error:
                self._refuse(error.request, error.status, str(error))
                return
            if found is None:
                if self._reading.wants_to_go_on:
                    self._reading.wants_to_go_on = False
                    self._server.outbox.put(self._transport, CONTINUE)
                return
            self._begun = self.active
            is_followed = not (found.request.keep_alive or self._reading.is_between)
            self._is_deaf = found.is_last or is_followed
            self._take(found.request)

    def _refuse(self, request: Received, status: int, sentence: str) -> None:
        """Refuse an unreadable request. The bytes after it cannot be read as requests either."""
        self._is_deaf = True
        request = request._replace(keep_alive=False, complete=False)
        self._write(self._server.answering.refuse(request, status, sentence), request)

    def eof_received(self) -> bool:
        """Answer the waiting requests, also one whose body is incomplete. Called by asyncio."""
        self._is_ending = True
        self._server.outbox.flush()
        if self._awaiting is not None:
            self._awaiting.end_of_input()
        if self._can_go_on:
            self._go_on()
        # True keeps our side open, which is not possible with TLS
        return not self._can_go_on and self._transport.get_extra_info("ssl_object") is None

    # answering

    def _take(self, request: Received) -> None:
        if self._only_tls:
            self._refuse(request, 400, _ONLY_TLS)
        elif (answer := self._server.answering.quick(request)) is not None:
            self._send(answer, request)
        elif request.path == "*":
            self._send(_WHOLE_SERVER, request)
        else:
            self._work(self._answer(request))

    def _send(self, answer: HttpAnswer, request: Received) -> None:
        if answer.delay or answer.pace:
            self._work(self._send_slowly(answer, request))
        else:
            self._write(answer, request)

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        """Do work that takes long, and read nothing more until it is done."""
        self._transport.pause_reading()
        self._working = self._server.loop.create_task(work)

    async def _answer(self, request: Received) -> None:
        server, answer = self._server, None
        try:
            if server.answering.is_at_once(request):
                answer = await asyncio.shield(server.checked(request))
            else:
                server.hold(self, len(request.body))
                if self._reading.size <= server.bounds.head_bytes:
                    self._transport.resume_reading()  # to notice when the client hangs up
                self._awaiting = Awaiting(self._transport, server.threads, request)
                answer = await self._awaiting.answer(partial(server.answering.by_app, request))
        except Exception:  # noqa: BLE001 - whatever it is, the client must get an answer
            answer = answers.failed(request)
        self._awaiting = None
        self._server.hold(self, 0)
        if answer is not None:
            await self._send_slowly(answer, request)
        else:
            self._working = None
            self._close()

    async def _send_slowly(self, answer: HttpAnswer, request: Received) -> None:
        """Write an answer after its delay, with its body at its pace, and then read on."""
        await asyncio.sleep(answer.delay)
        if answer.pace and request.method != "HEAD" and not self._transport.is_closing():
            await self._write_slowly(answer, request)
        else:
            self._working = None
            self._write(answer, request)
        self._go_on()

    async def _write_slowly(self, answer: HttpAnswer, request: Received) -> None:
        is_kept, transport = self._record(answer, request), self._transport
        whole = to_bytes(answer, method=request.method, keep_alive=is_kept)
        self._server.outbox.put(transport, whole[: len(whole) - len(answer.body)])
        self._server.outbox.flush()
        size, seconds = piece_of(answer.pace)
        for start in range(0, len(answer.body), size):
            if start:
                await asyncio.sleep(seconds)
            while transport.get_write_buffer_size():  # noqa: ASYNC110 - slower still
                await asyncio.sleep(seconds)
            transport.write(answer.body[start : start + size])
        self._working = None
        if not is_kept:
            self._close()

    def _go_on(self) -> None:
        self.active = self._begun = self._server.loop.time()
        self._read()
        if not self._can_go_on or self._transport.is_closing():
            return
        if not self._is_ending:
            self._transport.resume_reading()
            return
        if self._reading.is_in_body and not self._is_deaf:
            self._take(self._reading.rest())
        if self.is_idle:
            self._close()

    def _write(self, answer: HttpAnswer, request: Received) -> None:
        """Write an answer. If the client still sends, read that for a while.

        If the connection closed at once, the client would see a reset instead of the answer.
        """
        if self._transport.is_closing():
            return
        is_kept, outbox = self._record(answer, request), self._server.outbox
        alone = len(self._connections) == 1 and not self._reading.size
        is_open = outbox.answer(
            self._transport, answer, request.method, keep_alive=is_kept, at_once=alone
        )
        if is_open and self._is_deaf and not self._is_ending:
            self._reading.clear()
            outbox.flush()
            if self._transport.can_write_eof():
                self._transport.write_eof()
            self._transport.resume_reading()
        elif not (is_open and is_kept):
            self._close()

    def _record(self, answer: HttpAnswer, request: Received) -> bool:
        """Record an exchange, and return whether the connection is kept after it."""
        server = self._server
        if server.recorder is not None:
            seconds = server.loop.time() - self._begun
            server.recorder.record(request, answer, scheme=server.answering.scheme, seconds=seconds)
        return request.keep_alive and (not self._is_ending or self._reading.size > 0)

    def _close(self) -> None:
        self._is_deaf = True
        self._reading.clear()
        self._server.outbox.flush()
        self._transport.close()

    def pause_writing(self) -> None:
        """Stop reading from a client that does not read its answers. Called by asyncio."""
        self._is_clogged = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on. Called by asyncio."""
        self._is_clogged = False
        if self.is_idle:
            self._go_on()

    # the end

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered, so that it may be closed to make room."""
        return self._working is None

    @property
    def _can_go_on(self) -> bool:
        return self.is_idle and not self._is_clogged

    @property
    def is_waiting(self) -> bool:
        """Whether its client waits at a Later or a Stream, possibly for a long time."""
        return self._awaiting is not None and self._awaiting.is_waiting

    def check_time(self, now: float) -> None:
        """Refuse or close what takes longer than its bound."""
        bounds, quiet = self._server.bounds, now - self.active
        if not self.is_idle:
            return
        if self._is_deaf or self._is_clogged:
            is_lingering = self._is_deaf and not self._transport.is_closing()
            if quiet > (bounds.linger_seconds if is_lingering else bounds.idle_seconds):
                self.abort()
        elif self._reading.is_in_body:
            if quiet > bounds.body_seconds:
                self._give_up(408, "The body paused for {:g} s", "body_seconds")
        elif self._reading.size:
            if now - self._begun > bounds.head_seconds:
                late = "The head of the request was not complete within {:g} s"
                self._give_up(408, late, "head_seconds")
        elif quiet > bounds.idle_seconds:
            self.abort() if self._transport.get_write_buffer_size() else self._close()

    def _give_up(self, status: int, sentence: str, bound: str) -> None:
        """Refuse an incomplete request by a bound. The sentence has a place for its number."""
        said = sentence.format(getattr(self._server.bounds, bound))
        self._refuse(self._reading.rest(), status, f"{said} ({bound}).")

    def shut_down(self) -> None:
        """Close as soon as no request is being answered."""
        self._is_ending = True
        if self.is_idle:
            self._close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()
