"""Live: what an SDK sends shows within a second, whole, and however much of it there is."""

import json
import time

import pytest
from segment import analytics

from mock_server.exchange import received
from tests.wire import http

EVENT = {"eventName": "Signed Up", "userId": "u1", "timestamp": 1612137600}
MANY = 10_000
FRAMES = 60
MILLISECONDS_OF_A_FRAME = 1000 / 60


@pytest.fixture
def sdk(toplyne):
    """Segment's own Python SDK, pointed at the server."""
    return analytics.Client(toplyne.write_key, host=toplyne.url, sync_mode=True)


def rows(page):
    return page.get_by_role("listbox", name="What came").get_by_role("option")


def way(page):
    return page.get_by_role("region", name="The chosen entry")


def test_an_event_of_the_real_sdk_appears_within_a_second(visit, sdk):
    page = visit("/live")
    page.get_by_text("connected").wait_for()

    sdk.track("u1", "Signed Up", {"plan": "pro"})
    sent = time.monotonic()

    rows(page).filter(has_text="track Signed Up").filter(has_text="delivered").wait_for()
    assert time.monotonic() - sent < 1
    rows(page).filter(has_text="POST /upload/events").wait_for()


def test_an_entry_shows_its_whole_way_by_keys_alone(visit, sdk):
    page = visit("/live")
    sdk.track("u1", "Signed Up", {"plan": "pro"})
    rows(page).filter(has_text="delivered").wait_for()

    page.get_by_role("listbox", name="What came").focus()
    page.keyboard.press("Home")

    way(page).get_by_text("State · events").wait_for()
    steps = [text.lower() for text in way(page).get_by_role("heading").all_inner_texts()]
    assert steps == ["message", "mapping · send events", "request", "answer", "state · events"]
    chosen = page.locator("#list").get_attribute("aria-activedescendant")
    assert page.locator(f"#{chosen}").get_attribute("aria-selected") == "true"


def test_a_drop_shows_its_code_and_a_refusal_its_nearest_miss(visit, toplyne):
    page = visit("/live")
    http.post(f"{toplyne.url}/_sandbox/send", json={"event": {"type": "track", "userId": "u"}})
    toplyne.client.post("/upload/events", json={"events": [EVENT]})
    toplyne.client.post("/upload/events", json={"events": [{**EVENT, "timestamp": 1.5}]})

    rows(page).filter(has_text="event_not_defined").wait_for()
    rows(page).filter(has=page.get_by_text("400", exact=True)).click()

    way(page).get_by_text("Nearest that was accepted: request").wait_for()
    cells = way(page).get_by_role("row").nth(1).get_by_role("cell").all_inner_texts()
    assert cells == ["1.5", "1612137600"]
    way(page).get_by_text("Rule time-integer").wait_for()


def test_filter_pause_and_clear(visit, toplyne):
    page = visit("/live")
    for name in ("First", "Second"):
        toplyne.client.post("/upload/events", json={"events": [{**EVENT, "eventName": name}]})
    rows(page).filter(has_text="Second").wait_for()

    page.keyboard.press("/")
    page.keyboard.type("first")
    rows(page).filter(has_text="Second").wait_for(state="detached")
    assert rows(page).count() == 1
    page.get_by_label("Filter").fill("")

    page.get_by_role("button", name="Pause").click()
    toplyne.client.post("/upload/events", json={"events": [{**EVENT, "eventName": "Third"}]})
    page.get_by_text("2 shown, 1 waiting").wait_for()
    page.get_by_role("button", name="Pause").click()
    rows(page).filter(has_text="Third").wait_for()

    page.get_by_role("button", name="Clear…").click()
    page.get_by_role("button", name="Clear", exact=True).click()
    page.get_by_text("Nothing has come yet").wait_for()
    assert toplyne.entries == []


def test_an_event_full_of_markup_stays_text(visit, toplyne):
    markup = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
    page = visit("/live")
    toplyne.client.post("/upload/events", json={"events": [{**EVENT, "eventName": markup}]})

    rows(page).filter(has_text="<script>").click()

    way(page).get_by_text("<script>").first.wait_for()
    assert page.title() == "Live · toplyne-sandbox"
    assert page.locator("main script, main img").count() == 0


def test_ten_thousand_entries_scroll_smoothly(visit, toplyne):
    upload = received(
        "POST",
        "/v1/upload/events",
        [("authorization", f"Bearer {toplyne.token}"), ("content-type", "application/json")],
        b'{"events":[{"eventName":"E","userId":"u","timestamp":1}]}',
    )
    for _ in range(MANY):
        toplyne.mock.answer(upload)
    page = visit("/live")
    page.get_by_text("10,000 shown").wait_for()
    page.context.browser.start_tracing(page=page, categories=["devtools.timeline"])

    page.evaluate(
        """async frames => {
            const list = document.getElementById('list');
            for (let frame = 0; frame < frames; frame++) {
                list.scrollTop = (list.scrollHeight * frame) / frames;
                await new Promise(requestAnimationFrame);
            }
        }""",
        FRAMES,
    )

    events = json.loads(page.context.browser.stop_tracing())["traceEvents"]
    assert work_of_the_page(events) / FRAMES < MILLISECONDS_OF_A_FRAME
    assert rows(page).count() < 100


def work_of_the_page(events):
    """Return how many milliseconds the thread of the page's frames worked, not how many passed."""
    thread = next(e["tid"] for e in events if e["name"] == "FireAnimationFrame")
    tasks = (e for e in events if e["name"] == "RunTask" and e["tid"] == thread)
    return sum(task.get("tdur", task.get("dur", 0)) for task in tasks) / 1000


def test_the_page_goes_on_where_it_was_when_the_connection_broke(visit, toplyne):
    page = visit("/live")
    toplyne.client.post("/upload/events", json={"events": [EVENT]})
    rows(page).first.wait_for()

    page.context.set_offline(True)
    toplyne.client.post("/upload/events", json={"events": [{**EVENT, "eventName": "Meanwhile"}]})
    page.context.set_offline(False)

    rows(page).filter(has_text="Meanwhile").wait_for()
    assert rows(page).count() == 2
