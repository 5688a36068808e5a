"""Senders: send a destination's requests over a network, or to the mock in this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from mock_server.exchange import Answer, Received, received
from mock_server.routes import PREFIX
from mock_server.toplyne.answers import phrase_of
from sandbox.delivery import TIMEOUT_SECONDS, Delivery, deliver, sent_headers
from sandbox.segment.pipeline import Request

if TYPE_CHECKING:
    import httpx

_HOST: Final = "localhost"
_LOST: Final = {
    "reset": "the connection was reset",
    "empty": "the server hung up without an answer",
    "half": "the server hung up in the middle of its answer",
    "garbage": "the answer is not HTTP",
}


class Sender(Protocol):
    """Sends a request once and returns the delivery. Never raises for what a server does."""

    def __call__(self, request: Request) -> Delivery:
        """Send it."""

    def close(self) -> None:
        """Close what is open."""


class NetworkSender:
    """Sends over persistent connections."""

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str,
        open_client: Callable[[], httpx.Client] | None = None,
    ) -> None:
        """Send to `base_url`. The client is opened by the first request."""
        self._api_key = api_key
        self._base_url = base_url
        self._open_client = open_client
        self._client: httpx.Client | None = None

    def __call__(self, request: Request) -> Delivery:
        """Send it."""
        if self._client is None:
            self._client = self._opened()
        return deliver(request, api_key=self._api_key, base_url=self._base_url, client=self._client)

    def _opened(self) -> httpx.Client:
        if self._open_client is not None:
            return self._open_client()
        from sandbox import delivery_client  # noqa: PLC0415 - with the first delivery

        return delivery_client.open_client(may_reach=delivery_client.may_reach_also(self._base_url))

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()


class InsideSender:
    """Calls the mock in this process, with the headers that Segment sends.

    The mock answers as it does on a socket, faults included. Without a client and a socket a
    delivery takes a fraction of the time.
    """

    def __init__(
        self,
        answer: Callable[[Received], Answer],
        *,
        api_key: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Call `answer`; `sleep` waits for delayed answers."""
        self._answer = answer
        self._api_key = api_key
        self._sleep = sleep

    def __call__(self, request: Request) -> Delivery:
        """Send it."""
        came = self._received(request)
        url = f"http://{_HOST}{came.path}"
        given = self._answer(came)

        if given.delay:
            self._sleep(min(given.delay, TIMEOUT_SECONDS))
        if given.delay >= TIMEOUT_SECONDS:
            late = f"Request timed out after {TIMEOUT_SECONDS * 1000:.0f}ms"
            return _lost(request, url, "ETIMEDOUT", late)
        if given.wire != "whole":
            why = _LOST.get(given.wire, given.wire)
            return _lost(request, url, "ECONNRESET", f"request to {url} failed, reason: {why}")
        return Delivery(
            request=request,
            url=url,
            status=given.status,
            code=str(given.status),
            error="" if 200 <= given.status < 300 else phrase_of(given.status),
            headers=given.all_headers,
            text=given.body.decode("utf-8", "replace"),
        )

    def _received(self, request: Request) -> Received:
        """Return the request as it would arrive on a socket."""
        all_headers = (*sent_headers(request, self._api_key), ("Host", _HOST))
        return received(request.method, f"{PREFIX}{request.path}", all_headers, request.content)

    def close(self) -> None:
        """Do nothing: nothing is open."""


def _lost(request: Request, url: str, code: str, error: str) -> Delivery:
    return Delivery(request=request, url=url, status=None, code=code, error=error)
