"""App: the mock as a Flask application, for whoever wants to run or test it as one."""

from __future__ import annotations

import time
from typing import Any, Final

from flask import Flask, Response, request
from werkzeug.exceptions import ClientDisconnected

from mock_server.exchange import Answer, Received, received
from mock_server.mock import Mock
from mock_server.toplyne import answers
from sandbox.toplyne import TOPLYNE

_AT_ONCE: Final = 2**20


def create_app(mock: Mock | None = None, **choices: Any) -> Flask:
    """Return the Flask application of a mock, which stands in `app.extensions["mock"]`.

    Without a mock one is made of `choices`: what `Mock` takes, such as `tokens`, `rules` or `db`.
    """
    app = Flask(__name__, static_folder=None)
    app.extensions["mock"] = known = mock or Mock(reaches_socket=False, **choices)

    @app.before_request
    def answer() -> Response:
        given = _possible(known.answer(_received()))
        return Response(given.body, given.status, list(given.all_headers))

    return app


def _received() -> Received:
    environ = request.environ
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or request.full_path.rstrip("?")
    body, complete = _body()
    return received(request.method, target, request.headers.items(), body, complete=complete)


def _body() -> tuple[bytes, bool]:
    """Return the body, no more than is needed to see that it is too large, and if it is whole."""
    body = b""
    try:
        while len(body) <= TOPLYNE.max_body and (part := request.stream.read(_AT_ONCE)):
            body += part
    except ClientDisconnected:
        return body, False
    return body[: TOPLYNE.max_body + 1], True


def _possible(answer: Answer) -> Answer:
    if answer.delay:
        time.sleep(answer.delay)
    if answer.wire == "whole":
        return answer
    return answers.refusal(
        501,
        f"A Flask application cannot reach its socket, so it cannot play the fault {answer.wire!r};"
        " MockServer and `toplyne-sandbox serve` can.",
        entry=answer.entry,
    )
