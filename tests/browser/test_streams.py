"""The stream of Live: many tabs, a server that is gone, a laptop that slept."""

import pytest

from mock_server import MockServer
from tests.browser.flaky_proxy import FlakyProxy
from tests.wire import http

TABS = 7


@pytest.fixture
def proxy(server):
    made = FlakyProxy(server.port)
    yield made
    made.close()


@pytest.fixture
def opened(browser, toplyne):
    """Open a page in a context of the test's own."""
    contexts = []

    def open_(url, context=None):
        if context is None:
            context = browser.new_context(reduced_motion="reduce")
            context.set_default_timeout(15_000)
            contexts.append(context)
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector("main[data-ready]")
        return page

    yield open_
    for context in contexts:
        context.close()


def track(toplyne, *names):
    for name in names:
        body = {"batch": [{"type": "track", "event": name, "userId": "u1"}]}
        http.post(f"{toplyne.url}/v1/batch", json=body, auth=(toplyne.write_key, ""))
    toplyne.flush()


def titles(page):
    return page.locator("#list [role=option] b").all_text_contents()


def wait_for(page, title):
    page.locator("#list b", has_text=title).first.wait_for()


def test_seven_tabs_all_show_what_comes_over_one_connection(opened, toplyne):
    first = opened(f"{toplyne.url}/live")
    tabs = [first, *(opened(f"{toplyne.url}/live", first.context) for _ in range(TABS - 1))]

    track(toplyne, "To all")

    for tab in tabs:
        wait_for(tab, "To all")
    assert toplyne.mock.news.waiting == 1
    opened(f"{toplyne.url}/contract", first.context)  # an eighth page opens too

    tabs.pop(0).close()  # the one that led
    track(toplyne, "After the first was closed")
    for tab in tabs:
        wait_for(tab, "After the first was closed")
        assert sorted(titles(tab)) == ["After the first was closed", "To all"]
    assert toplyne.mock.news.waiting == 1


def test_what_comes_while_a_tab_asks_for_the_first_time_is_shown_there_at_once(opened, toplyne):
    first = opened(f"{toplyne.url}/live")
    second = opened(f"{toplyne.url}/contract", first.context)

    def answer_late(route):
        answer = route.fetch()
        track(toplyne, "Meanwhile")
        wait_for(first, "Meanwhile")
        route.fulfill(response=answer)

    second.route("**/news?last=300", answer_late, times=1)
    second.goto(f"{toplyne.url}/live")

    second.locator("#list b", has_text="Meanwhile").wait_for(timeout=3000)  # before a heartbeat


def test_a_tab_of_another_tenant_hears_only_its_own(opened, toplyne):
    first = opened(f"{toplyne.url}/live")
    started = http.post(f"{toplyne.url}/_sandbox/demonstration").json()
    other = opened(f"{toplyne.url}/contract", first.context)
    other.evaluate(
        "token => sessionStorage.setItem('demonstration-token', token)", started["token"]
    )
    other.goto(f"{toplyne.url}/live")
    other.wait_for_selector("main[data-ready]")

    track(toplyne, "Mine")

    wait_for(first, "Mine")
    assert "Mine" not in titles(other)
    for running in tuple(toplyne.mock.beside.values()):
        running.end()


def test_answers_that_are_not_200_do_not_end_the_stream(opened, toplyne, proxy):
    page = opened(f"{proxy.url}/live")
    second = opened(f"{proxy.url}/live", page.context)
    track(toplyne, "Before")
    for tab in (page, second):
        wait_for(tab, "Before")
    page.wait_for_timeout(300)  # each has asked whether there is more

    proxy.mode = "502"
    proxy.cut()
    for tab in (page, second):
        tab.locator("#state", has_text="waiting").wait_for()
    track(toplyne, "Meanwhile")
    page.wait_for_timeout(1500)
    proxy.mode = "pass"

    for tab in (page, second):
        wait_for(tab, "Meanwhile")
        tab.locator("#state", has_text="connected").wait_for()
    track(toplyne, "After")
    wait_for(page, "After")
    assert titles(page) == ["After", "Meanwhile", "Before"]


def test_who_slept_gets_what_was_missed_once(opened, toplyne, proxy):
    page = opened(f"{proxy.url}/contract")
    page.clock.install()
    page.goto(f"{proxy.url}/live")
    page.wait_for_selector("main[data-ready]")
    page.clock.resume()
    track(toplyne, "Before")
    wait_for(page, "Before")

    proxy.mode = "silent"  # no end, no error: the connection is dead and nobody says so
    track(toplyne, "While it slept 1", "While it slept 2")
    page.wait_for_timeout(300)
    proxy.mode = "pass"
    page.clock.fast_forward(60_000)

    wait_for(page, "While it slept 2")
    track(toplyne, "After")
    wait_for(page, "After")
    assert titles(page) == ["After", "While it slept 2", "While it slept 1", "Before"]


def test_a_reset_on_the_server_empties_every_tab(opened, toplyne):
    first = opened(f"{toplyne.url}/live")
    second = opened(f"{toplyne.url}/live", first.context)
    track(toplyne, "Gone")
    for page in (first, second):
        wait_for(page, "Gone")

    toplyne.reset()
    track(toplyne, "New")

    for page in (first, second):
        wait_for(page, "New")
        assert titles(page) == ["New"]


def test_a_server_that_was_started_anew_is_shown_whole(opened, toplyne, proxy):
    first = opened(f"{proxy.url}/live")
    second = opened(f"{proxy.url}/live", first.context)
    track(toplyne, "Of the old one")
    for page in (first, second):
        wait_for(page, "Of the old one")

    with MockServer() as other:
        track(other, *(f"New {number}" for number in range(700)))
        proxy.port_behind = other.port
        proxy.cut()
        for page in (first, second):
            page.get_by_role("button", name="All 700").wait_for()
            assert titles(page)[::699] == ["New 699", "New 0"]


def test_over_http_under_another_name_all_comes_and_what_is_copied_is_shown_selected(browser):
    with MockServer(allowed_hosts=["box.test"]) as server:
        context = browser.new_context(base_url=f"http://box.test:{server.port}")
        page = context.new_page()
        page.goto("/live")
        page.get_by_role("button", name="Copy the write key").click()
        page.get_by_role("dialog", name="Copy the write key").wait_for()
        assert not page.evaluate("isSecureContext")
        assert page.evaluate("getSelection().toString()") == server.write_key
        page.keyboard.press("Escape")

        track(server, "Over http")

        wait_for(page, "Over http")
        context.close()


def test_without_web_locks_each_tab_reads_by_itself(opened, toplyne):
    first = opened(f"{toplyne.url}/contract")
    first.context.add_init_script("Object.defineProperty(navigator, 'locks', { value: undefined })")
    first.goto(f"{toplyne.url}/live")
    second = opened(f"{toplyne.url}/live", first.context)

    track(toplyne, "To both")

    for page in (first, second):
        wait_for(page, "To both")
        assert titles(page) == ["To both"]
