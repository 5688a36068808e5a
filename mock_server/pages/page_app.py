"""Page app: the Flask application behind the pages; `Mock.answer` guards and asks it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder, run_wsgi_app

from mock_server.exchange import Answer, Received
from mock_server.pages import page_table
from mock_server.pages.page_table import NAVIGATION, PAGES, Page
from mock_server.toplyne import answers
from sandbox.segment.definition import Rules

_TEXTS: Final = frozenset({"text/html", "text/css", "text/javascript", "image/svg+xml"})


def shows_pages(rules: Rules) -> Callable[[Received], Answer]:
    """Return what answers with a page, or a file a page loads, as a plain answer."""
    app = _pages_under(rules)

    def answer(asked: Received) -> Answer:
        environ = EnvironBuilder(
            path=asked.path,
            method=asked.method,
            query_string=asked.query,
            headers=list(asked.headers),
        ).get_environ()
        body, status, headers = run_wsgi_app(app.wsgi_app, environ, buffered=True)
        named = tuple((name, value) for name, value in headers if name != "Content-Length")
        return Answer(int(status.split()[0]), named, b"".join(body))

    return answer


def _pages_under(rules: Rules) -> Flask:
    app = Flask(__name__, static_url_path=page_table.STATIC)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.after_request
    def secure(response: Response) -> Response:
        response.headers.update(page_table.HEADERS)
        _compress(response)
        return response

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> Response:
        about = f"{request.method} {request.path[:200]}: {error.description}"
        refusal = answers.refusal(error.code or 500, about)
        return Response(refusal.body, refusal.status, list(refusal.all_headers))

    for page in PAGES:
        app.add_url_rule(page.path, page.name, partial(_shown, page, rules))
    return app


def _shown(page: Page, rules: Rules) -> str:
    facts = {} if page.facts is None else page.facts(rules)
    return render_template(f"{page.name}.html", page=page, pages=NAVIGATION, **facts)


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
