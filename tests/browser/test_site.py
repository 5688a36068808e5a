"""The site of the docs: it builds strictly, and nothing of it comes from the network."""

import re
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tools import site

ELSEWHERE = re.compile(
    r"""<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//"""
)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs") / "site"
    assert site.build(folder) == []
    return folder


@pytest.fixture(scope="module")
def url(built):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(built)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_page_is_there_and_names_nothing_elsewhere_to_load(built):
    pages = list(built.rglob("*.html"))

    assert len(pages) > len(site.pages())  # and the one of an unknown path
    assert [page for page in pages if ELSEWHERE.search(page.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "path", ["index.html", "docs/tutorial.html", "docs/explanation/index.html"]
)
def test_no_request_leaves_the_site(browser, url, path):
    page = browser.new_page()
    asked, wrong = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda answer: answer.status >= 400 and wrong.append(answer.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))

    page.goto(f"{url}/{path}", wait_until="networkidle")
    page.keyboard.press("Control+k")
    page.keyboard.type("trigger")
    page.get_by_role("link", name=re.compile("trigger", re.IGNORECASE)).first.wait_for()

    assert len(asked) > 5
    assert [each for each in asked if not each.startswith((url, "data:", "blob:"))] == []
    assert wrong == []
    page.close()
