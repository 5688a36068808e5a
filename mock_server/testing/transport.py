"""Transport: connect an httpx client to the mock, without a socket."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

import httpx

from mock_server.answering import Answering
from mock_server.exchange import Fields, HttpAnswer, Received, received, slowly
from sandbox.toplyne import TOPLYNE

if TYPE_CHECKING:
    from mock_server.mock import Mock
    from mock_server.testing.isolated_tenant import Toplyne

_BEARER: Final = b"Bearer "
_HALF: Final = "peer closed connection without sending complete message body ({})"
_LOST: Final[dict[str, tuple[type[httpx.TransportError], str]]] = {
    "reset": (httpx.ReadError, "[Errno 104] Connection reset by peer"),
    "empty": (httpx.RemoteProtocolError, "Server disconnected without sending a response."),
    "half": (httpx.RemoteProtocolError, _HALF),
    "garbage": (httpx.RemoteProtocolError, "illegal status line"),
}


class MockTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport for httpx.Client and httpx.AsyncClient that calls a mock instead of a network.

    It answers for any host. `toplyne` is the tenant of the fixture's test.

    >>> mock = Mock(tokens={"default": "a-token"})
    >>> client = httpx.Client(transport=MockTransport(mock), base_url="https://api.toplyne.io/v1")
    >>> client.get("/auth/me").status_code
    401
    """

    def __init__(
        self,
        mock: Mock,
        *,
        sleep: Callable[[float], None] = time.sleep,
        toplyne: Toplyne | None = None,
    ) -> None:
        """Call `mock`. With httpx.Client, `sleep` waits for delayed answers."""
        self._answering = Answering(mock, in_process=True)
        self._sleep = sleep
        self._toplyne = toplyne

    @property
    def toplyne(self) -> Toplyne:
        """The test's tenant, with its token. Only the fixture's transport has one."""
        if self._toplyne is None:
            raise AttributeError("only the transport of the fixture `toplyne_transport` has this")
        return self._toplyne

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the mock's answer. Raises the same errors as httpx for a broken answer."""
        answer = self._answering.answer(_received(request, request.read()))
        if seconds := _seconds(answer, request):
            self._sleep(seconds)
        return _response(answer, request, partial(slowly, sleep=self._sleep))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Do the same without blocking the event loop, asyncio's or trio's."""
        import anyio.to_thread  # noqa: PLC0415 - only for AsyncClient

        received = _received(request, await request.aread())
        if self._answering.is_at_once(received):
            answer = self._answering.at_once(received)
        else:
            answer = await anyio.to_thread.run_sync(self._answering.answer, received)
        if seconds := _seconds(answer, request):
            await anyio.sleep(seconds)
        return _response(answer, request, _slowly_async)


async def _slowly_async(body: bytes, pace: int) -> AsyncIterator[bytes]:
    import anyio  # noqa: PLC0415 - only for AsyncClient

    slept: list[float] = []
    for piece in slowly(body, pace, slept.append):
        if slept:
            await anyio.sleep(slept.pop())
        yield piece


def _received(request: httpx.Request, body: bytes) -> Received:
    target, fields = request.url.raw_path.decode("latin-1"), _fields_of(request.headers.raw)
    return received(request.method, target, fields, body[: TOPLYNE.max_body + 1])


def _fields_of(raw: list[tuple[bytes, bytes]]) -> Fields:
    """Return header fields. Those that differ only in the bearer token share their cache entry."""
    places = [n for n, (name, _) in enumerate(raw) if name.lower() == b"authorization"]
    token = raw[places[0]][1] if len(places) == 1 else b""
    if not token.startswith(_BEARER):
        return _fields(tuple(raw))
    alike = [*raw]
    alike[places[0]] = b"authorization", _BEARER
    return _fields(tuple(alike)).with_token(token.removeprefix(_BEARER).decode("latin-1"))


@lru_cache(maxsize=64)
def _fields(raw: tuple[tuple[bytes, bytes], ...]) -> Fields:
    return Fields([(n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in raw])


def _seconds(answer: HttpAnswer, request: httpx.Request) -> float:
    """Return how long the client waits for an answer: at most its read timeout."""
    limit = request.extensions.get("timeout", {}).get("read") if answer.delay else None
    return answer.delay if limit is None else min(answer.delay, limit)


def _response(
    answer: HttpAnswer,
    request: httpx.Request,
    slow: Callable[[bytes, int], Iterator[bytes] | AsyncIterator[bytes]],
) -> httpx.Response:
    if _seconds(answer, request) < answer.delay:
        raise httpx.ReadTimeout("timed out", request=request)
    if answer.wire != "whole":
        size = f"received {len(answer.body) // 2} bytes, expected {len(answer.body)}"
        error, text = _LOST[answer.wire]
        raise error(text.format(size), request=request)
    headers, body = answer.sent_headers, b"" if request.method == "HEAD" else answer.body
    if answer.pace:
        return httpx.Response(answer.status, headers=headers, content=slow(body, answer.pace))
    response = httpx.Response(answer.status, headers=headers, stream=httpx.ByteStream(body))
    response.headers.encoding = "ascii"  # of the strings above; httpx would decode all to find out
    return response
