"""Takes the screenshots the README shows, with `make screenshots`."""

import json
from pathlib import Path

from playwright.sync_api import sync_playwright

from mock_server import MockServer
from tests.clients.browser import FLAGS, chromium
from tests.wire import http

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
SIZE = {"width": 1200, "height": 700}
ORDER = {
    "type": "track",
    "event": "Order Completed",
    "userId": "user-1042",
    "timestamp": "2026-11-23T16:19:16.245Z",
    "context": {"groupId": "acct_7"},
    "properties": {"total": 129.5, "currency": "EUR", "coupon": None},
}
DAY = (
    {"type": "identify", "userId": "user-1042", "traits": {"plan": "pro", "seats": 12}},
    {"type": "group", "userId": "user-1042", "groupId": "acct_7", "traits": {"name": "Initech"}},
    {"type": "page", "userId": "user-1042", "name": "Pricing"},
    ORDER,
    {"type": "track", "userId": "user-1042"},
    {"type": "track", "event": "Trial Started", "anonymousId": "visitor-3"},
    {"type": "track", "event": "Invited Colleague", "userId": "user-9"},
)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, MockServer() as server:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        try_it(browser, server)
        live(browser, server)


def opened(browser, server, path, scheme, size=SIZE):
    context = browser.new_context(base_url=server.url, viewport=size, color_scheme=scheme)
    page = context.new_page()
    page.goto(path)
    page.wait_for_selector("main[data-ready]")
    return page


def try_it(browser, server):
    page = opened(browser, server, "/", "light")
    page.get_by_label("JSON, as Segment").fill(json.dumps(ORDER, indent=2))
    page.get_by_text("Events uploaded.").wait_for()
    page.screenshot(path=FOLDER / "try.png")


def live(browser, server):
    for event in DAY * 2:
        http.post(f"{server.url}/_sandbox/send", json={"event": event})
    bad = {"events": [{"userId": "user-9", "eventName": "Invited Colleague", "timestamp": 1.5}]}
    server.client.post("/upload/events", json=bad)
    page = opened(browser, server, "/live", "dark", {"width": 1200, "height": 540})
    page.get_by_role("option").filter(has_text="track Order Completed").last.click()
    page.get_by_text("State · events").wait_for()
    page.mouse.move(0, 0)
    page.screenshot(path=FOLDER / "live.png")


if __name__ == "__main__":
    main()
