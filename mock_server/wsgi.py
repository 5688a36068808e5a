"""WSGI: requests of a WSGI server as plain values, and plain values as Flask's responses."""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote_to_bytes

from flask import Response, current_app, request
from werkzeug.exceptions import ClientDisconnected
from werkzeug.test import run_wsgi_app

from mock_server.exchange import Fields, HttpAnswer, Received, slowly
from mock_server.later import HAND_OVER, IS_LEFT, RECEIVED, Answered, Later
from sandbox.toplyne import TOPLYNE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

EXTENSION: Final = "mock"
IN_PROCESS: Final = "toplyne_sandbox.in_process"
"""The WSGI environment's key that marks a request made in process, not over a network."""

_AT_ONCE: Final = 2**20
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)(.*)", re.DOTALL)
_SLASHES: Final = re.compile("/+")


def current_mock() -> Any:
    """Return the mock of the current application."""
    return current_app.extensions[EXTENSION]


def is_left() -> Callable[[], bool]:
    """Return a function that returns whether the current request's client has hung up.

    It returns False where the server cannot know.
    """
    return cast("Callable[[], bool]", request.environ.get(IS_LEFT) or bool)


def view(function: Callable[..., Answered]) -> Callable[..., Response]:
    """Return the Flask view of a function of the mock, the request and the path's parts."""

    @wraps(function)
    def answer(**parts: str) -> Response:
        return response_of(function(current_mock(), received(), **parts))

    return answer


def received() -> Received:
    """Return the current request. One that our own server has already read is used as it is."""
    environ = request.environ
    if RECEIVED not in environ:
        body, complete = _body()
        environ[RECEIVED] = Received(
            method=environ["REQUEST_METHOD"],  # as it was sent; Flask's is in upper case
            path=environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace"),
            headers=Fields([(name.lower(), value) for name, value in request.headers.items()]),
            body=body,
            query=environ.get("QUERY_STRING", ""),
            complete=complete,
        )
    return cast("Received", environ[RECEIVED])


def _body() -> tuple[bytes, bool]:
    """Return the body, up to one byte above the limit, and whether it is complete."""
    if (request.content_length or 0) > TOPLYNE.max_body:
        return bytes(TOPLYNE.max_body + 1), True  # its announced length is enough to know
    body = b""
    try:
        while len(body) <= TOPLYNE.max_body and (part := request.stream.read(_AT_ONCE)):
            body += part
    except ClientDisconnected:
        return body, False
    return body[: TOPLYNE.max_body + 1], True


def response_of(answered: Answered) -> Response:
    """Return Flask's response. A Later is handed to the server, or else waited for here."""
    if isinstance(answered, HttpAnswer):
        return _response(answered)
    hand_over = request.environ.get(HAND_OVER)
    if hand_over is not None:
        hand_over(answered)
        return Response()
    if isinstance(answered, Later):
        return _response(answered.wait())
    response = _response(answered.first)
    response.response = answered.parts()
    response.headers.pop("Content-Length", None)
    return response


class _Plain(Response):
    """A response with only the given headers and Content-Length."""

    default_mimetype = None


def _response(answer: HttpAnswer) -> Response:
    response = _Plain(answer.body, answer.status, answer.all_headers)
    if answer.pace:
        response.response = slowly(answer.body, answer.pace, time.sleep)
    return response


def by_target(wsgi_app: WSGIApplication) -> WSGIApplication:
    """Return the application with the path taken from the raw target, if the server gives it.

    Servers and middleware differ in how they join slashes and split absolute targets. RAW_URI or
    REQUEST_URI is what the client wrote.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
        changed = _of_target(target, environ) if target and RECEIVED not in environ else {}
        return wsgi_app({**environ, **changed}, start_response)

    return answer


def _of_target(target: str, environ: WSGIEnvironment) -> dict[str, str]:
    absolute = _ABSOLUTE.match(target)
    authority, rest = absolute.groups() if absolute else (None, target)
    path = unquote_to_bytes(rest.partition("?")[0]).decode("latin-1") or "/"
    known = _SLASHES.sub("/", environ.get("PATH_INFO", ""))
    prefix = environ.get("SCRIPT_NAME", "")
    found = {} if authority is None else {"HTTP_HOST": authority}
    for candidate in (path.removeprefix(prefix), path):
        plain = _SLASHES.sub("/", candidate)
        if plain == known or (absolute is not None and known.endswith(plain)):
            return {**found, "PATH_INFO": candidate}
    return found


def environ_of(received: Received) -> dict[str, Any]:
    """Return the WSGI environment of a request that our own server has already read."""
    environ: dict[str, Any] = {
        # HEAD is answered like GET; the server omits the body but sends its length
        "REQUEST_METHOD": "GET" if received.method == "HEAD" else received.method,
        "PATH_INFO": received.path.encode("utf-8", "replace").decode("latin-1"),
        "QUERY_STRING": received.query,
        "CONTENT_LENGTH": str(len(received.body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(received.body),
        "wsgi.errors": sys.stderr,
        RECEIVED: received,
    }
    for name, values in received.headers.by_name.items():
        key = name.upper().replace("-", "_")
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        environ.setdefault(key, ",".join(values))
    return environ


def answer_of(wsgi_app: WSGIApplication, environ: WSGIEnvironment) -> HttpAnswer:
    """Return the application's answer as a plain value."""
    body, status, named = run_wsgi_app(wsgi_app, environ, buffered=True)
    headers = tuple(pair for pair in named if pair[0] != "Content-Length")
    return HttpAnswer(int(status[:3]), headers, b"".join(body))
