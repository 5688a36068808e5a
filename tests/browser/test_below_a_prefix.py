"""Below a prefix: the pages find their files, their questions and each other there too."""

import threading

import pytest
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from mock_server import create_app
from mock_server.pages.page_table import PAGES


@pytest.fixture(scope="module")
def mounted():
    app = create_app()
    outer = DispatcherMiddleware(Flask("outer").wsgi_app, {"/mock": app.wsgi_app})
    server = make_server("127.0.0.1", 0, outer, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/mock"
    app.extensions["mock"].hang_up()
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["mock"].close()


@pytest.mark.parametrize("page", [page.path for page in PAGES])
def test_every_page_works_below_a_prefix(browser, mounted, page):
    opened = browser.new_page()
    failed = []
    opened.on("pageerror", lambda error: failed.append(str(error)))
    opened.on("response", lambda got: failed.append(got.url) if got.status >= 400 else None)

    opened.goto(mounted + page)
    opened.get_by_role("link", name="Toplyne", exact=True).click()
    opened.get_by_text("No profiles yet").wait_for()

    assert failed == []
    assert opened.url == f"{mounted}/toplyne"
    opened.close()
