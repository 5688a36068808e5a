"""Recorder: write each exchange with Toplyne's API or the Tracking API to a file, as HAR lines.

`drift` reads the uploads of such a file, and `replay` the messages of SDKs. Only the last four
characters of keys are recorded. A body with a write key is recorded inflated, with the key masked.
Incomplete and unreadable requests are not recorded.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from mock_server.bounds import RECORD_BYTES
from mock_server.control.har import har_entry
from mock_server.exchange import Fields, HttpAnswer, Received
from mock_server.masking import masked_headers, masked_path, masked_query, without_keys
from mock_server.routes import PREFIX, ROUTES
from mock_server.segment import tracking_paths
from mock_server.store.journal_entry import OF_THE_CODING, decoded_body
from sandbox.toplyne import TOPLYNE


class Recorder:
    """A file that each exchange is appended to, until it has reached its longest size."""

    def __init__(self, file: Path, *, most_bytes: int = RECORD_BYTES) -> None:
        """Open the file, readable by its owner only. Raises OSError."""
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._out = os.fdopen(descriptor, "ab")
        self._file = file
        self._left = most_bytes - os.fstat(descriptor).st_size
        self._most = most_bytes
        file.chmod(0o600)

    def record(self, request: Received, answer: HttpAnswer, *, scheme: str, seconds: float) -> None:
        """Append an exchange. If it cannot be written, print why once and end the recording."""
        is_ours = request.path.startswith(f"{PREFIX}/") and request.path != tracking_paths.METRICS
        if self._out.closed or not (is_ours and request.complete):
            return
        entry = _entry(request, answer, scheme=scheme, seconds=seconds)
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._left -= len(line)
        if self._left < 0:
            self._end(f"it has {self._most:,} bytes (record_bytes)")
            return
        try:
            self._out.write(line)
            self._out.flush()
        except OSError as error:
            self._end(error.strerror or str(error))

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._out.close()

    def _end(self, why: str) -> None:
        sys.stderr.write(f"{self._file} records no more exchanges: {why}.\n")
        self.close()


def _entry(request: Received, answer: HttpAnswer, *, scheme: str, seconds: float) -> dict[str, Any]:
    encoding = request.header("content-encoding")
    headers = Fields((name, value) for name, value in json.loads(masked_headers(request.headers)))
    # of a longer body what was kept is not what was sent
    body = request.body if len(request.body) <= TOPLYNE.max_body else None
    if request.path not in ROUTES:
        body = body and without_keys(decoded_body(body, encoding))
        answer = answer._replace(body=without_keys(answer.body))
        headers = Fields(pair for pair in headers if pair[0] not in OF_THE_CODING)
    path, query = masked_path(request.path), masked_query(request.query)
    call = request._replace(path=path, query=query, headers=headers)
    root, begun = f"{scheme}://{request.header('host') or 'localhost'}", time.time() - seconds
    return har_entry(call, body, answer, at=begun, root=root, seconds=seconds)
