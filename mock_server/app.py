"""App: the mock as a Flask application, for whoever wants to run or test it as one."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import ClientDisconnected

from mock_server.exchange import Received, received
from mock_server.mock import Mock
from sandbox.toplyne import TOPLYNE


def create_app(mock: Mock | None = None, **choices: Any) -> Flask:
    """Return the Flask application of a mock, which stands in `app.extensions["mock"]`.

    Without a mock one is made of `choices`: what `Mock` takes, such as `tokens`, `rules` or `db`.
    """
    app = Flask(__name__, static_folder=None)
    app.extensions["mock"] = known = mock or Mock(**choices)

    @app.before_request
    def answer() -> Response:
        given = known.answer(_received())
        return Response(given.body, given.status, list(given.all_headers))

    return app


def _received() -> Received:
    environ = request.environ
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or request.full_path.rstrip("?")
    complete = True
    try:
        body = request.stream.read(TOPLYNE.max_body + 1)
    except ClientDisconnected:
        body, complete = b"", False
    return received(request.method, target, request.headers.items(), body, complete=complete)
