"""Listening: open the listening socket, and find the names clients may call it by."""

import asyncio
import errno
import socket
import sys
from contextlib import suppress
from ipaddress import ip_address
from typing import Final

from mock_server.bounds import BACKLOG

TLS_RECORD: Final = b"\x16"
"""The first byte of a TLS handshake. No HTTP request begins with it."""
_PEEKED_BYTES: Final = 512
_ELSEWHERE: Final = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Documentation addresses (RFC 5737, RFC 3849). Nothing is sent to them."""


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises OSError with a sentence if the port cannot be used."""
    family, kind, proto, _, address = socket.getaddrinfo(
        host.encode() if host.isascii() else host,  # a string would load the IDNA tables
        port,
        type=socket.SOCK_STREAM,
        flags=socket.AI_PASSIVE,
    )[0]
    # without an explicit protocol asyncio leaves Nagle's algorithm on
    listener = socket.socket(family, kind, proto or socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # on Windows two servers could then share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error}"
        raise OSError(error.errno, f"port {port} of {host} {reason}; use 0 for any port") from error
    return listener


def own_names(host: str) -> tuple[str, ...]:
    """Return the names by which clients can reach a listening address, the best first.

    For all addresses (`0.0.0.0`, `::`) they are this machine's outgoing addresses, its host name
    and the loopback.
    """
    try:
        is_all = ip_address(host).is_unspecified
    except ValueError:
        is_all = not host
    if not is_all:
        return (host,)
    found = [*_outward(), socket.gethostname().lower(), "127.0.0.1"]
    return tuple(dict.fromkeys(found))


def _outward() -> list[str]:
    found = []
    for family, elsewhere in _ELSEWHERE:
        with socket.socket(family, socket.SOCK_DGRAM) as probe, suppress(OSError):  # no route
            probe.connect((elsewhere, 9))
            found.append(str(probe.getsockname()[0]))
    return found


async def first_bytes(taken: socket.socket) -> bytes:
    """Return the first bytes of a connection without consuming them, b"" if it was closed."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(taken, readable.set)
    try:
        await readable.wait()
        return taken.recv(_PEEKED_BYTES, socket.MSG_PEEK)
    finally:
        loop.remove_reader(taken)
