"""Gateway: the port at which the mock answers for the caught hosts.

It acts as a proxy for clients that use one, and as the host itself for clients that a preload or
the hosts file redirects. By the first bytes of a connection it either passes the connection to the
mock's own server, or its bytes to another host.
"""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Collection
from contextvars import ContextVar
from functools import partial
from typing import Final, Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from mock_server.bounds import BACKLOG
from mock_server.exchange import Headers, HttpAnswer
from mock_server.intercept.relay import HeadLines, join, read_lines
from mock_server.intercept.upstream import Upstream
from mock_server.server.listening import TLS_RECORD, first_bytes, listen
from mock_server.server.outbox import to_bytes
from mock_server.server.serving import Serving

MOST_HOSTS_TOLD: Final = 1000
"""How many hosts `run` counts separately; the others are counted together."""

ConnectionResult: TypeAlias = Literal["caught", "passed on", "denied", "unreachable", "distrusted"]
"""What happened to a connection. `distrusted`: the client refused our certificate."""

_PORTS: Final = {"http": 80, "https": 443}
_NOBODY: Final = "(no name)"
_OTHERS: Final = "(others)"
_CLOSE: Final = b"Connection: close"
_TEXT: Final[Headers] = (("Content-Type", "text/plain; charset=utf-8"),)
_CONNECTED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
_REST: Final = 2**16
_told: ContextVar[list[str]] = ContextVar("_told")


class ConnectedHost(NamedTuple):
    """A host that a client connected to, and what happened to the connection."""

    host: str
    fate: ConnectionResult


class Gateway:
    """One or more listening ports, on the event loop of the mock's server.

    `seen` counts the connections by host and fate.
    """

    def __init__(
        self,
        serving: Serving,
        hosts: Collection[str],
        context: ssl.SSLContext,
        upstream: Upstream | None,
    ) -> None:
        """Make the server answer for `hosts`. Without `upstream`, refuse all other hosts."""
        self.seen: Counter[ConnectedHost] = Counter()
        self._serving = serving
        self._bounds = serving.bounds
        self._loop = serving.loop
        self._hosts = frozenset(hosts)
        self._context = context
        self._upstream = upstream
        self._listeners: list[socket.socket] = []
        context.sni_callback = _note_server_name
        listener = listen("127.0.0.1", 0)
        self.port: int = listener.getsockname()[1]
        self.add(listener)

    def add(self, listener: socket.socket, *, forward: int | None = None) -> None:
        """Also serve this listener. With `forward`, forward its connections to that local port."""
        listener.listen(BACKLOG)
        self._listeners.append(listener)
        take = self._take if forward is None else partial(self._forward, forward)
        self._loop.call_soon_threadsafe(self._serving.accept, listener, take)

    def stop(self) -> None:
        """Close all listeners, without waiting for names that are being resolved.

        Caught connections belong to the server and end with it.
        """
        for listener in self._listeners:
            asyncio.run_coroutine_threadsafe(self._serving.end(listener), self._loop).result()

    async def _forward(self, port: int, taken: socket.socket) -> None:
        await join(taken, await asyncio.open_connection("127.0.0.1", port))

    async def _take(self, taken: socket.socket, name: str = "") -> None:
        """Answer a client, which has asked for the host `name` if that is known."""
        async with asyncio.timeout(self._bounds.idle_seconds):
            first = await first_bytes(taken)
        if first.startswith(TLS_RECORD):
            await self._handshake(taken, name)
            return
        try:
            async with asyncio.timeout(self._bounds.head_seconds):
                head = await read_lines(taken, self._bounds.head_bytes)
        except TimeoutError:
            late = f"The head took more than {self._bounds.head_seconds:g} s (head_seconds)."
            await self._answer(taken, 408, late)
            return
        if head.method == b"CONNECT" or b"://" in head.target:
            await self._proxy(taken, head)
        elif head.raw:
            await self._catch(taken, name or _name(head.host), head.raw)
        else:
            taken.close()

    async def _proxy(self, taken: socket.socket, head: HeadLines) -> None:
        """Serve what clients send to a proxy: CONNECT, or `GET https://host/path`."""
        target, is_tunnel = head.target.decode("latin-1"), head.method == b"CONNECT"
        try:
            url = urlsplit(f"https://{target}" if is_tunnel else target)
            name, port = (url.hostname or "").rstrip("."), url.port or _PORTS.get(url.scheme, 80)
        except ValueError as error:
            await self._answer(taken, 400, f"The target is not a URL: {error}.")
            return
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        # one request per connection: the next one may be for another host
        last = b"" if is_tunnel else head.rewritten(path.encode("latin-1"), _CLOSE)
        if name not in self._hosts:
            await self._pass_on(taken, head, name, port, last=last)
        elif last:
            await self._catch(taken, name, last)
        else:  # with TLS or without, to whatever port
            await self._loop.sock_sendall(taken, _CONNECTED)
            await self._take(taken, name)

    async def _pass_on(
        self, taken: socket.socket, head: HeadLines, host: str, port: int, *, last: bytes = b""
    ) -> None:
        """Pass a connection on to another host. `last` is the request to send without a proxy."""
        if self._upstream is None:
            self._count(host, "denied")
            await self._answer(taken, 403, f"toplyne-sandbox run denies {host}.")
            return
        tls = not last or head.target.startswith(b"https:")
        proxy = self._upstream.proxy_for(host, tls=tls)
        try:
            if proxy is None:
                there = await self._upstream.connect(host, port, tls=bool(last) and tls)
            else:
                there = await self._upstream.connect(proxy.host, proxy.port)
        except (OSError, ValueError) as error:
            self._count(host, "unreachable")
            await self._answer(taken, 502, f"{host}:{port} cannot be reached: {error}.")
            return
        self._count(host, "passed on")
        if proxy is not None:
            last = head.rewritten(head.target, proxy.authorization, _CLOSE if last else b"")
        elif not last:
            await self._loop.sock_sendall(taken, _CONNECTED)
        await join(taken, there, last)

    async def _catch(self, taken: socket.socket, name: str, first: bytes) -> None:
        self._count(name, "caught")
        await self._serving.connect(taken, first)

    async def _handshake(self, taken: socket.socket, name: str) -> None:
        """Catch a client that begins with TLS. Without a name, its handshake tells the host."""
        told: list[str] = []
        _told.set(told)
        fate: ConnectionResult = "distrusted"
        try:
            await self._serving.connect(taken, context=self._context)
            fate = "caught"
        finally:
            self._count(name or _name(told[0] if told else ""), fate)

    async def _answer(self, taken: socket.socket, status: int, sentence: str) -> None:
        """Answer a client, and read the rest of its request: otherwise it would see a reset."""
        answer = HttpAnswer(status, _TEXT, f"{sentence}\n".encode())
        with taken:
            await self._loop.sock_sendall(taken, to_bytes(answer, method="", keep_alive=False))
            taken.shutdown(socket.SHUT_WR)
            async with asyncio.timeout(self._bounds.linger_seconds):
                while await self._loop.sock_recv(taken, _REST):
                    pass

    def _count(self, host: str, fate: ConnectionResult) -> None:
        seen = ConnectedHost(host or _NOBODY, fate)
        if seen not in self.seen and len(self.seen) >= MOST_HOSTS_TOLD:
            seen = ConnectedHost(_OTHERS, fate)
        self.seen[seen] += 1


def _note_server_name(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
    # asyncio reads a connection in the context of the task that took it
    if name is not None:
        _told.get([]).append(name)


def _name(host: str) -> str:
    """Return a host name for comparison: without its port, in lower case."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""
