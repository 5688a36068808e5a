"""Around: what all connections of one server share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mock_server.answering import Answering
from mock_server.bounds import Bounds
from mock_server.server.http_text import Heads
from mock_server.server.outbox import Outbox

if TYPE_CHECKING:
    from mock_server.server.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Around:
    """What all connections of one server share.

    `on_tls_failure` is told of a connection whose TLS ended before it said anything.
    """

    answering: Answering
    loop: asyncio.AbstractEventLoop
    threads: Executor
    outbox: Outbox
    bounds: Bounds
    heads: Heads
    recorder: Recorder | None
    on_tls_failure: Callable[[OSError], None]
