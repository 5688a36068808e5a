"""Serving: one mock on one listening socket, on this thread's event loop."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from mock_server.answering import Answering
from mock_server.bounds import THREADS, Bounds
from mock_server.mock import Mock
from mock_server.server.accepting import Accepting
from mock_server.server.around import Around, Open
from mock_server.server.http_text import Heads
from mock_server.server.outbox import Outbox

if TYPE_CHECKING:
    from mock_server.server.recorder import Recorder

_SECONDS_TO_END: Final = 2.0


async def serve(  # noqa: PLR0913 - what it needs, each by name
    mock: Mock,
    listener: socket.socket,
    *,
    bounds: Bounds,
    context: ssl.SSLContext | None,
    stop: asyncio.Event,
    on_started: Callable[[], None],
    recorder: Recorder | None = None,
) -> None:
    """Serve until `stop` is set, then let end what is under way; with a context over TLS."""
    loop = asyncio.get_running_loop()
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="mock-toplyne")
    if recorder is None:  # which records an answer before it is settled
        mock.store.settle_later()
    around = Around(
        answering=Answering(mock),
        scheme="http" if context is None else "https",
        loop=loop,
        threads=threads,
        outbox=Outbox(loop, mock.journal.settle),
        bounds=bounds,
        heads=Heads(bounds),
        recorder=recorder,
    )
    accepting = Accepting(around, listener, context)
    accepting.start()
    on_started()
    await stop.wait()
    accepting.stop()
    await _end(around.open)
    threads.shutdown(wait=False, cancel_futures=True)


async def _end(connections: set[Open]) -> None:
    for connection in list(connections):
        connection.shut_down()
    deadline = asyncio.get_running_loop().time() + _SECONDS_TO_END
    while connections and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - once
        await asyncio.sleep(0.005)
    for connection in list(connections):
        connection.abort()
    await asyncio.sleep(0)
