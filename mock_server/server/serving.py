"""Serving: accept and serve the connections of one mock, up to the limit of open files."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mock_server.bounds import ACCEPTS_AT_ONCE, Bounds, most_connections
from mock_server.mock import Mock
from mock_server.server.connection import Connection
from mock_server.server.listening import TLS_RECORD, first_bytes
from mock_server.server.server_context import ServerContext

if TYPE_CHECKING:
    from mock_server.server.recorder import Recorder

Take: TypeAlias = Callable[[socket.socket], Coroutine[Any, Any, None]]
"""Serves an accepted socket. If it raises OSError, the socket is closed."""

_GONE: Final = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR, errno.ECONNABORTED})
_SECONDS_TO_REST: Final = 0.5
_SECONDS_TO_END: Final = 2.0


class Serving:
    """The connections of a server. At the limit, the one that is idle longest is closed."""

    def __init__(
        self,
        mock: Mock,
        bounds: Bounds,
        context: ssl.SSLContext | None,
        ca_file: str | None,
        recorder: Recorder | None,
    ) -> None:
        """Serve a mock. With a context, over TLS; clients must trust `ca_file`."""
        self.bounds = bounds
        self._server = ServerContext(mock, bounds, ca_file=ca_file, recorder=recorder)
        self.loop = self._server.loop
        self._context = context
        self._most = most_connections()
        self._open: set[Connection] = set()
        self._coming: dict[asyncio.Task[None], socket.socket] = {}
        self._ticking: asyncio.Task[None] | None = None
        self._has_said = False
        self._stopped = asyncio.Event()

    # accepting

    def accept(self, listener: socket.socket, take: Take) -> None:
        """Serve each connection of a listening socket with `take`."""
        listener.setblocking(False)
        self.loop.add_reader(listener, self._accept, listener, take)

    async def end(self, listener: socket.socket) -> None:
        """Close a listener, and cancel the tasks that are still accepting its connections."""
        self.loop.remove_reader(listener)
        listener.close()
        tasks = [task for task, theirs in self._coming.items() if theirs is listener]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _accept(self, listener: socket.socket, take: Take) -> None:
        for _ in range(ACCEPTS_AT_ONCE):
            is_full = len(self._open) + len(self._coming) >= self._most
            if is_full and not self._make_room():
                self._rest(listener, take)
                return
            try:
                taken, _ = listener.accept()
            except OSError as error:
                if error.errno not in _GONE:
                    self._say(error)
                    self._rest(listener, take)
                return
            taken.setblocking(False)
            task = self.loop.create_task(_or_closed(take, taken))
            self._coming[task] = listener
            task.add_done_callback(self._coming.pop)
            if self._ticking is None:
                self._ticking = self.loop.create_task(self._tick())
            if is_full:
                return  # the next one must wait until the other's descriptor is free

    def _make_room(self) -> bool:
        """Close the connection that is idle longest, or else waits longest. False if none is."""
        idle = [e for e in self._open if e.is_idle] or [e for e in self._open if e.is_waiting]
        if not idle:
            return False
        longest = min(idle, key=lambda connection: connection.active)
        self._open.discard(longest)
        longest.abort()
        return True

    def _rest(self, listener: socket.socket, take: Take) -> None:
        """Leave new connections in the operating system's queue for a while."""

        def go_on() -> None:
            if listener.fileno() >= 0 and not self._stopped.is_set():
                self.accept(listener, take)

        self.loop.remove_reader(listener)
        self.loop.call_later(_SECONDS_TO_REST, go_on)

    def _say(self, error: OSError) -> None:
        if not self._has_said:
            self._has_said = True
            sys.stderr.write(
                f"toplyne-sandbox: new connections must wait until others end: {error.strerror}."
                " This is printed once.\n"
            )

    # connections

    async def take(self, taken: socket.socket) -> None:
        """Serve a connection, over TLS if this server has a context."""
        if self._context is None:
            await self.connect(taken)
            return
        async with asyncio.timeout(self.bounds.head_seconds):
            hello = await first_bytes(taken)
        if not hello.startswith(TLS_RECORD):
            await self.connect(taken, only_tls=True)
            return
        try:
            await self.connect(taken, context=self._context)
        except OSError as error:  # the client hung up or refused the handshake
            self._server.handshakes.failed(error, hello)
            raise
        self._server.handshakes.succeeded(hello)

    async def connect(
        self,
        taken: socket.socket,
        first: bytes = b"",
        *,
        context: ssl.SSLContext | None = None,
        only_tls: bool = False,
    ) -> None:
        """Answer the requests of a connection, of which `first` was already read.

        With `only_tls`, refuse them, because they come without TLS. Raises OSError if the TLS
        handshake with the context fails.
        """
        connection = Connection(self._server, self._open, only_tls=only_tls)
        await self.loop.connect_accepted_socket(
            lambda: connection,
            taken,
            ssl=context,
            ssl_handshake_timeout=None if context is None else self.bounds.head_seconds,
        )
        if first:
            connection.data_received(first)

    async def _tick(self) -> None:
        """Make connections check their deadlines, as long as there are any."""
        while self._open or self._coming:
            await asyncio.sleep(self.bounds.tick_seconds)
            for connection in list(self._open):
                connection.check_time(self.loop.time())
        self._ticking = None

    # the end

    def stop(self) -> None:
        """Stop serving. May be called from any thread."""
        self.loop.call_soon_threadsafe(self._stopped.set)

    async def until_stopped(self, listener: socket.socket) -> None:
        """Serve a listener until `stop` is called, and then finish the open connections."""
        self.accept(listener, self.take)
        await self._stopped.wait()
        await self.end(listener)
        for connection in list(self._open):
            connection.shut_down()
        deadline = self.loop.time() + _SECONDS_TO_END
        while self._open and self.loop.time() < deadline:  # noqa: ASYNC110 - once
            await asyncio.sleep(0.005)
        for connection in list(self._open):
            connection.abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)
        for threads in (self._server.threads, self._server.checkers):
            threads.shutdown(wait=False, cancel_futures=True)


async def _or_closed(take: Take, taken: socket.socket) -> None:
    try:
        await take(taken)
    except (OSError, asyncio.CancelledError):
        taken.close()
