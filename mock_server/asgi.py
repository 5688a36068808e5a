"""ASGI: the way of every request that is no plain call of the API, each in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import Any, Final, TypeAlias, cast

from mock_server.exchange import Answer, Received, received
from mock_server.mock import Mock
from mock_server.toplyne.routes import PREFIX
from sandbox.toplyne import TOPLYNE

Scope: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

LIVE: Final = "/_sandbox/live"
_KEPT: Final = TOPLYNE.max_body + 1


def application(mock: Mock, threads: Executor) -> Application:
    """Return the ASGI application of a mock: its answers, and Flask for the pages.

    Flask is loaded with the first page, as tests never ask for one.
    """
    pages: list[Application] = []

    def flask() -> Application:
        if not pages:
            from a2wsgi import WSGIMiddleware  # noqa: PLC0415 - see above

            from mock_server.app import create_app  # noqa: PLC0415 - see above

            wsgi: Any = create_app(mock)
            pages.append(cast("Application", WSGIMiddleware(wsgi, workers=8)))
        return pages[0]

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        from mock_server.inspection import is_for  # noqa: PLC0415 - no test pays before it asks

        path = scope["path"]
        if not (is_for(path) or path.startswith(f"{PREFIX}/")):
            await flask()(scope, receive, send)
            return
        came = await _received(scope, receive)
        if came.path == LIVE:
            from mock_server.streaming import is_stream, stream  # noqa: PLC0415 - as above

            if is_stream(came):
                instead = await stream(mock, came, receive, send, threads)
                if instead is not None:
                    await _send(instead, came.method, scope, send)
                return
        given = await asyncio.get_running_loop().run_in_executor(threads, mock.answer, came)
        await _send(given, came.method, scope, send)

    return answer


async def _received(scope: Scope, receive: Receive) -> Received:
    parts, size, complete = [], 0, True
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            complete = False
            break
        if size < _KEPT:
            parts.append(message.get("body", b""))
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    query = scope["query_string"]
    return received(
        scope["method"],
        (scope["raw_path"] + (b"?" + query if query else b"")).decode("latin-1"),
        [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
        b"".join(parts)[:_KEPT],
        complete=complete,
    )


async def _send(answer: Answer, method: str, scope: Scope, send: Send) -> None:
    if answer.delay:
        await asyncio.sleep(answer.delay)
    if answer.wire != "whole":
        scope["extensions"]["mock.connection"]["send"](answer, method=method, keep_alive=False)
        return
    body = b"" if method == "HEAD" else answer.body
    headers = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in answer.sent_headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
