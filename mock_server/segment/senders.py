"""Senders: send a destination's requests over a network, or directly to the mock."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache, partial
from typing import TYPE_CHECKING, Final, TypeAlias

from mock_server.exchange import HttpAnswer, Received, Wire, received
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


Answerer: TypeAlias = Callable[[Received], HttpAnswer]
"""Answers a request to the mock in this process."""
Sender: TypeAlias = Callable[[Request], Delivery]
"""Sends a request once. It never raises because of what a server does."""


def sender_for(destination: ConnectedDestination, answer: Answerer, stack: ExitStack) -> Sender:
    """Return the sender of a destination; without a URL it sends to `answer`.

    With one it uses persistent connections. The stack closes its client, which the first request
    opens.
    """
    api_key, base_url = destination.api_key, destination.base_url
    if base_url is None:
        return partial(send_inside, answer, api_key)

    @cache
    def client() -> httpx.Client:
        from sandbox.delivery_client import may_reach_also, open_client  # noqa: PLC0415 - with the first delivery

        return stack.enter_context(open_client(may_reach=may_reach_also(base_url)))

    return lambda request: deliver(request, api_key=api_key, base_url=base_url, client=client())


def send_inside(answer: Answerer, api_key: str, request: Request) -> Delivery:
    """Call the mock in this process, with the headers that Segment sends.

    The answer is the same as over a socket, faults included, in a fraction of the time. Only
    redirects are not followed, and a content coding or a length over 64 KiB is not looked at.
    """
    all_headers = (*sent_headers(request, api_key), ("Host", _HOST))
    path = f"{PREFIX}{request.path}"
    given = answer(received(request.method, path, all_headers, request.content))
    delivery = partial(Delivery, request=request, url=f"http://{_HOST}{path}")

    seconds = given.delay + (len(given.body) / given.pace if given.pace else 0)
    if seconds:
        time.sleep(min(seconds, TIMEOUT_SECONDS))
    if seconds >= TIMEOUT_SECONDS:
        late = f"Request timed out after {TIMEOUT_SECONDS * 1000:.0f}ms"
        return delivery(status=None, code="ETIMEDOUT", error=late)
    if given.wire != "whole":
        why = f"request to http://{_HOST}{path} failed, reason: {_LOST[given.wire]}"
        return delivery(status=None, code="ECONNRESET", error=why)
    return delivery(
        status=given.status,
        code=str(given.status),
        error="" if 200 <= given.status < 300 else phrase_of(given.status) or str(given.status),
        headers=given.all_headers,
        text=given.body.decode("utf-8", "replace"),
    )
