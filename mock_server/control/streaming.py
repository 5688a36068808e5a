"""Streaming: `/_sandbox/live` kept open, one answer after the other as news come.

A listener holds no thread: it waits in the server's loop, and a thread only reads what is new.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final

from mock_server.control.live_listeners import TooManyListening
from mock_server.control.pipe import Pipe
from mock_server.exchange import Answer, Fields, Received
from mock_server.toplyne import answers

if TYPE_CHECKING:
    from mock_server.mock import Mock

HEARTBEAT_SECONDS: Final = 15.0
LAST_EVENT_ID: Final = "last-event-id"
_TOGETHER_SECONDS: Final = 0.05  # what comes within it is told together
_STILL_HERE: Final = b": still here\n\n"


async def stream(mock: Mock, threads: Executor, came: Received, pipe: Pipe) -> Answer | None:
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

    first = await ask(None)
    if first.status != 200:
        return first
    try:
        with mock.live.listening(wake):
            pipe.start(first)
            answer = first
            while answer.status == 200 and not (mock.live.closed or pipe.gone.is_set()):
                woken.clear()
                following = await ask(last_id(answer))
                if following.status != 200:
                    break
                answer = following
                if has_news(answer):
                    await pipe.write(answer.body)
                elif not await _happens(woken, pipe.gone):
                    await pipe.write(_STILL_HERE)
    except TooManyListening as error:
        return answers.refusal(503, f"{error}.")
    return None


async def _happens(woken: asyncio.Event, gone: asyncio.Event) -> bool:
    """Wait for news or for the end; False where it is only time to say that all is well."""
    waiting = [asyncio.ensure_future(event.wait()) for event in (woken, gone)]
    done, pending = await asyncio.wait(
        waiting, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED
    )
    for each in pending:
        each.cancel()
    if waiting[0] in done:
        await asyncio.sleep(_TOGETHER_SECONDS)
    return bool(done)


def has_news(answer: Answer) -> bool:
    """Tell whether an answer of the stream brings anything."""
    return b"\ndata: " in answer.body


def last_id(answer: Answer) -> str:
    """Return the id up to which an answer tells."""
    return answer.body.rpartition(b"\nid: ")[2].partition(b"\n")[0].decode()


def _since(came: Received, since: str) -> Received:
    others = [pair for pair in came.headers if pair[0] != LAST_EVENT_ID]
    return came._replace(headers=Fields([*others, (LAST_EVENT_ID, since)]))
