"""Awaiting: what the application answers, waited for on the server's loop without a thread."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import TypeAlias

from mock_server.exchange import Answer, Received
from mock_server.later import GATHER_SECONDS, Later, Stream
from mock_server.real_clock import monotonic
from mock_server.server.pipe import Pipe

HandOver: TypeAlias = Callable[[Later | Stream], None]
Ask: TypeAlias = Callable[[Received, HandOver, Callable[[], bool]], Answer]


async def await_answer(ask: Ask, came: Received, threads: Executor, pipe: Pipe) -> Answer | None:
    """Return the answer to a request; None where it was streamed, or its client is gone."""
    loop, woken = asyncio.get_running_loop(), asyncio.Event()
    handed: list[tuple[Later | Stream, Callable[[], None]]] = []

    def wake() -> None:
        if not woken.is_set():
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(woken.set)

    def hand_over(later: Later | Stream) -> None:
        handed.append((later, later.condition.subscribe(wake)))

    pipe.listen()
    answer = await loop.run_in_executor(threads, ask, came, hand_over, pipe.gone.is_set)
    if not handed:
        return answer
    later, unsubscribe = handed[0]
    pipe.is_waiting = True
    try:
        if isinstance(later, Later):
            return await _await_later(later, woken, threads, pipe)
        await _stream(later, woken, threads, pipe)
    finally:
        unsubscribe()
    return None


async def _await_later(
    later: Later, woken: asyncio.Event, threads: Executor, pipe: Pipe
) -> Answer | None:
    loop = asyncio.get_running_loop()
    while not pipe.gone.is_set():
        woken.clear()
        is_over = later.condition.closed or monotonic() >= later.deadline
        answer = await loop.run_in_executor(threads, later.ready)
        if answer is not None:
            return answer
        if is_over:
            return await loop.run_in_executor(threads, later.overdue)
        await _happens(woken, pipe.gone, later.deadline - monotonic())
    return None


async def _stream(stream: Stream, woken: asyncio.Event, threads: Executor, pipe: Pipe) -> None:
    loop = asyncio.get_running_loop()
    pipe.start(stream.first)
    while not (stream.condition.closed or pipe.gone.is_set()):
        woken.clear()
        more = await loop.run_in_executor(threads, stream.following)
        if more is None:
            return
        if more:
            await pipe.write(more)
        elif await _happens(woken, pipe.gone, stream.seconds):
            await asyncio.sleep(GATHER_SECONDS)
        else:
            await pipe.write(stream.heartbeat)


async def _happens(woken: asyncio.Event, gone: asyncio.Event, seconds: float) -> bool:
    """Wait for news or for the end; False where the time is up before."""
    waiting = [asyncio.ensure_future(event.wait()) for event in (woken, gone)]
    done, pending = await asyncio.wait(
        waiting, timeout=max(0, seconds), return_when=asyncio.FIRST_COMPLETED
    )
    for each in pending:
        each.cancel()
    return bool(done)
