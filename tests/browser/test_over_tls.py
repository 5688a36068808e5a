"""Over TLS: a browser that may go on leaves no refusal, one that does not trust leaves one."""

import pytest

from mock_server import MockServer
from tests.browser.conftest import PATIENCE


@pytest.fixture
def toplyne():
    with MockServer(tls=True) as started:
        yield started


@pytest.fixture
def page_with(browser):
    """Return a function that opens a page with options of a browser context."""
    made = []

    def open_page(**options):
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        made.append(context)
        return context.new_page()

    yield open_page
    for context in made:
        context.close()


def test_a_browser_that_may_go_on_leaves_no_refusal_behind(toplyne, page_with):
    page = page_with(ignore_https_errors=True)

    for path in ("/", "/live", "/toplyne"):
        page.goto(f"{toplyne.url}{path}")
        page.wait_for_selector("main[data-ready]")
    page.wait_for_timeout(2500)  # what was broken off is held for two seconds

    assert toplyne.entries == []


def test_a_browser_that_does_not_trust_the_certificate_is_journaled(toplyne, page_with):
    page = page_with()

    with pytest.raises(Exception, match="ERR_CERT_AUTHORITY_INVALID"):
        page.goto(toplyne.url)

    toplyne.wait_for(entries=1, timeout=15)
    (problem,) = toplyne.entries[0]["problems"]
    assert problem["message"] == (
        "A TLS handshake failed: sslv3 alert certificate unknown."
        f" A client must trust the certificate in ca_file ({toplyne.ca_file})."
    )
