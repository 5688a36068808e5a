"""Listening: a socket that takes connections or says why there is none, and what it is called."""

import asyncio
import errno
import socket
import sys
from contextlib import closing
from ipaddress import ip_address
from typing import Final

from mock_server.bounds import BACKLOG

TLS_RECORD: Final = b"\x16"
"""What TLS begins with, and no request of HTTP."""
_PEEKED_BYTES: Final = 512
_ELSEWHERE: Final = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses of documentation (RFC 5737, RFC 3849); nothing is sent to them."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises OSError with a sentence where that cannot be."""
    family, kind, proto, _, address = socket.getaddrinfo(
        host.encode() if host.isascii() else host,  # a string would load the tables of IDNA
        port,
        type=socket.SOCK_STREAM,
        flags=socket.AI_PASSIVE,
    )[0]
    # with its protocol named, or asyncio leaves Nagle's algorithm on
    listener = socket.socket(family, kind, proto or socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error}"
        raise OSError(error.errno, f"port {port} of {host} {reason}; 0 takes a free one") from error
    return listener


def own_names(host: str) -> tuple[str, ...]:
    """Return what a listening address is called by clients, the best first.

    An address is itself; all addresses (`0.0.0.0`, `::`) are the ones from which this machine
    would reach others, its name, and the loopback.
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
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
            try:
                probe.connect((elsewhere, 9))
            except OSError:  # no way there
                continue
            found.append(str(probe.getsockname()[0]))
    return found


async def first_bytes(taken: socket.socket) -> bytes:
    """Return the first bytes that come, none at the end, and leave them where they are."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(taken, readable.set)
    try:
        await readable.wait()
        return taken.recv(_PEEKED_BYTES, socket.MSG_PEEK)
    finally:
        loop.remove_reader(taken)
