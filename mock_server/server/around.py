"""Around: what all connections of one server share, and what is journaled of failed handshakes."""

from __future__ import annotations

import asyncio
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from mock_server.answering import Answering
from mock_server.bounds import HANDSHAKES, THREADS, Bounds
from mock_server.exchange import received
from mock_server.mock import Mock
from mock_server.server.head import Heads
from mock_server.server.outbox import Outbox

if TYPE_CHECKING:
    from mock_server.server.recorder import Recorder

_SESSION_ID: Final = 43  # where its length stands in a hello, after heads, version and random
_DISTRUSTS: Final = "alert certificate unknown"


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


class Handshakes:
    """Journals what began to speak TLS and never became a request; says each reason once.

    A connection that says nothing is not journaled: a port probe's, or one that ends after its
    handshake, as those do that a browser opens in case it needs them.

    Chromium breaks a handshake off also where its user lets it go on with a certificate it does not
    trust, and comes again at once. So what it breaks off is journaled only if it does not, and
    nothing more of that once it has.
    """

    def __init__(
        self, answering: Answering, outbox: Outbox, ca_file: str | None, bounds: Bounds
    ) -> None:
        """Journal by what answers, and name the file of the certificate to trust.

        Without such a file nothing is journaled: `run` counts its handshakes itself.
        """
        self._answering = answering
        self._outbox = outbox
        self._ca_file = ca_file
        self._bounds = bounds
        self._held: list[str] = []  # reasons of browsers that may come again
        self._is_accepted = False  # by a browser
        self._said: set[str] = set()

    def succeeded(self, hello: bytes) -> None:
        """Take note of a handshake that began with `hello`."""
        if self._held and _is_browsers(hello):
            self._is_accepted = True
            self._held.clear()

    def failed(self, error: OSError, hello: bytes = b"") -> None:
        """Journal one that failed, at once or if the client does not come again."""
        if self._ca_file is None:
            return
        status, reason = 400, "the client hung up"
        if isinstance(error, ssl.SSLError):
            reason = (error.reason or str(error)).replace("_", " ").lower()
        elif isinstance(error, ConnectionAbortedError):  # by asyncio, after its time
            seconds = f"{self._bounds.head_seconds:g} s (head_seconds)"
            status, reason = 408, f"it was not complete within {seconds}"
        may_come_again = reason.endswith(_DISTRUSTS) and _is_browsers(hello)
        if not may_come_again or (not self._is_accepted and len(self._held) >= HANDSHAKES):
            self._journal(status, reason)
        elif not self._is_accepted:
            if not self._held:
                loop = asyncio.get_running_loop()
                loop.call_later(self._bounds.return_seconds, self._journal_held)
            self._held.append(reason)

    def _journal_held(self) -> None:
        for reason in self._held:
            self._journal(400, reason)
        self._held.clear()

    def _journal(self, status: int, reason: str) -> None:
        failed = f"TLS handshake failed: {reason}. A client must trust the certificate in ca_file"
        came = received("?", "", keep_alive=False)
        self._answering.refuse(came, status, f"A {failed} ({self._ca_file}).")
        self._outbox.flush()  # no answer of its own settles the entry
        if reason not in self._said:
            self._said.add(reason)
            sys.stderr.write(f"toplyne-sandbox: a {failed}; each reason is said once.\n")


def _is_browsers(hello: bytes) -> bool:
    """Return whether the first cipher suite of a hello means nothing (RFC 8701), as Chromium's."""
    start = _SESSION_ID + sum(hello[_SESSION_ID : _SESSION_ID + 1]) + 3
    suite = hello[start : start + 2]
    return suite[:1] == suite[1:] and suite.hex()[1:2] == "a"
