"""Delivery client: an HTTP client that connects only to allowed hosts and bounds every answer.

Each connection checks whether its host may be reached, so a redirect cannot take an event's body
elsewhere. An answer has at most `MAX_ANSWER` bytes, inflated, and `MAX_SECONDS` in all, including
its head.
"""

import ssl
import time
import zlib
from collections.abc import Callable, Sized
from contextlib import closing
from contextvars import ContextVar
from functools import cache
from typing import Any, Final

import httpcore
import httpx

from sandbox.loopback import is_loopback

MAX_SECONDS: Final = 10.0
"""Segment's own time-out of a delivery."""

MAX_ANSWER: Final = 64 * 1024
"""The most bytes of an answer's body."""

_CODINGS: Final = frozenset({"gzip", "x-gzip", "deflate"})
_GZIP, _ZLIB, _RAW_DEFLATE = 31, 15, -15  # zlib's codes of the formats

_deadline: ContextVar[float] = ContextVar("deadline")


class AnswerTooLarge(httpx.ReadError):
    """Raised for an answer of more than MAX_ANSWER bytes."""


def open_client(*, may_reach: Callable[[str], bool] = is_loopback) -> httpx.Client:
    """Return an httpx client for deliveries: 10 s timeout, redirects followed, no proxy.

    `may_reach` is called with the name or address of the host at each connection.
    """
    return httpx.Client(
        transport=_Transport(may_reach),
        timeout=MAX_SECONDS,
        follow_redirects=True,
        max_redirects=20,
        trust_env=False,
    )


def may_reach_also(base_url: str) -> Callable[[str], bool]:
    """Return a `may_reach` that allows the host of a configured URL, and this machine."""
    own = httpx.URL(base_url).host
    return lambda host: host == own or is_loopback(host)


def sent(client: httpx.Client, message: httpx.Request) -> httpx.Response:
    """Send a request and return its answer, read within the bounds.

    Raises httpx.HTTPError; for a host that may not be reached, the message names it.
    """
    token = _deadline.set(time.monotonic() + MAX_SECONDS)
    try:
        with closing(client.send(message, stream=True)) as answer:
            body = _read(answer)
    finally:
        _deadline.reset(token)
    headers = [(k, v) for k, v in answer.headers.raw if k.lower() != b"content-encoding"]
    return httpx.Response(
        answer.status_code,
        headers=headers,
        content=body,
        extensions=answer.extensions,
        request=answer.request,
    )


def _read(answer: httpx.Response) -> bytes:
    """Return the body without its content encoding."""
    if answer.is_stream_consumed:  # a test client has already read and decoded it
        _bounded(answer.content)
        return answer.content
    pieces = bytearray()
    for piece in answer.iter_raw():
        pieces += piece
        _bounded(pieces)
    body = bytes(pieces)
    coding = answer.headers.get("content-encoding", "").strip().lower()
    try:
        return _inflated(body, coding) if body and coding in _CODINGS else body
    except zlib.error as error:
        raise httpx.DecodingError(f"the answer is not valid {coding}: {error}") from None


def _inflated(body: bytes, coding: str) -> bytes:
    """Return what node-fetch reads: all members of gzip, and a truncated body as far as it goes."""
    window = _GZIP
    if coding == "deflate":  # which some servers send without zlib's header
        window = _ZLIB if body[0] & 0x0F == 8 else _RAW_DEFLATE
    plain, rest = bytearray(), body
    while rest:
        member = zlib.decompressobj(window)
        plain += member.decompress(rest, MAX_ANSWER + 1 - len(plain))
        _bounded(plain)
        rest = member.unused_data
        if window != _GZIP or rest.startswith(b"\0"):  # zeros are padding
            break
    return bytes(plain)


def _bounded(body: Sized) -> None:
    if len(body) > MAX_ANSWER:
        raise AnswerTooLarge(f"the answer has more than {MAX_ANSWER:,} bytes, which is the limit")


@cache
def trusted_authorities() -> ssl.SSLContext:
    """Return httpx's TLS context, made once because loading it takes longer than a delivery."""
    return httpx.create_ssl_context(trust_env=False)


class _Transport(httpx.HTTPTransport):
    """httpx's own transport, with connections that check their host and have a deadline."""

    def __init__(self, may_reach: Callable[[str], bool]) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=trusted_authorities(), network_backend=_Backend(may_reach)
        )


class _Backend(httpcore.SyncBackend):
    def __init__(self, may_reach: Callable[[str], bool]) -> None:
        self._may_reach = may_reach

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *more: Any, **options: Any
    ) -> httpcore.NetworkStream:
        if not self._may_reach(host):
            raise httpcore.ConnectError(
                f"{host} is not this machine and not the configured host, so nothing is sent there"
            )
        return _Stream(super().connect_tcp(host, port, _left(timeout), *more, **options))


class _Stream(httpcore.NetworkStream):
    """A connection that waits no longer than the delivery's deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None) -> float | None:
    """Return the seconds a step may take; raises ReadTimeout if the delivery has none left."""
    deadline = _deadline.get(None)
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the delivery timed out")
    return left if timeout is None else min(timeout, left)
