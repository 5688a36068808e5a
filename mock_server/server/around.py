"""Around: what all connections of one server share."""

from __future__ import annotations

import asyncio
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from mock_server.answering import Answering
from mock_server.bounds import THREADS, Bounds
from mock_server.exchange import received
from mock_server.mock import Mock
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
        self._ca_file = ca_file
        self._said: set[str] = set()

    def journal_tls_failure(self, error: OSError) -> None:
        """Journal what began to speak TLS and never became a request; say each reason once.

        A connection that says nothing is not journaled: a port probe's, or one that ends after its
        handshake, as those do that a browser opens in case it needs them.
        """
        status, reason = 400, "the client hung up"
        if isinstance(error, ssl.SSLError):
            reason = (error.reason or str(error)).replace("_", " ").lower()
        elif isinstance(error, ConnectionAbortedError):  # by asyncio, after its time
            status = 408
            reason = f"it was not complete within {self.bounds.head_seconds:g} s (head_seconds)"
        failed = f"TLS handshake failed: {reason}. A client must trust the certificate in ca_file"
        came = received("?", "", keep_alive=False)
        self.answering.refuse(came, status, f"A {failed} ({self._ca_file}).")
        self.outbox.flush()  # no answer of its own settles the entry
        if reason not in self._said:
            self._said.add(reason)
            sys.stderr.write(f"toplyne-sandbox: a {failed}; each reason is said once.\n")
