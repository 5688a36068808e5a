"""Awaiting: wait for the application's answer on the server's loop, without a thread."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeAlias

from mock_server.bounds import UNSENT_BYTES
from mock_server.exchange import HttpAnswer, Received
from mock_server.later import GATHER_SECONDS, HandOver, Later, Stream
from mock_server.real_clock import monotonic
from mock_server.server.outbox import CONTINUE, head_of

_FIRST_PROBE: Final = 0.2  # seconds; most answers are ready before
_LAST_PROBE: Final = 5.0
Ask: TypeAlias = Callable[[HandOver, Callable[[], bool]], HttpAnswer]
"""Asks the application. It is given a HandOver, and a function that tells if the client is gone."""


class Awaiting:
    """An answer of the application to one client, which may be slow or hang up meanwhile."""

    def __init__(self, transport: Any, threads: Executor, request: Received) -> None:
        """Run the application in `threads`, and write streams to an asyncio transport."""
        self._transport = transport
        self._takes_interim = not request.is_http_1_0  # which has none (RFC 9110, 15.2)
        self._probing: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._in_thread = partial(self._loop.run_in_executor, threads)
        self._woken = asyncio.Event()  # by a change, or because the client is gone
        self._is_gone = False
        self.is_waiting = False

    def hang_up(self) -> None:
        """Stop waiting: the client is gone."""
        self._is_gone = True
        self._woken.set()

    def end_of_input(self) -> None:
        """Find out whether the client is gone, or only sends no more and waits for its answer."""
        if self._takes_interim:
            self._probing = self._loop.call_later(_FIRST_PROBE, self._probe, 2 * _FIRST_PROBE)
        else:
            self.hang_up()

    def _probe(self, pause: float) -> None:
        """Write interim answers. To a client that is gone, the second fails and ends it."""
        if not self._is_gone:
            self._transport.write(CONTINUE)
            self._probing = self._loop.call_later(pause, self._probe, min(2 * pause, _LAST_PROBE))

    async def answer(self, ask: Ask) -> HttpAnswer | None:
        """Return the answer, or None if it was streamed or the client is gone."""
        handed: list[tuple[Later | Stream, Callable[[], None]]] = []

        def hand_over(later: Later | Stream) -> None:
            handed.append((later, later.condition.subscribe(self._wake)))

        try:
            answer = await self._in_thread(partial(ask, hand_over, lambda: self._is_gone))
            if not handed:
                return answer
            self.is_waiting = True
            if isinstance(later := handed[0][0], Later):
                return await self._await(later)
            await self._stream(later)
        finally:
            for _, unsubscribe in handed:
                unsubscribe()
            if self._probing is not None:
                self._probing.cancel()
        return None

    def _wake(self) -> None:
        if not self._woken.is_set():
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._woken.set)

    async def _wait_for_change(self, seconds: float) -> bool:
        """Wait for a change, or until the client is gone. Return False after the timeout."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        return self._woken.is_set()

    async def _await(self, later: Later) -> HttpAnswer | None:
        while True:
            self._woken.clear()
            is_over = later.condition.closed or monotonic() >= later.deadline
            answer = await self._in_thread(later.ready)
            if answer is not None:
                return answer
            if is_over:
                return await self._in_thread(later.overdue)
            if self._is_gone:
                return None
            await self._wait_for_change(later.deadline - monotonic())

    async def _stream(self, stream: Stream) -> None:
        """Write a stream until it ends, the connection does, or the client sends no more."""
        self._takes_interim = False  # a part of the stream could not be told from one
        if self._probing is not None:
            self.hang_up()
        first = stream.first
        head = head_of(first.status, first.all_headers, False)
        self._transport.write(b"%b\r\n%b" % (head, first.body))
        while not (stream.condition.closed or self._is_gone):
            self._woken.clear()
            more = await self._in_thread(stream.following)
            if more is None:
                return
            if more:
                await self._write(more)
            elif await self._wait_for_change(stream.seconds):
                await asyncio.sleep(GATHER_SECONDS)
            else:
                await self._write(stream.heartbeat)

    async def _write(self, body: bytes) -> None:
        """Write once the client has read most of what was written before."""
        size = self._transport.get_write_buffer_size
        while size() > UNSENT_BYTES and not self._is_gone:  # noqa: ASYNC110 - slow is rare
            await asyncio.sleep(0.05)
        if not self._is_gone:
            self._transport.write(body)
