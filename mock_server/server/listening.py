"""Listening: a socket that takes connections, or a sentence about why there is none."""

from __future__ import annotations

import errno
import socket
import sys

from mock_server.bounds import BACKLOG


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
