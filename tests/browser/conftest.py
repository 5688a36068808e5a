"""The pages in a headless Chromium, against a running server; one browser for the folder.

Run with Debian's chromium installed and `make clients` done; where one is missing, the tests say
so and are skipped.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import pytest

from mock_server import MockServer
from tests.clients.browser import FLAGS, chromium
from tests.clients.judge import MODULES

AXE = MODULES / "axe-core" / "axe.min.js"
NAMED = "--host-resolver-rules=MAP box.test 127.0.0.1"  # a name that is not localhost
PATIENCE = 15_000  # milliseconds until what should appear has to; machines may be busy


@pytest.hookimpl(tryfirst=True)  # who skips by marks must find them
def pytest_collection_modifyitems(items):
    """Mark each test of this folder, and say what it lacks here, if anything."""
    lacks = None
    if chromium() is None:
        lacks = "no Chromium is on the PATH here"
    elif importlib.util.find_spec("playwright") is None:
        lacks = "Playwright is missing here; `make browser` installs it"
    elif not AXE.is_file():
        lacks = "axe-core is missing here; `make clients` installs it"
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("browser")
            if lacks:
                item.add_marker(pytest.mark.skip(reason=lacks))


@pytest.fixture(scope="package")
def browser():
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - it may be missing

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, NAMED])


@pytest.fixture(scope="package")
def server():
    with MockServer() as started:
        yield started


@pytest.fixture
def toplyne(server):
    """The running mock, empty."""
    server.reset()
    return server


@pytest.fixture(scope="package")
def context(browser, server):
    made = browser.new_context(
        base_url=server.url,
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


@pytest.fixture(scope="package")
def tab(context):
    return context.new_page()  # one for all tests, as each costs a process


@dataclass(frozen=True)
class Visitor:
    """Opens pages of the server, the first of a test in the tab that is there."""

    context: object
    tab: object
    pages: list
    complain: object

    def __call__(self, path="/", *, scheme="light", width=1280, height=900):
        page = self.context.new_page() if self.pages else self.tab
        self.pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.on("pageerror", self.complain)
        page.on("console", self.complain)
        page.goto(path)
        page.wait_for_selector("main[data-ready]")
        return page


@pytest.fixture
def visit(context, tab, toplyne):
    """Open a page: `visit("/live", scheme="dark")`; at the end no page may have complained."""
    heard = []

    def complain(what):
        # what the server refuses is told by the browser too, and is no fault of the page's
        text = getattr(what, "text", str(what))
        if getattr(what, "type", "error") == "error" and "Failed to load resource" not in text:
            heard.append(text)

    visitor = Visitor(context, tab, [], complain)
    yield visitor
    for page in visitor.pages:
        page.evaluate("localStorage.clear(), sessionStorage.clear()")
        page.remove_listener("pageerror", complain)
        page.remove_listener("console", complain)
        page.unroute_all()
        page.goto("about:blank")
        if page is not tab:
            page.close()
    assert heard == []
