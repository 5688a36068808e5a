"""Wire: what tests send and get as bytes, where a client library would stand in the way."""

import socket
from contextlib import suppress
from functools import lru_cache

import httpx

from mock_server.answering import Answering

ONCE = httpx.Limits(max_keepalive_connections=0)
SECONDS = 60
"""How long a client waits. On a busy machine httpx's own 5 s are too few for a first request, for
which the server loads Flask and the views.
"""

http = httpx.Client(verify=False, trust_env=False, limits=ONCE, timeout=SECONDS)
"""For calls that share nothing: `httpx.get` reads all certificate authorities for each call."""


def control_client(server):
    """Return a client of a server's `/_sandbox`."""
    return httpx.Client(
        base_url=f"{server.url}/_sandbox/", trust_env=False, verify=False, timeout=SECONDS
    )


BODY = b'{"events":[{"userId":"u1","eventName":"Signed Up","timestamp":1700000000}]}'


@lru_cache(maxsize=4)
def answering(mock):
    """Return what answers any request to a mock, on whatever path."""
    return Answering(mock)


def post(
    path="/v1/upload/events",
    body=BODY,
    *,
    token="tok_wire_test",
    length=None,
    version="1.1",
    close=True,
    headers=(),
):
    lines = [
        f"POST {path} HTTP/{version}",
        "Host: localhost",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        f"Content-Length: {len(body) if length is None else length}",
        *(["Connection: close"] if close else []),
        *headers,
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n" + body


def talk(server, *parts, half_close=False, timeout=5, wait_for=None):
    """Send the parts, wait for `wait_for` after each but the last, return all until the end.

    `half_close` ends our side after the last part; a reset is said as b"<reset>".
    """
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as connection:
        got = b""
        for number, part in enumerate(parts):
            connection.sendall(part)
            if number < len(parts) - 1 and wait_for is not None:
                while wait_for not in got:
                    got += connection.recv(65536)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        with suppress(TimeoutError):
            try:
                while data := connection.recv(65536):
                    got += data
            except ConnectionResetError:
                return got + b"<reset>"
            return got
        return got + b"<time is up>"


def parsed(answer):
    """Return status, headers (names as sent) and body of one answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    return int(status.split(" ")[1]), [tuple(line.split(": ", 1)) for line in lines], body
