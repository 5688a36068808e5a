"""Gateway: the port that takes what is meant for the caught hosts to the mock.

It is a proxy for clients that ask one, and the host itself for clients that were led here. It
looks at the first bytes of a connection; from then on it hands on bytes.
"""

import asyncio
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import Any, Final, Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from mock_server.bounds import BACKLOG
from mock_server.intercept.elsewhere import Elsewhere
from mock_server.intercept.relay import BOUNDS, Head, Streams, close, join, read_head
from mock_server.server.listening import TLS_RECORD, first_bytes, listen

MOST_HOSTS_TOLD: Final = 1000
"""How many hosts `run` counts one by one; the others are counted together."""

Fate: TypeAlias = Literal["caught", "passed on", "denied", "unreachable", "distrusted"]
"""What became of a connection; distrusted where the client did not take our certificate."""

Take: TypeAlias = Callable[[socket.socket], Coroutine[Any, Any, None]]

_PORTS: Final = {"http": 80, "https": 443}
_NOBODY: Final = "(no name)"
_OTHERS: Final = "(others)"
_CLOSE: Final = b"Connection: close"
_CONNECTED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
_told: ContextVar[list[str]] = ContextVar("_told")


class Seen(NamedTuple):
    """A host that was asked for, and what became of that."""

    host: str
    fate: Fate


