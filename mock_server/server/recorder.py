"""Recorder: each exchange with Toplyne's API or the Tracking API as a line of a file, an HAR entry.

`drift` reads the uploads of such a file, `replay` the messages of SDKs. Keys are recorded by their
last four characters, a write key inside a body too: such a body is recorded inflated.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from base64 import b64encode
from pathlib import Path
from typing import Any, Final

from mock_server.bounds import RECORD_BYTES
from mock_server.exchange import Answer, Received
from mock_server.masking import told_headers, told_path, told_query
from mock_server.routes import PREFIX
from mock_server.segment import front
from mock_server.store.journal_entry import iso_time, plain
from mock_server.toplyne.answers import phrase_of
from sandbox.masked_keys import masked

_WRITE_KEY: Final = re.compile(rb'("writeKey"\s*:\s*")((?:[^"\\]|\\.)*)(")')
_OF_THE_CODING: Final = {"content-encoding", "content-length"}
_UNKNOWN: Final = -1  # HAR's word for a size nobody has measured


class Recorder:
    """A file that each exchange is appended to, until it has as many bytes as it may have."""

    def __init__(self, file: Path, *, most_bytes: int = RECORD_BYTES) -> None:
        """Open the file, readable for its owner alone; raises OSError where that cannot be."""
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._out = os.fdopen(descriptor, "ab")
        self._file = file
        self._left = most_bytes - os.fstat(descriptor).st_size
        self._most = most_bytes
        file.chmod(0o600)

    def record(self, came: Received, answer: Answer, *, scheme: str, seconds: float) -> None:
        """Append an exchange; what cannot be written is told once, and ends the recording."""
        if self._out.closed or not came.path.startswith(f"{PREFIX}/") or came.path == front.METRICS:
            return
        entry = _entry(came, answer, scheme=scheme, seconds=seconds)
        line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
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
        """Close the file; again does nothing."""
        self._out.close()

    def _end(self, why: str) -> None:
        sys.stderr.write(f"{self._file} records no more exchanges: {why}.\n")
        self.close()


def _entry(came: Received, answer: Answer, *, scheme: str, seconds: float) -> dict[str, Any]:
    encoding = came.header("content-encoding")
    headers, body = json.loads(told_headers(came.headers)), came.body
    if front.is_for(came.path):
        body = _WRITE_KEY.sub(
            lambda found: (
                found[1] + masked(found[2].decode("utf-8", "replace")).encode() + found[3]
            ),
            plain(body, encoding),
        )
        headers = [
            pair for pair in headers if pair[0] not in {"content-encoding", "content-length"}
        ]
    milliseconds = round(seconds * 1000, 3)
    is_lost = answer.wire != "whole"
    return {
        "startedDateTime": iso_time(time.time() - seconds),
        "time": milliseconds,
        "request": {
            "method": came.method,
            "url": f"{scheme}://{came.header('host') or 'localhost'}{_target(came)}",
            "httpVersion": "HTTP/1.1",
            "headers": _named(headers),
            "queryString": [],
            "cookies": [],
            "headersSize": _UNKNOWN,
            "bodySize": len(came.body),
            "postData": {"mimeType": came.header("content-type") or "", **_text(body)},
        },
        "response": {
            "status": 0 if is_lost else answer.status,
            "statusText": "" if is_lost else phrase_of(answer.status),
            "httpVersion": "HTTP/1.1",
            "headers": [] if is_lost else _named(answer.sent_headers),
            "cookies": [],
            "content": {"size": 0} if is_lost else {"size": len(answer.body), **_content(answer)},
            "redirectURL": "",
            "headersSize": _UNKNOWN,
            "bodySize": _UNKNOWN if is_lost else len(answer.body),
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }


def _without_key(found: re.Match[bytes]) -> bytes:
    return found[1] + masked(found[2].decode("utf-8", "replace")).encode() + found[3]


def _target(came: Received) -> str:
    query = told_query(came.query)
    if came.path.startswith(front.PIXEL) and query:
        query = "data=…"  # it holds the write key
    return f"{told_path(came.path)}?{query}" if query else told_path(came.path)


def _named(pairs: Any) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _content(answer: Answer) -> dict[str, str]:
    types = [value for name, value in answer.headers if name.lower() == "content-type"]
    return {"mimeType": types[0] if types else "", **_text(answer.body)}


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": b64encode(body).decode(), "encoding": "base64"}
