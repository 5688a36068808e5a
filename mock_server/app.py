"""App: the mock as a Flask application, which also shows the pages."""

from __future__ import annotations

import gzip
import time
from functools import lru_cache, partial
from typing import Any, Final

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import ClientDisconnected, HTTPException
from werkzeug.test import EnvironBuilder, run_wsgi_app

from mock_server import pages
from mock_server.exchange import Answer, Received, received
from mock_server.mock import Mock
from mock_server.pages import NAVIGATION, PAGES, Page
from mock_server.toplyne import answers
from sandbox.toplyne import TOPLYNE

_AT_ONCE: Final = 2**20
_TEXTS: Final = frozenset({"text/html", "text/css", "text/javascript", "image/svg+xml"})


def create_app(mock: Mock | None = None, **choices: Any) -> Flask:
    """Return the Flask application of a mock, which stands in `app.extensions["mock"]`.

    Without a mock one is made of `choices`: what `Mock` takes, such as `tokens`, `rules` or `db`.
    """
    known = mock or Mock(reaches_socket=False, **choices)
    app = pages_of(known)

    @app.before_request
    def answer() -> Response | None:
        if pages.is_for(request.path):
            return None
        return _response(_possible(known.answer(_received())))

    return app


def pages_of(mock: Mock) -> Flask:
    """Return the Flask application of the pages alone."""
    app = Flask(__name__, static_url_path=pages.STATIC)
    app.extensions["mock"] = mock
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.before_request
    def guard() -> Response | None:
        if not pages.is_for(request.path):
            return None
        foreign = mock.guard.refusal(_received())
        return None if foreign is None else _response(answers.refusal(403, foreign.message))

    @app.after_request
    def secure(response: Response) -> Response:
        if pages.is_for(request.path):
            response.headers.update(pages.HEADERS)
            _compress(response)
        return response

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> Response:
        about = f"{request.method} {request.path[:200]}: {error.description}"
        return _response(answers.refusal(error.code or 500, about))

    for page in PAGES:
        app.add_url_rule(page.path, page.name, partial(_shown, page, mock))
    return app


def _compress(response: Response) -> None:
    """Send a page's text as gzip to whoever takes that, and say that it depends on it."""
    if response.status_code != 200 or response.mimetype not in _TEXTS:
        return
    response.vary.add("Accept-Encoding")
    if request.accept_encodings.best_match(["gzip"]):
        response.direct_passthrough = False
        response.set_data(_gzipped(response.get_data()))
        response.content_encoding = "gzip"
        etag, _ = response.get_etag()
        if etag:
            response.set_etag(etag, weak=True)  # of the same file, in other bytes


@lru_cache(maxsize=64)
def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def page_answer(mock: Mock, asked: Received) -> Answer:
    """Return a page, or a file a page loads, as a plain answer."""
    environ = EnvironBuilder(
        path=asked.path, method=asked.method, query_string=asked.query, headers=list(asked.headers)
    ).get_environ()
    body, status, headers = run_wsgi_app(pages_of(mock).wsgi_app, environ, buffered=True)
    named = tuple((name, value) for name, value in headers if name != "Content-Length")
    return Answer(int(status.split()[0]), named, b"".join(body))


def _shown(page: Page, mock: Mock) -> str:
    facts = {} if page.facts is None else page.facts(mock.rules)
    return render_template(f"{page.name}.html", page=page, pages=NAVIGATION, **facts)


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


def _response(given: Answer) -> Response:
    return Response(given.body, given.status, list(given.all_headers))


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
