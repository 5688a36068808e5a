"""Pages: served alike by the server, by Flask and in process, and to nobody foreign."""

import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from werkzeug.test import Client

from mock_server import MockServer, create_app
from mock_server.pages.page_table import HEADERS, PAGES
from mock_server.testing.transport import MockTransport
from tests.test_architecture import ROOT
from tests.wire import SECONDS, http

PATHS = [page.path for page in PAGES]
FOLDERS = (ROOT / "mock_server" / "pages" / "templates", ROOT / "mock_server" / "pages" / "static")
MOST_BYTES = 130_000
MOST_SENT = 70_000
LOADS = re.compile(r'(?:/static|"\.)/([a-z_]+\.(?:js|css|svg))"')
OF_A_FILE = re.compile(r'<script(?: type="module")? src="[^"]+"></script>')


@pytest.fixture(scope="module")
def server():
    with MockServer() as started:
        yield started


@pytest.fixture(scope="module")
def flask_client():
    app = create_app()
    yield app.test_client()
    app.extensions["mock"].close()


@pytest.mark.parametrize("path", [*PATHS, "/static/style.css", "/static/dom.js"])
def test_server_flask_and_transport_show_the_same(server, flask_client, path):
    with httpx.Client(transport=MockTransport(server.mock), base_url="http://localhost") as inside:
        answers = [http.get(server.url + path), inside.get(path)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert {answer.content for answer in answers} == {flask_client.get(path, buffered=True).data}


@pytest.mark.parametrize("path", [*PATHS, "/static/style.css", "/static/nothing.js"])
def test_every_page_and_file_has_the_headers_that_keep_others_out(server, path):
    answer = http.get(server.url + path)

    assert [pair for pair in HEADERS if answer.headers.get_list(pair[0]) != [pair[1]]] == []


@pytest.mark.parametrize("path", [*PATHS, "/static/style.css"])
@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "http://evil.example"}],
    ids=["host", "origin"],
)
def test_a_foreign_host_or_origin_gets_no_page(server, flask_client, path, headers):
    served = http.get(server.url + path, headers=headers)
    by_flask = Client(flask_client.application.wsgi_app).get(path, headers=headers)

    assert (served.status_code, by_flask.status_code) == (403, 403)


def test_a_file_that_has_not_changed_is_not_sent_again(server):
    first = http.get(f"{server.url}/static/style.css")

    again = http.get(first.url, headers={"If-None-Match": first.headers["etag"]})

    assert again.status_code == 304


def test_no_page_leaves_the_folder_of_its_files(server):
    with httpx.Client(transport=MockTransport(server.mock), base_url="http://localhost") as inside:
        assert inside.get("/static/../app.py").status_code == 404
        assert inside.get("/static/%2e%2e/app.py").status_code == 404


def test_no_template_holds_a_script_or_a_style_of_its_own():
    for file in FOLDERS[0].iterdir():
        text = file.read_text(encoding="utf-8")
        assert text.count("<script") == len(OF_A_FILE.findall(text)), file.name
        assert "<style" not in text, file.name
        assert " style=" not in text, file.name
        assert " onclick=" not in text, file.name


def test_no_script_makes_markup_out_of_text():
    unsafe = (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
    )

    assert [
        (file.name, word)
        for file in FOLDERS[1].glob("*.js")
        for word in unsafe
        if word in file.read_text(encoding="utf-8")
    ] == []


@pytest.mark.xfail(reason="the pages' files are 194 KB and are to become 130 KB", strict=True)
def test_all_pages_are_small_as_files():
    sizes = {file.name: file.stat().st_size for folder in FOLDERS for file in folder.iterdir()}

    assert sum(sizes.values()) <= MOST_BYTES, sorted(sizes.items(), key=lambda pair: -pair[1])


@pytest.mark.parametrize("path", PATHS)
def test_what_a_browser_loads_for_a_page_is_small(server, path):
    with httpx.Client(
        base_url=server.url, headers={"Accept-Encoding": "gzip"}, timeout=SECONDS
    ) as client:
        sizes = {}
        waiting = [path]
        while waiting:
            asked = waiting.pop()
            if asked not in sizes:
                answer = client.get(asked)
                sizes[asked] = int(answer.headers["content-length"])
                waiting += [f"/static/{name}" for name in LOADS.findall(answer.text)]

    assert len(sizes) > 5
    assert sum(sizes.values()) <= MOST_SENT, sizes


def test_who_takes_no_gzip_gets_none(server):
    answer = http.get(f"{server.url}/static/style.css", headers={"Accept-Encoding": "identity"})

    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"


def test_every_page_has_its_template_and_its_script():
    for page in PAGES:
        assert (FOLDERS[0] / f"{page.name}.html").is_file()
        assert (FOLDERS[1] / f"{page.name}.js").is_file()


def test_pages_and_files_asked_for_at_once_all_come():
    with MockServer() as server, ThreadPoolExecutor(16) as threads:
        paths = [*PATHS, *(f"/static/{file.name}" for file in FOLDERS[1].iterdir())]

        statuses = list(threads.map(lambda path: http.get(server.url + path).status_code, paths))

    assert statuses == [200] * len(paths)
