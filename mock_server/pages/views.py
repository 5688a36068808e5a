"""Views of the pages: a Flask blueprint of the templates and of the files that pages load."""

import gzip
from functools import lru_cache, partial
from typing import Final

from flask import Blueprint, Response, render_template, request

from mock_server.pages.page_table import HEADERS, ICON, PAGES, STATIC, Page
from mock_server.wsgi import current_mock

_TEXTS: Final = frozenset({"text/html", "text/css", "text/javascript", "image/svg+xml"})

pages = Blueprint(
    "pages", __name__, template_folder="templates", static_folder="static", static_url_path=STATIC
)


def show(page: Page) -> str:
    """Return the HTML of a page."""
    from mock_server.pages.page_facts import FACTS  # noqa: PLC0415 - with the first page

    known = {"in_force": current_mock().rules, **FACTS.get(page.name, dict)()}
    return render_template(f"{page.name}.html", page=page, pages=PAGES, **known)


def missing(path: str) -> Response:
    """Return the page for a path that does not exist."""
    page = Page(path=path, name="missing", title="Not found")
    return secured(Response(render_template("missing.html", page=page, pages=PAGES), 404))


@pages.after_request
def secured(response: Response) -> Response:
    """Add the headers of all pages, and compress text for clients that accept gzip."""
    response.headers.update(HEADERS)
    if response.status_code == 200 and response.mimetype in _TEXTS:
        response.vary.add("Accept-Encoding")
        if request.accept_encodings.best_match(["gzip"]):
            _compress(response)
    return response


def _compress(response: Response) -> None:
    response.direct_passthrough = False
    response.set_data(_gzipped(response.get_data()))
    response.content_encoding = "gzip"
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)  # the same file in other bytes


@lru_cache(maxsize=64)
def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


for each in PAGES:
    pages.add_url_rule(each.path, each.name, partial(show, each))
# browsers request it with every page
pages.add_url_rule(ICON, "favicon", partial(pages.send_static_file, "icon.svg"))
