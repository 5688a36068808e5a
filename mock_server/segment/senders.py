"""Senders: send a destination's requests over a network, or to the mock in this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final, TypeAlias

from mock_server.exchange import Answer, Received, Wire, received
from mock_server.routes import PREFIX
from mock_server.toplyne.answers import phrase_of
from sandbox.delivery import TIMEOUT_SECONDS, Delivery, deliver, sent_headers
from sandbox.segment.pipeline import Request
from sandbox.workspace import ConnectedDestination

if TYPE_CHECKING:
    import httpx

_HOST: Final = "localhost"
_LOST: Final[dict[Wire, str]] = {
    "reset": "the connection was reset",
    "empty": "the server hung up without an answer",
    "half": "the server hung up in the middle of its answer",
    "garbage": "the answer is not HTTP",
}


class NetworkSender:
    """Sends a request once, over persistent connections. Never raises for what a server does."""

    def __init__(self, *, api_key: str, base_url: str) -> None:
        """Send to `base_url`. The client is opened by the first request."""
        self._api_key = api_key
        self._base_url = base_url

    def __call__(self, request: Request) -> Delivery:
        """Send it."""
        return deliver(request, api_key=self._api_key, base_url=self._base_url, client=self._client)

    @cached_property
    def _client(self) -> httpx.Client:
        from sandbox.delivery_client import may_reach_also, open_client  # noqa: PLC0415 - with the first delivery

        return open_client(may_reach=may_reach_also(self._base_url))

    def close(self) -> None:
        """Close the connections."""
        if "_client" in vars(self):
            self._client.close()


class InsideSender:
    """Calls the mock in this process, with the headers that Segment sends.

    The mock answers as it does on a socket, faults included. Without a client and a socket a
    delivery takes a fraction of the time.
    """

    def __init__(self, answer: Callable[[Received], Answer], *, api_key: str) -> None:
        """Call `answer`."""
        self._answer = answer
        self._api_key = api_key

    def __call__(self, request: Request) -> Delivery:
        """Send it."""
        all_headers = (*sent_headers(request, self._api_key), ("Host", _HOST))
        path = f"{PREFIX}{request.path}"
        given = self._answer(received(request.method, path, all_headers, request.content))
        delivery = partial(Delivery, request=request, url=f"http://{_HOST}{path}")

        if given.delay:
            time.sleep(min(given.delay, TIMEOUT_SECONDS))
        if given.delay >= TIMEOUT_SECONDS:
            late = f"Request timed out after {TIMEOUT_SECONDS * 1000:.0f}ms"
            return delivery(status=None, code="ETIMEDOUT", error=late)
        if given.wire != "whole":
            why = f"request to http://{_HOST}{path} failed, reason: {_LOST[given.wire]}"
            return delivery(status=None, code="ECONNRESET", error=why)
        return delivery(
            status=given.status,
            code=str(given.status),
            error="" if 200 <= given.status < 300 else phrase_of(given.status),
            headers=given.all_headers,
            text=given.body.decode("utf-8", "replace"),
        )

    def close(self) -> None:
        """Do nothing: nothing is open."""


Sender: TypeAlias = NetworkSender | InsideSender


def sender_for(destination: ConnectedDestination, answer: Callable[[Received], Answer]) -> Sender:
    """Return the sender of a destination; without a URL it sends to `answer`."""
    if destination.base_url is None:
        return InsideSender(answer, api_key=destination.api_key)
    return NetworkSender(api_key=destination.api_key, base_url=destination.base_url)
