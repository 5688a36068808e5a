"""Streaming: `/_sandbox/live` kept open, one answer after the other as news come.

A listener holds no thread: it waits in the server's loop, and a thread only reads what is new.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mock_server.exchange import Answer, Received
from mock_server.live import TooManyListening
from mock_server.live_questions import LAST_EVENT_ID, PATH, has_news, last_id
from mock_server.toplyne import answers

if TYPE_CHECKING:
    from mock_server.mock import Mock

Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]

HEARTBEAT_SECONDS: Final = 15.0
_TOGETHER_SECONDS: Final = 0.05  # what comes within it is told together
_STILL_HERE: Final = b": still here\n\n"


def is_stream(received: Received) -> bool:
    """Tell whether a request asks for a stream."""
    return received.path == PATH and received.method == "GET"


async def stream(
    mock: Mock, came: Received, receive: Receive, send: Send, threads: Executor
) -> Answer | None:
    """Answer with what comes, until the client or the server ends it.

    Returns an answer that is to be given instead, where there is nothing to stream.
    """
    loop, woken = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        if not woken.is_set():
            loop.call_soon_threadsafe(woken.set)

    async def ask(since: str | None) -> Answer:
        asked = came if since is None else _since(came, since)
        return await loop.run_in_executor(threads, mock.answer, asked)

    try:
        with mock.live.listening(wake):
            answer = await ask(None)
            if answer.status != 200:
                return answer
            await _start(answer, send)
            gone = asyncio.ensure_future(_disconnected(receive))
            try:
                while answer.status == 200 and not (mock.live.closed or gone.done()):
                    if not has_news(answer) and not await _news(woken, gone):
                        await _write(_STILL_HERE, send)
                        continue
                    woken.clear()
                    answer = await ask(last_id(answer))
                    if has_news(answer):
                        await _write(answer.body, send)
            finally:
                gone.cancel()
            await send({"type": "http.response.body", "body": b""})
    except TooManyListening as error:
        return answers.refusal(503, f"{error}.")
    return None


async def _news(woken: asyncio.Event, gone: asyncio.Future[None]) -> bool:
    """Wait for news or for the end; False where it is only time to say that all is well."""
    waking = asyncio.ensure_future(woken.wait())
    done, _ = await asyncio.wait(
        (waking, gone), timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED
    )
    waking.cancel()
    if waking in done:
        await asyncio.sleep(_TOGETHER_SECONDS)
    return bool(done)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _start(answer: Answer, send: Send) -> None:
    headers = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in answer.all_headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await _write(answer.body, send)


async def _write(body: bytes, send: Send) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


def _since(came: Received, since: str) -> Received:
    others = tuple(pair for pair in came.headers if pair[0] != LAST_EVENT_ID)
    return replace(came, headers=(*others, (LAST_EVENT_ID, since)))
