"""Connection: requests as they come, each answered in its turn.

A call of Toplyne's API is answered in the moment its last byte is there, without a task, a thread
or a framework in between: that is what makes the mock fast. Everything else is answered by the
Flask application, in a thread.
"""

from __future__ import annotations

import asyncio
import ssl
from functools import partial
from typing import Any, Final

from mock_server.exchange import Answer, Received, piece_of
from mock_server.server.around import Around
from mock_server.server.awaiting import Awaiting
from mock_server.server.head import Unreadable
from mock_server.server.http_text import CONTINUE, to_bytes
from mock_server.server.reading import Reading
from mock_server.toplyne import answers

_WHOLE_SERVER: Final = Answer(204, (("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),))
_ONLY_TLS: Final = "This server speaks https only; its URL begins with https://."


class Connection(asyncio.Protocol):
    """One connection; what follows the request that is being answered waits unread."""

    def __init__(
        self, around: Around, connections: set[Connection], *, only_tls: bool = False
    ) -> None:
        """Be in `connections` while open; with `only_tls` refuse what comes, as without TLS."""
        self._around = around
        self._connections = connections
        self._only_tls = only_tls
        self._transport: Any = None
        self._reading = Reading(around.heads, around.bounds, around.answering.is_refused)
        self._is_busy = False  # with an answer
        self._is_ending = False  # nothing more comes, or shall be answered
        self._is_deaf = False  # what comes is thrown away
        self._awaiting: Awaiting | None = None
        self._slow: asyncio.Task[None] | None = None
        self._made = self._begun = self.active = around.loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start; called by asyncio."""
        self._transport = transport
        self._connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget what is still to be answered; called by asyncio."""
        self._connections.discard(self)
        if isinstance(error, ssl.SSLError) and self.active == self._made and not self._is_deaf:
            self._around.handshakes.failed(error)
        self._is_deaf = True
        self._reading.clear()
        if self._awaiting is not None:
            self._awaiting.hang_up()
        if self._slow is not None:
            self._slow.cancel()

    # reading

    def data_received(self, data: bytes) -> None:
        """Take the bytes that arrived: at once if they are one request with a known head."""
        if self._is_deaf:
            return
        self.active = self._around.loop.time()
        if self._reading.is_between and not self._is_busy:
            came = self._around.heads.whole(data)
            if came is not None and not self._only_tls:
                self._take(came)
                return
            self._begun = self.active
        self._reading.feed(data)
        if not self._is_busy:
            self._read()
        elif self._reading.size > self._around.bounds.head_bytes:
            self._transport.pause_reading()

    def _read(self) -> None:
        """Read and answer requests until one takes its time or more must come."""
        while not (self._is_busy or self._is_deaf or self._transport.is_closing()):
            try:
                came = self._reading.next()
            except Unreadable as error:
                self._refuse(error.came, error.status, str(error))
                return
            if came is None:
                if self._reading.wants_to_go_on:
                    self._reading.wants_to_go_on = False
                    self._around.outbox.put(self._transport, CONTINUE)
                return
            if self._only_tls:
                self._refuse(came.request, 400, _ONLY_TLS)
                return
            self._begun = self.active
            self._is_deaf = came.is_last
            self._take(came.request)

    def _refuse(self, came: Received, status: int, sentence: str) -> None:
        """Refuse what is not a request. Nothing after it can be one."""
        self._is_deaf = True
        came = came._replace(keep_alive=False)
        self._write(self._around.answering.refuse(came, status, sentence), came)

    def eof_received(self) -> bool:
        """Answer a request whose client ended it in the middle of its body, and what waits."""
        self._is_ending = True
        self._around.outbox.flush()
        if self._awaiting is not None:
            self._awaiting.hang_up()  # whoever waits for news and hangs up has gone
        if not self._is_busy:
            self._end_of_input()
        # True keeps our side open, which TLS cannot
        return self._is_busy and self._transport.get_extra_info("ssl_object") is None

    def _end_of_input(self) -> None:
        if self._reading.is_in_body and not self._is_deaf and not self._transport.is_closing():
            self._take(self._reading.rest())
        if not self._is_busy:
            self._close()

    # answering

    def _take(self, came: Received) -> None:
        around, answering = self._around, self._around.answering
        if answering.is_quick(came):
            self._send(answering.at_once(came), came)
            return
        if came.path == "*":
            self._send(_WHOLE_SERVER, came)
            return
        self._begin_work()
        coming: asyncio.Future[Answer] | asyncio.Future[Answer | None]
        if answering.is_at_once(came):
            coming = around.loop.run_in_executor(around.threads, answering.at_once, came)
        else:
            self._awaiting = Awaiting(self._transport, around.threads)
            asking = self._awaiting.answer(partial(answering.by_app, came))
            coming = around.loop.create_task(asking)
        coming.add_done_callback(partial(self._answered, came))

    def _begin_work(self) -> None:
        self._is_busy = True
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def _answered(
        self, came: Received, done: asyncio.Future[Answer] | asyncio.Future[Answer | None]
    ) -> None:
        self._awaiting, self._is_busy = None, False
        try:
            answer = None if done.cancelled() else done.result()
        except Exception:  # noqa: BLE001 - whatever it is, the client must get an answer
            answer = answers.failed(came)
        if answer is None:
            self._close()
        elif not self._transport.is_closing():
            self._send(answer, came)
            self._go_on()

    def _send(self, answer: Answer, came: Received) -> None:
        if not (answer.delay or answer.pace):
            self._write(answer, came)
            return
        self._begin_work()
        self._slow = self._around.loop.create_task(self._send_slowly(answer, came))

    async def _send_slowly(self, answer: Answer, came: Received) -> None:
        """Write an answer after its delay, and its body at its pace; then go on."""
        await asyncio.sleep(answer.delay)
        if not answer.pace or came.method == "HEAD":
            self._is_busy = False
            self._write(answer, came)
        else:
            is_kept = self._record(answer, came)
            whole = to_bytes(answer, method=came.method, keep_alive=is_kept)
            self._around.outbox.put(self._transport, whole[: len(whole) - len(answer.body)])
            self._around.outbox.flush()
            size, seconds = piece_of(answer.pace)
            for start in range(0, len(answer.body), size):
                if start:
                    await asyncio.sleep(seconds)
                while self._transport.get_write_buffer_size():  # noqa: ASYNC110 - slower still
                    await asyncio.sleep(seconds)
                self._transport.write(answer.body[start : start + size])
            self._is_busy = False
            if not is_kept:
                self._close()
        self._slow = None
        self._go_on()

    def _go_on(self) -> None:
        if self._is_busy:
            return
        self.active = self._begun = self._around.loop.time()
        self._read()
        if self._is_busy or self._transport.is_closing():
            return
        if self._is_ending:
            self._end_of_input()
        else:
            self._transport.resume_reading()

    def _write(self, answer: Answer, came: Received) -> None:
        """Write an answer; what is refused with more to come is read on for a while.

        Closed at once, the client would see its connection reset before it reads why.
        """
        if self._transport.is_closing():
            return
        is_kept = self._record(answer, came)
        is_open = self._around.outbox.answer(
            self._transport, answer, method=came.method, keep_alive=is_kept
        )
        if is_open and self._is_deaf and not self._is_ending:
            self._reading.clear()
            self._around.outbox.flush()
            if self._transport.can_write_eof():
                self._transport.write_eof()
            self._transport.resume_reading()
        elif not (is_open and is_kept):
            self._close()

    def _record(self, answer: Answer, came: Received) -> bool:
        """Record an exchange, and return whether the connection is kept after it."""
        if self._around.recorder is not None:
            seconds = self._around.loop.time() - self._begun
            self._around.recorder.record(
                came, answer, scheme=self._around.answering.scheme, seconds=seconds
            )
        return came.keep_alive and (not self._is_ending or self._reading.size > 0)

    def _close(self) -> None:
        self._is_deaf = True
        self._reading.clear()
        self._around.outbox.flush()
        self._transport.close()

    def pause_writing(self) -> None:
        """Read no more from a client that does not take its answers; called by asyncio."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on; called by asyncio."""
        self.active = self._around.loop.time()
        if not self._transport.is_closing() and not self._is_busy:
            self._transport.resume_reading()

    # its end

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being answered, so that it may be closed for another's sake."""
        return not self._is_busy

    @property
    def is_waiting(self) -> bool:
        """Whether its client waits for news, perhaps for long."""
        return self._awaiting is not None and self._awaiting.is_waiting

    def look_at_the_clock(self, now: float) -> None:
        """End what takes longer than its bound."""
        bounds, quiet = self._around.bounds, now - self.active
        if self._is_busy:
            return
        if self._is_deaf:
            is_flushing = self._transport.is_closing()
            if quiet > (bounds.idle_seconds if is_flushing else bounds.linger_seconds):
                self.abort()
        elif self._reading.is_in_body:
            if quiet > bounds.body_seconds:
                self._refuse_late(f"Nothing of the body came for {bounds.body_seconds:g} s", "body")
        elif self._reading.size:
            if now - self._begun > bounds.head_seconds:
                most = f"{bounds.head_seconds:g} s"
                self._refuse_late(f"The head of the request was not complete within {most}", "head")
        elif quiet > bounds.idle_seconds:
            self.abort() if self._transport.get_write_buffer_size() else self._close()

    def _refuse_late(self, sentence: str, bound: str) -> None:
        self._refuse(self._reading.rest(), 408, f"{sentence} ({bound}_seconds).")

    def shut_down(self) -> None:
        """Close as soon as nothing is being answered."""
        self._is_ending = True
        if not self._is_busy:
            self._close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()
