"""Views: a Flask blueprint of the Tracking API, and of what the browser's SDK loads."""

import json
from base64 import b64decode
from functools import partial
from importlib import resources
from typing import Final, Protocol
from urllib.parse import parse_qsl

from flask import Blueprint, request

from mock_server.exchange import Headers, HttpAnswer, Received, Refusal
from mock_server.guard import is_to_this_machine
from mock_server.later import Answered
from mock_server.routes import PREFIX
from mock_server.segment import tracking
from mock_server.segment.segment import SegmentSide
from mock_server.segment.tracking import CORS, JSON
from mock_server.segment.tracking_paths import METRICS, PATHS, PIXEL, PROJECTS, SETTINGS, SNIPPET
from mock_server.store.database import NOBODY
from mock_server.toplyne.api import ToplyneApi
from mock_server.wsgi import view
from sandbox.segment.calls import TYPES
from sandbox.workspace import masked

_PIXEL_GIF: Final = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
"""A transparent image of one pixel."""
_TO_BASE64: Final = str.maketrans(" -_", "++/")
_SECONDS_A_DAY: Final = "86400"

segment = Blueprint("segment", __name__)


class Sides(Protocol):
    """What the views need of the mock."""

    api: ToplyneApi

    @property
    def segment(self) -> SegmentSide:
        """Segment's side."""


def call(mock: Sides, received: Received, *, kind: str) -> Answered:
    """Return the answer to a call. The ledger says what happened to its messages."""
    if received.method == "OPTIONS":
        return _preflight(received, methods="POST, OPTIONS")
    return _journaled_refusal(mock, received, tracking.call(mock.segment, received, kind))


def settings(mock: Sides, received: Received, write_key: str) -> Answered:
    """Return the settings that the browser's SDK loads from its CDN.

    Requests for the CDN's own host are journaled, like everything that `run` catches.
    """
    if received.method == "OPTIONS":
        return _preflight(received, methods="GET, HEAD, OPTIONS")
    source = mock.segment.source_with(write_key)
    if source is None:
        reason = f"No source has the write key {masked(write_key)}."
        return _journaled_refusal(mock, received, tracking.refused(404, "not_found", reason))
    host = f"{received.header('host') or 'localhost'}{request.script_root}{PREFIX}"
    found = _settings_of(write_key, host=host, protocol=request.scheme)
    if is_to_this_machine(received):
        return found
    return _journaled(mock, received, found, mock.segment.tenant_of(source))


def pixel(mock: Sides, received: Received, kind: str) -> Answered:
    """Take a message from the query of an image's URL. The answer is always an image."""
    query = dict(parse_qsl(received.query))
    try:
        body = _unpacked(query["data"]) if "data" in query else json.dumps(query).encode()
    except ValueError:
        body = b""
    posted = received._replace(method="POST", body=body)
    answered = tracking.call(mock.segment, posted, kind)
    image = HttpAnswer(200, (("Content-Type", "image/gif"), *CORS), _PIXEL_GIF)
    if isinstance(answered, Refusal):
        mock.api.note(received, answered, image)
    return image


def _unpacked(data: str) -> bytes:
    """Decode base64 as pages write it into a URL: with a bare +, URL-safe, without padding."""
    return b64decode(data.translate(_TO_BASE64) + "==")


def metrics(mock: Sides, received: Received) -> Answered:
    """Accept the metrics of an SDK. They are journaled; they are not events."""
    if received.method == "OPTIONS":
        return _preflight(received, methods="POST, OPTIONS")
    return _journaled(mock, received, tracking.SUCCESS)


def snippet(mock: Sides, received: Received, **_: str) -> Answered:
    """Return a script that prints in the console that the sandbox does not have Segment's own."""
    script = f"console.error({json.dumps(_NO_SCRIPT)});"
    headers = (("Content-Type", "text/javascript"), *CORS)
    return _journaled(mock, received, HttpAnswer(200, headers, script.encode()))


_NO_SCRIPT: Final = (
    "toplyne-sandbox does not have Segment's own script: load @segment/analytics-next in the page,"
    " with cdnURL set to this server."
)


def _journaled(mock: Sides, asked: Received, answer: HttpAnswer, tenant: int = NOBODY) -> Answered:
    entry = mock.api.journal.append(asked, status=answer.status, tenant=tenant)
    return answer._replace(entry=entry)


def _journaled_refusal(mock: Sides, received: Received, answered: Answered | Refusal) -> Answered:
    """Return the answer. A refused call is journaled; accepted messages are in the ledger."""
    if not isinstance(answered, Refusal):
        return answered
    return mock.api.note(received, answered, tracking.refusal(answered))


def _preflight(received: Received, *, methods: str) -> HttpAnswer:
    """Return the CORS headers that let a page of any origin send the headers it asks for.

    The SDK sends Authorization, and the wildcard would not cover that header.
    """
    asked = received.header("access-control-request-headers") or "authorization, content-type"
    headers: Headers = (
        *CORS,
        ("Access-Control-Allow-Methods", methods),
        ("Access-Control-Allow-Headers", asked),
        ("Access-Control-Max-Age", _SECONDS_A_DAY),
        ("Vary", "Access-Control-Request-Headers"),
        ("Allow", methods),
    )
    if received.header("access-control-request-private-network"):
        headers = (*headers, ("Access-Control-Allow-Private-Network", "true"))
    return HttpAnswer(204, headers)


def _settings_of(write_key: str, *, host: str, protocol: str) -> HttpAnswer:
    """Return settings that make the SDK send its events to this server.

    Which members the SDK reads was found by running it. Other destinations are not listed.
    """
    file = resources.files(__package__ or "") / "browser_settings.json"
    settings = json.loads(file.read_text(encoding="utf-8"))
    own = {"apiKey": write_key, "apiHost": host, "protocol": protocol}
    settings["integrations"]["Segment.io"] |= own
    return HttpAnswer(200, (*JSON, *CORS), json.dumps(settings, separators=(",", ":")).encode())


_POSTED: Final = ("POST", "OPTIONS")
add = segment.add_url_rule
for path, kind in PATHS.items():
    add(path, path, view(partial(call, kind=kind)), methods=_POSTED, strict_slashes=False)
add(f"{PROJECTS}<write_key>{SETTINGS}", "settings", view(settings), methods=["GET", "OPTIONS"])
for kind in TYPES:
    add(f"{PIXEL}{kind}", f"{PIXEL}{kind}", view(partial(pixel, kind=kind)))
add(METRICS, "metrics", view(metrics), methods=_POSTED)
add(f"{SNIPPET}<write_key>/<file>", "snippet", view(snippet))
