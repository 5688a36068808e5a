"""Serving: one mock on one listening socket, with as many connections as there is room for."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from mock_server.bounds import ACCEPTS_AT_ONCE, Bounds, most_connections
from mock_server.mock import Mock
from mock_server.server.around import Around
from mock_server.server.connection import Connection
from mock_server.server.listening import TLS_RECORD, first_bytes

if TYPE_CHECKING:
    from mock_server.server.recorder import Recorder

_GONE: Final = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR, errno.ECONNABORTED})
_SECONDS_TO_REST: Final = 0.5
_SECONDS_TO_END: Final = 2.0


async def serve(  # noqa: PLR0913 - what it needs, each by name
    mock: Mock,
    listener: socket.socket,
    *,
    bounds: Bounds,
    context: ssl.SSLContext | None,
    ca_file: str | None,
    on_started: Callable[[Callable[[], object]], None],
    recorder: Recorder | None = None,
) -> None:
    """Serve until what `on_started` is given is called, from any thread; then end what is open.

    With a context over TLS, of which clients must trust `ca_file`.
    """
    stop = asyncio.Event()
    around = Around(mock, bounds, ca_file=ca_file, recorder=recorder)
    accepting = Accepting(around, listener, context)
    accepting.start()
    on_started(partial(around.loop.call_soon_threadsafe, stop.set))
    await stop.wait()
    accepting.stop()
    await _end(accepting.open)
    around.threads.shutdown(wait=False, cancel_futures=True)


async def _end(connections: set[Connection]) -> None:
    for connection in list(connections):
        connection.shut_down()
    deadline = asyncio.get_running_loop().time() + _SECONDS_TO_END
    while connections and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - once
        await asyncio.sleep(0.005)
    for connection in list(connections):
        connection.abort()
    await asyncio.sleep(0)


class Accepting:
    """Takes connections from a listening socket; at the limit the one idle longest is closed."""

    def __init__(
        self, around: Around, listener: socket.socket, context: ssl.SSLContext | None
    ) -> None:
        """Speak TLS where there is a context."""
        self._around = around
        self._loop = around.loop
        self._listener = listener
        self._context = context
        self._most = most_connections()
        self.open: set[Connection] = set()
        self._coming: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.Task[None] | None = None
        self._resting: asyncio.TimerHandle | None = None
        self._has_said = False

    def start(self) -> None:
        """Accept from now on."""
        self._listener.setblocking(False)
        self._loop.add_reader(self._listener, self._accept)

    def stop(self) -> None:
        """Accept no more; connections that are open stay."""
        self._loop.remove_reader(self._listener)
        for each in (self._ticking, self._resting, *self._coming):
            if each is not None:
                each.cancel()

    def _accept(self) -> None:
        for _ in range(ACCEPTS_AT_ONCE):
            is_full = len(self.open) + len(self._coming) >= self._most
            if is_full and not self._make_room():
                self._rest()
                return
            try:
                taken, _ = self._listener.accept()
            except OSError as error:
                if error.errno not in _GONE:
                    self._say(error)
                    self._rest()
                return
            taken.setblocking(False)
            task = self._loop.create_task(self._connect(taken))
            self._coming.add(task)
            task.add_done_callback(self._coming.discard)
            if self._ticking is None:
                self._ticking = self._loop.create_task(self._tick())
            if is_full:
                return  # the next one when the other's descriptor is free

    def _make_room(self) -> bool:
        """Close the connection that is idle longest, else waits longest; False if there is none."""
        idle = [e for e in self.open if e.is_idle] or [e for e in self.open if e.is_waiting]
        if not idle:
            return False
        longest = min(idle, key=lambda connection: connection.active)
        self.open.discard(longest)
        longest.abort()
        return True

    def _rest(self) -> None:
        """Let others wait in the system's queue for a while."""
        self._loop.remove_reader(self._listener)
        self._resting = self._loop.call_later(
            _SECONDS_TO_REST, self._loop.add_reader, self._listener, self._accept
        )

    def _say(self, error: OSError) -> None:
        if not self._has_said:
            self._has_said = True
            sys.stderr.write(
                f"toplyne-sandbox: no more connections can be taken: {error.strerror}."
                " They are taken when others have ended; this is said once.\n"
            )

    async def _connect(self, taken: socket.socket) -> None:
        around, context, hello = self._around, None, b""
        try:
            if self._context is not None:
                async with asyncio.timeout(around.bounds.head_seconds):
                    hello = await first_bytes(taken)
                context = self._context if hello.startswith(TLS_RECORD) else None
            only_tls = self._context is not None and context is None
            await self._loop.connect_accepted_socket(
                lambda: Connection(around, self.open, only_tls=only_tls),
                taken,
                ssl=context,
                ssl_handshake_timeout=None if context is None else around.bounds.head_seconds,
            )
            if context is not None:
                around.handshakes.succeeded(hello)
        except (OSError, asyncio.CancelledError) as error:  # it is gone, or wants no TLS of ours
            taken.close()
            if context is not None and isinstance(error, OSError):
                around.handshakes.failed(error, hello)

    async def _tick(self) -> None:
        """Let connections look at the clock, as long as there are any."""
        while self.open or self._coming:
            await asyncio.sleep(self._around.bounds.tick_seconds)
            for connection in list(self.open):
                connection.look_at_the_clock(self._loop.time())
        self._ticking = None