class Gateway:
    """A port that listens, and more that are added; served in a thread of its own.

    `seen` counts the connections by host and fate.
    """

    def __init__(
        self,
        mock: tuple[str, int],
        hosts: Collection[str],
        context: ssl.SSLContext,
        elsewhere: Elsewhere | None,
    ) -> None:
        """Take what is for `hosts` to the mock; where there is no elsewhere, deny all else."""
        self.seen: Counter[Seen] = Counter()
        self._mock = mock
        self._hosts = frozenset(hosts)
        self._context = context
        self._elsewhere = elsewhere
        self._loop = asyncio.SelectorEventLoop()
        self._stopped = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="toplyne-gateway", daemon=True)
        context.sni_callback = _hear_name
        listener = listen("127.0.0.1", 0)
        self.port: int = listener.getsockname()[1]
        self.add(listener)

    def start(self) -> None:
        """Take connections, also those that wait already."""
        self._thread.start()

    def add(self, listener: socket.socket, *, forward: int | None = None) -> None:
        """Listen there too; `forward` hands all that comes on to a port of this machine."""
        listener.listen(BACKLOG)
        listener.setblocking(False)
        take = self._take if forward is None else partial(self._forward, forward)
        self._loop.call_soon_threadsafe(self._spawn, self._accept(listener, take))

    def stop(self) -> None:
        """Close every listener and connection; a name that is being looked up is not waited for."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def _run(self) -> None:
        # asyncio.Runner would also wait for its executor, in which names are looked up
        self._loop.run_until_complete(self._until_stopped())
        self._loop.close()

    async def _until_stopped(self) -> None:
        """Let the tasks run until the gateway is stopped, then end them all."""
        await self._stopped.wait()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listener: socket.socket, take: Take) -> None:
        with listener:
            while True:
                try:
                    connection, _ = await self._loop.sock_accept(listener)
                except OSError:  # no descriptor left, or the client is gone again
                    await asyncio.sleep(0.05)
                    continue
                self._spawn(self._guarded(take, connection))

    async def _guarded(self, take: Take, connection: socket.socket) -> None:
        # a client that is gone, or takes its time: nobody is left to be told
        with connection, suppress(OSError, TimeoutError):
            await take(connection)

    async def _forward(self, port: int, connection: socket.socket) -> None:
        there = await asyncio.open_connection("127.0.0.1", port)
        await join(await self._streams(connection), there)

    async def _take(self, connection: socket.socket) -> None:
        async with asyncio.timeout(BOUNDS.idle_seconds):
            first = await first_bytes(connection)
        if not first:
            return
        if first.startswith(TLS_RECORD):
            with self._handshake():
                here = await self._streams(connection, self._context)
            work = self._relay(here)
        else:
            here = await self._streams(connection)
            work = self._serve_head(here)
        try:
            await work
        finally:
            if not here[1].is_closing():  # Python 3.11.2 cannot abort what was closed in order
                here[1].transport.abort()

    async def _serve_head(self, here: Streams) -> None:
        """Serve a client that speaks without TLS, by the head of its first request."""
        try:
            head = await read_head(here[0])
        except TimeoutError:
            late = f"The head took more than {BOUNDS.head_seconds:g} s (head_seconds)."
            await _answer(here[1], "408 Request Timeout", late)
            return
        if head.method == b"CONNECT":
            await self._connect(here, head)
        elif b"://" in head.target:
            await self._absolute(here, head)
        else:
            self._count(_name(head.value(b"host").decode("latin-1")), "caught")
            await self._relay(here, head.raw)

    async def _streams(
        self, connection: socket.socket, context: ssl.SSLContext | None = None
    ) -> Streams:
        made: asyncio.Future[Streams] = self._loop.create_future()
        await self._loop.connect_accepted_socket(
            lambda: asyncio.StreamReaderProtocol(
                asyncio.StreamReader(limit=BOUNDS.head_bytes),
                lambda reader, writer: made.set_result((reader, writer)),
            ),
            connection,
            ssl=context,
            ssl_handshake_timeout=BOUNDS.head_seconds if context else None,
        )
        return await made

    async def _connect(self, here: Streams, head: Head) -> None:
        """Serve CONNECT: the caught hosts here, others where they are."""
        host, _, port = head.target.decode("latin-1").rpartition(":")
        name = _name(host)
        if name not in self._hosts:
            await self._pass_on(here, head, name, int(port) if port.isdecimal() else 443)
            return
        here[1].write(_CONNECTED)
        if port == str(_PORTS["http"]):
            self._count(name, "caught")
            await self._relay(here)
            return
        with self._handshake(name):
            await here[1].start_tls(self._context, ssl_handshake_timeout=BOUNDS.head_seconds)
        await self._relay(here)

    async def _absolute(self, here: Streams, head: Head) -> None:
        """Serve `GET https://host/path`, which is asked of a proxy without CONNECT."""
        try:
            url = urlsplit(head.target.decode("latin-1"))
            name, port = url.hostname or "", url.port or _PORTS.get(url.scheme, 80)
        except ValueError as error:
            await _answer(here[1], "400 Bad Request", f"The target is not a URL: {error}.")
            return
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        # one request a connection: the next one may be for another host
        last = head.rewritten(path.encode("latin-1"), _CLOSE)
        if name in self._hosts:
            self._count(name, "caught")
            await self._relay(here, last)
            return
        await self._pass_on(here, head, name, port, last=last)

    async def _pass_on(
        self, here: Streams, head: Head, host: str, port: int, *, last: bytes = b""
    ) -> None:
        """Hand a connection on to another host; `last` is what it is asked without a proxy."""
        if self._elsewhere is None:
            self._count(host, "denied")
            await _answer(here[1], "403 Forbidden", f"toplyne-sandbox run denies {host}.")
            return
        tls = not last or head.target.startswith(b"https:")
        proxy = self._elsewhere.proxy_for(host, tls=tls)
        try:
            if proxy is None:
                there = await self._elsewhere.connect(host, port, tls=bool(last) and tls)
            else:
                there = await self._elsewhere.connect(proxy.host, proxy.port)
        except (OSError, ValueError) as error:
            self._count(host, "unreachable")
            await _answer(here[1], "502 Bad Gateway", f"{host}:{port} cannot be reached: {error}.")
            return
        self._count(host, "passed on")
        if proxy is None and not last:
            here[1].write(_CONNECTED)
        elif proxy is not None:
            last = head.rewritten(head.target, proxy.authorization, _CLOSE if last else b"")
        await join(here, there, last)

    async def _relay(self, here: Streams, first: bytes = b"") -> None:
        await join(here, await asyncio.open_connection(*self._mock), first)

    @contextmanager
    def _handshake(self, name: str = "") -> Iterator[None]:
        """Count what comes of a handshake, for the host the client names in it."""
        told: list[str] = []
        _told.set(told)
        fate: Fate = "distrusted"
        try:
            yield
            fate = "caught"
        finally:
            self._count(name or _name(told[0] if told else ""), fate)

    def _count(self, host: str, fate: Fate) -> None:
        seen = Seen(host or _NOBODY, fate)
        if seen not in self.seen and len(self.seen) >= MOST_HOSTS_TOLD:
            seen = Seen(_OTHERS, fate)
        self.seen[seen] += 1


def _hear_name(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
    # asyncio reads a connection in the context of the task that took it
    if name is not None:
        _told.get([]).append(name)


def _name(host: str) -> str:
    """Return a host name as it is compared: without its port, in lower case."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


async def _answer(writer: asyncio.StreamWriter, status: str, sentence: str) -> None:
    body = f"{sentence}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
    await close(writer)
