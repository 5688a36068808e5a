"""Takes the screenshots of every page, with `make screenshots`: four of them stand in the docs.

All others, three widths in both schemes, go to build/screenshots, to be looked at.
"""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from playwright.sync_api import sync_playwright

from mock_server import MockServer
from mock_server.control.demonstration_resource import steps
from tests.clients.browser import FLAGS, chromium
from tests.wire import http

ROOT = Path(__file__).parents[2]
ALL, DOCS = ROOT / "build" / "screenshots", ROOT / "docs" / "screenshots"
DESTINATION = "Toplyne Cloud Mode (Actions) of default"
WIDTHS = {360: 760, 768: 1000, 1280: 800}


class View(NamedTuple):
    """One thing to look at: where it is, and what is to be done and to be seen there."""

    name: str
    path: str
    sees: str
    press: str = ""


VIEWS = (
    View("try", "/", "main[data-ready]"),
    View("live", "/live", "#way h3", "Order Completed"),
    View("setup", "/setup", "main[data-ready]"),
    View("catalog", "/setup#catalog", "main[data-ready]"),
    View("mapping", f"/setup#destination/{quote(DESTINATION)}/mapping/Send%20Events", ".editor"),
    View("toplyne", "/toplyne#profiles?userId=ada", ".history"),
    View("profiles", "/toplyne", ".fold"),
    View("events", "/toplyne#events", ".fold"),
    View("settings", "/toplyne#settings", ".fold"),
    View("faults", "/faults", "#waiting .fold"),
    View("contract", "/contract", "main[data-ready]"),
    View("missing", "/nothing", "main"),
)
SHOWN = {  # of the docs: the view, its scheme and its size
    "try": ("light", (1280, 760)),
    "live": ("dark", (1280, 620)),
    "toplyne": ("light", (1200, 520)),
    "faults": ("dark", (1200, 482)),
}


def main():
    DOCS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, MockServer() as server, MockServer() as empty:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        lived_in(server)
        for view in VIEWS:
            for scheme in ("light", "dark"):
                for width, height in WIDTHS.items():
                    file = ALL / f"{view.name}-{scheme}-{width}.png"
                    taken(browser, server, view, file, scheme=scheme, size=(width, height))
            if view.name in SHOWN:
                scheme, size = SHOWN[view.name]
                taken(browser, server, view, DOCS / f"{view.name}.png", scheme=scheme, size=size)
        for name, path in (("live", "/live"), ("toplyne", "/toplyne")):
            nothing = View(f"{name}-empty", path, "main[data-ready]")
            taken(browser, empty, nothing, ALL / f"{nothing.name}.png")
        story(browser, empty)


def lived_in(server):
    """Let a server meet the story, and one fault."""
    for step in steps():
        if step.event is not None:
            http.post(f"{server.url}/_sandbox/send", json={"event": step.event})
        if step.upload is not None:
            server.client.post("/upload/events", json=step.upload["body"])
        if step.fault is not None:
            http.post(f"{server.url}/_sandbox/faults", json=step.fault)
    server.flush()
    http.post(f"{server.url}/_sandbox/tokens", json={"name": "Segment"})
    http.post(f"{server.url}/_sandbox/faults", json={"status": 429, "retry_after": 2, "times": 2})


def opened(browser, server, path, scheme, size):
    width, height = size
    context = browser.new_context(
        base_url=server.url,
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(path)
    return page


def taken(browser, server, view, file, *, scheme="light", size=(1280, 800)):
    page = opened(browser, server, view.path, scheme, size)
    page.wait_for_selector("main[data-ready]" if view.press else view.sees)
    if view.press:
        page.get_by_text(view.press).first.click()
        page.locator(view.sees).first.wait_for()
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)  # what comes late has come
    page.screenshot(path=file)
    page.context.close()


def story(browser, server):
    page = opened(browser, server, "/live#demonstration", "light", (1280, 800))
    for _ in range(9):
        page.get_by_role("button", name="Next").click()
    page.get_by_text(steps()[9].caption).wait_for()
    page.wait_for_timeout(400)
    page.screenshot(path=ALL / "demonstration.png")
    page.context.close()


if __name__ == "__main__":
    main()
