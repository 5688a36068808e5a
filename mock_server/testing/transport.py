"""Transport: the mock inside an httpx client, without a socket."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx

from mock_server.answering import Answering
from mock_server.exchange import Answer, received
from sandbox.toplyne import TOPLYNE

if TYPE_CHECKING:
    from mock_server.mock import Mock

_LOST: dict[str, Callable[[str], httpx.TransportError]] = {
    "reset": lambda _: httpx.ReadError("[Errno 104] Connection reset by peer"),
    "empty": lambda _: httpx.RemoteProtocolError("Server disconnected without sending a response."),
    "half": lambda size: httpx.RemoteProtocolError(
        f"peer closed connection without sending complete message body ({size})"
    ),
    "garbage": lambda _: httpx.RemoteProtocolError("illegal status line"),
}


class MockTransport(httpx.BaseTransport):
    """An httpx transport that asks a mock instead of a network.

    >>> mock = Mock(tokens={"default": "a-token"})
    >>> client = httpx.Client(transport=MockTransport(mock), base_url="http://localhost/v1")
    >>> client.get("/auth/me").status_code
    401
    """

    def __init__(self, mock: Mock, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Ask `mock`; `sleep` passes the time of delayed answers."""
        self._answering = Answering(mock, in_process=True)
        self._sleep = sleep

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return what the mock answers; raises the error httpx raises for a broken answer."""
        came = received(
            request.method,
            request.url.raw_path.decode("latin-1"),
            [(n.decode("latin-1"), v.decode("latin-1")) for n, v in request.headers.raw],
            request.read()[: TOPLYNE.max_body + 1],
        )
        return self._response(self._answering.answer(came), request)

    def _response(self, answer: Answer, request: httpx.Request) -> httpx.Response:
        if answer.delay:
            self._pass(answer.delay, request)
        if answer.wire != "whole":
            size = f"received {len(answer.body) // 2} bytes, expected {len(answer.body)}"
            error = _LOST[answer.wire](size)
            error.request = request
            raise error
        body = b"" if request.method == "HEAD" else answer.body
        return httpx.Response(
            answer.status, headers=list(answer.sent_headers), stream=httpx.ByteStream(body)
        )

    def _pass(self, delay: float, request: httpx.Request) -> None:
        limit = request.extensions.get("timeout", {}).get("read")
        if limit is not None and delay > limit:
            self._sleep(limit)
            raise httpx.ReadTimeout("timed out", request=request)
        self._sleep(delay)
