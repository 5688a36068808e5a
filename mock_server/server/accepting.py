"""Accepting: connections as they come, as many as there is room for, and each one's deadlines."""

import asyncio
import errno
import socket
import ssl
import sys
from typing import Final

from mock_server.bounds import ACCEPTS_AT_ONCE, most_connections
from mock_server.server.around import Around
from mock_server.server.connection import Connection

_GONE: Final = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR, errno.ECONNABORTED})
_TLS_RECORD: Final = b"\x16"
_SECONDS_TO_REST: Final = 0.5


class Accepting:
    """Takes connections from a listening socket; at the limit the one idle longest is closed."""

    def __init__(
        self, around: Around, listener: socket.socket, context: ssl.SSLContext | None = None
    ) -> None:
        """Speak TLS where there is a context."""
        self._around = around
        self._loop = around.loop
        self._listener = listener
        self._context = context
        self._most = most_connections()
        self._coming: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.TimerHandle | None = None
        self._resting: asyncio.TimerHandle | None = None
        self._has_said = False
        self._failed_handshakes: set[str] = set()

    def start(self) -> None:
        """Accept from now on."""
        self._listener.setblocking(False)
        self._loop.add_reader(self._listener, self._accept)

    def stop(self) -> None:
        """Accept no more; connections that are open stay."""
        self._loop.remove_reader(self._listener)
        for timer in (self._ticking, self._resting):
            if timer is not None:
                timer.cancel()
        for task in self._coming:
            task.cancel()

    def _accept(self) -> None:
        for _ in range(ACCEPTS_AT_ONCE):
            is_full = len(self._around.open) + len(self._coming) >= self._most
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
                self._ticking = self._loop.call_later(self._around.bounds.tick_seconds, self._tick)
            if is_full:
                return  # the next one when the other's descriptor is free

    def _make_room(self) -> bool:
        """Close the connection that is idle longest, else waits longest; False if there is none."""
        there = self._around.open
        idle = [each for each in there if each.is_idle] or [e for e in there if e.is_waiting]
        if not idle:
            return False
        longest = min(idle, key=lambda connection: connection.active)
        self._around.open.discard(longest)
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
        seconds = self._around.bounds.head_seconds
        try:
            context = self._context
            if context is not None:
                first = await asyncio.wait_for(self._first_byte(taken), seconds)
                context = context if first == _TLS_RECORD else None
            only_tls = self._context is not None and context is None
            await self._loop.connect_accepted_socket(
                lambda: Connection(self._around, only_tls=only_tls),
                taken,
                ssl=context,
                ssl_handshake_timeout=None if context is None else seconds,
            )
        except (OSError, asyncio.CancelledError) as error:  # it is gone, or wants no TLS of ours
            taken.close()
            if isinstance(error, ssl.SSLError):
                self._say_of_handshake((error.reason or str(error)).replace("_", " ").lower())

    def _say_of_handshake(self, reason: str) -> None:
        if reason not in self._failed_handshakes:
            self._failed_handshakes.add(reason)
            sys.stderr.write(
                f"toplyne-sandbox: a TLS handshake failed: {reason}."
                " A client must trust the certificate in ca_file; each reason is said once.\n"
            )

    async def _first_byte(self, taken: socket.socket) -> bytes:
        """Return the first byte that comes, and leave it where it is."""
        readable = asyncio.Event()
        self._loop.add_reader(taken, readable.set)
        try:
            await readable.wait()
            return taken.recv(1, socket.MSG_PEEK)
        finally:
            self._loop.remove_reader(taken)

    def _tick(self) -> None:
        now = self._loop.time()
        for connection in list(self._around.open):
            connection.look_at_the_clock(now)
        self._ticking = None
        if self._around.open or self._coming:
            self._ticking = self._loop.call_later(self._around.bounds.tick_seconds, self._tick)
