"""Server context: what all connections of one server share; failed handshakes are journaled."""

from __future__ import annotations

import asyncio
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from mock_server.answering import Answering
from mock_server.bounds import CHECKED_AT_ONCE, HANDSHAKES, THREADS, Bounds
from mock_server.exchange import HttpAnswer, Received, received
from mock_server.mock import Mock
from mock_server.server.head import Heads
from mock_server.server.outbox import Outbox

if TYPE_CHECKING:
    from mock_server.server.recorder import Recorder

_SESSION_ID: Final = 43  # the offset of the session id's length in a ClientHello record
_DISTRUSTS: Final = "alert certificate unknown"


class ServerContext:
    """The answering, the outbox, the threads and the bounds of one server's connections."""

    def __init__(
        self, mock: Mock, bounds: Bounds, *, ca_file: str | None, recorder: Recorder | None
    ) -> None:
        """Serve a mock on the running loop, over TLS if there is a `ca_file`."""
        if recorder is None:  # a recorder records an answer before it is settled
            mock.store.settle_later()
        self.answering = Answering(mock, scheme="http" if ca_file is None else "https")
        self.loop = asyncio.get_running_loop()
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="mock-toplyne")
        self.checkers = ThreadPoolExecutor(CHECKED_AT_ONCE, thread_name_prefix="mock-toplyne")
        self.outbox = Outbox(self.loop, mock.journal.settle)
        self.bounds = bounds
        self.held = 0  # bytes of bodies that are coming, or wait to be checked
        self._held: dict[object, int] = {}
        self.heads = Heads(bounds)
        self.recorder = recorder
        self.handshakes = Handshakes(self.answering, self.outbox, ca_file, bounds)

    def hold(self, holder: object, size: int) -> bool:
        """Count the bytes of bodies that are kept for a holder; return if all are too many."""
        self.held += size - self._held.pop(holder, 0)
        if size:
            self._held[holder] = size
        return self.held > self.bounds.held_bytes

    def checked(self, request: Received) -> asyncio.Future[HttpAnswer]:
        """Return the answer to come to an upload, which counts even if its client is gone."""
        work = self.loop.run_in_executor(self.checkers, self.answering.at_once, request)
        self.hold(work, len(request.body))
        work.add_done_callback(lambda done: self.hold(done, 0))
        return work


class Handshakes:
    """Journals failed TLS handshakes, and prints each reason once.

    A connection that sends nothing is not journaled, such as a port probe, or a connection that a
    browser opens in reserve and closes after the handshake.

    Chromium breaks off the handshake even if its user accepts an untrusted certificate, and then
    connects again at once. So a handshake it breaks off is journaled only if it does not connect
    again, and no longer after it has done so once.
    """

    def __init__(
        self, answering: Answering, outbox: Outbox, ca_file: str | None, bounds: Bounds
    ) -> None:
        """Journal through `answering`, and name `ca_file`, the certificate to trust.

        Without such a file nothing is journaled: `run` counts its handshakes itself.
        """
        self._answering = answering
        self._outbox = outbox
        self._ca_file = ca_file
        self._bounds = bounds
        self._held: list[str] = []  # reasons of browsers that may connect again
        self._is_accepted = False  # by a browser
        self._said: set[str] = set()

    def succeeded(self, hello: bytes) -> None:
        """Note that a handshake that began with `hello` succeeded."""
        if self._held and _is_browsers(hello):
            self._is_accepted = True
            self._held.clear()

    def failed(self, error: OSError, hello: bytes = b"") -> None:
        """Journal a failed handshake, at once or if the client does not connect again."""
        if self._ca_file is None:
            return
        status, reason = 400, "the client hung up"
        if isinstance(error, ssl.SSLError):
            reason = (error.reason or str(error)).replace("_", " ").lower()
        elif isinstance(error, ConnectionAbortedError):  # asyncio's, after the timeout
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
        request = received("?", "", keep_alive=False)
        self._answering.refuse(request, status, f"A {failed} ({self._ca_file}).")
        self._outbox.flush()  # there is no answer that would settle the entry
        if reason not in self._said:
            self._said.add(reason)
            sys.stderr.write(f"toplyne-sandbox: a {failed}; each reason is printed once.\n")


def _is_browsers(hello: bytes) -> bool:
    """Return whether the first cipher suite of a hello is GREASE (RFC 8701), as in Chromium's."""
    start = _SESSION_ID + sum(hello[_SESSION_ID : _SESSION_ID + 1]) + 3
    suite = hello[start : start + 2]
    return suite[:1] == suite[1:] and suite.hex()[1:2] == "a"
