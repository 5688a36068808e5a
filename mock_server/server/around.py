"""Around: what all connections of one server share."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from mock_server.answering import Answering
from mock_server.bounds import THREADS, Bounds
from mock_server.mock import Mock
from mock_server.server.handshakes import Handshakes
from mock_server.server.http_text import Heads
from mock_server.server.outbox import Outbox

if TYPE_CHECKING:
    from mock_server.server.recorder import Recorder


class Around:
    """What answers and writes for the connections of one server, within which bounds."""

    def __init__(
        self, mock: Mock, bounds: Bounds, *, ca_file: str | None, recorder: Recorder | None
    ) -> None:
        """Serve a mock on the loop that runs; over TLS where there is a `ca_file` to trust."""
        if recorder is None:  # which records an answer before it is settled
            mock.store.settle_later()
        self.answering = Answering(mock, scheme="http" if ca_file is None else "https")
        self.loop = asyncio.get_running_loop()
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="mock-toplyne")
        self.outbox = Outbox(self.loop, mock.journal.settle)
        self.bounds = bounds
        self.heads = Heads(bounds)
        self.recorder = recorder
        self.handshakes = Handshakes(self.answering, self.outbox, ca_file, bounds)
