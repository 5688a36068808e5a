"""Live: one row a message, whole, and however many come."""

import json
import re
import threading
import time

import pytest
from segment import analytics

from mock_server.assertions import Assertions
from mock_server.exchange import received
from tests.browser.axe import problems
from tests.browser.keyboard import focused, press, reach
from tests.wire import http

EVENT = {"eventName": "Signed Up", "userId": "u1", "timestamp": 1612137600}
MANY = 10_000
FRAMES = 60
TRACED = ["devtools.timeline", "disabled-by-default-devtools.timeline"]
MILLISECONDS_OF_A_FRAME = 60
SECONDS_TO_FIRST_ROWS = 2
WIDTHS = (320, 360, 768, 1280, 1920)
TWO_DAYS_LATER = """() => {
  const now = Date.now() + 2 * 864e5;
  globalThis.Date = class extends Date {
    constructor(...given) { super(...(given.length ? given : [now])); }
  };
}"""


@pytest.fixture
def sdk(toplyne):
    """Segment's own Python SDK, pointed at the server."""
    return analytics.Client(toplyne.write_key, host=toplyne.url, sync_mode=True)


def send(toplyne, **event):
    answer = http.post(f"{toplyne.url}/_sandbox/send", json={"event": {"userId": "u1", **event}})
    return answer.json()["number"]


def track(toplyne, *names):
    for name in names:
        body = {"batch": [{"type": "track", "event": name, "userId": "u1"}]}
        http.post(f"{toplyne.url}/v1/batch", json=body, auth=(toplyne.write_key, ""))
    toplyne.flush()


def upload(toplyne, **changed):
    return toplyne.client.post("/upload/events", json={"events": [{**EVENT, **changed}]})


def box(page):
    return page.get_by_role("listbox", name="Received")


def rows(page):
    return box(page).get_by_role("option")


def opened(page):
    return page.get_by_role("region", name="The open row")


def chip(page, name):
    return page.get_by_role("group", name="Outcome").get_by_role("button", name=name)


def headings(page):
    return [text.lower() for text in opened(page).get_by_role("heading", level=3).all_inner_texts()]


def test_an_event_of_the_real_sdk_is_one_row_within_a_second(visit, sdk):
    page = visit("/live")
    page.get_by_text("connected").wait_for()

    sdk.track("u1", "Signed Up", {"plan": "pro"})
    sent = time.monotonic()

    rows(page).filter(has_text="Signed Up").filter(has_text="delivered").wait_for()
    assert time.monotonic() - sent < 1
    page.wait_for_timeout(600)  # a call waits for the message that it may belong to
    assert rows(page).count() == 1


def test_an_open_row_shows_everything_by_keys_alone(visit, sdk):
    page = visit("/live")
    sdk.identify("u1", {"plan": "pro"})
    sdk.identify("u1", {"plan": "enterprise"})
    rows(page).nth(1).wait_for()

    box(page).focus()
    page.keyboard.press("ArrowDown")

    opened(page).get_by_text("State · profiles").wait_for()
    assert headings(page) == [
        *("mapping · send user profiles", "attempts", "request"),
        *("state · profiles · u1", "message"),
    ]
    changed = opened(page).get_by_role("row").filter(has_text="$.userProperties.plan")
    assert changed.get_by_role("cell").all_inner_texts() == ['"pro"', '"enterprise"']
    chosen = box(page).get_attribute("aria-activedescendant")
    assert page.locator(f"#{chosen}").get_attribute("aria-selected") == "true"
    page.keyboard.press("Enter")
    press(page, "Send again")
    opened(page).get_by_text("sent again.", exact=False).first.wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "list"


def test_why_it_was_not_delivered_takes_two_clicks(visit, toplyne):
    http.post(
        f"{toplyne.url}/v1/page",
        json={"userId": "u1", "name": "Pricing"},
        auth=(toplyne.write_key, ""),
    )
    track(toplyne, "Signed Up")
    page = visit("/live")

    chip(page, "Not delivered").click()
    rows(page).filter(has_text="Pricing").click()

    opened(page).get_by_text('type is "page", not "track"').wait_for()
    opened(page).get_by_text('The trigger would match with $.type = "track"').wait_for()
    assert rows(page).filter(visible=True).count() == 1


def test_a_429_shows_its_retry_counting_down_and_why_it_came_early(visit, toplyne):
    toplyne.fail_always(status=429, retry_after=3600)
    page = visit("/live")
    http.post(
        f"{toplyne.url}/v1/batch",
        json={"batch": [{"type": "track", "event": "Signed Up", "userId": "u1"}]},
        auth=(toplyne.write_key, ""),
    )

    rows(page).filter(has_text="retrying").click()

    opened(page).get_by_text("next attempt", exact=True).wait_for()
    opened(page).get_by_role("timer").wait_for()
    opened(page).get_by_text("The answer says Retry-After: 3600").first.wait_for()
    opened(page).get_by_text("fault: 429").first.wait_for()
    assert not opened(page).get_by_text("Nearest accepted call").is_visible()
    toplyne.mock.faults.reset(Assertions.of(toplyne.mock).number)
    opened(page).locator(".attempts").get_by_text("202").first.wait_for()


def test_the_focus_stays_in_what_an_open_row_shows_when_an_attempt_comes(visit, toplyne):
    toplyne.fail_next(status=503)
    page = visit("/live")
    http.post(
        f"{toplyne.url}/v1/batch",
        json={"batch": [{"type": "track", "event": "Signed Up", "userId": "u1"}]},
        auth=(toplyne.write_key, ""),
    )
    rows(page).filter(has_text="retrying").click()
    opened(page).get_by_text("next attempt", exact=True).wait_for()

    opened(page).get_by_role("region", name="The message").focus()
    opened(page).get_by_text("State · events").wait_for()

    assert focused(page) == "The message"


def test_an_open_row_waits_while_its_text_is_selected_and_then_shows_what_came(visit, toplyne):
    toplyne.fail_always(status=503)
    page = visit("/live")
    http.post(
        f"{toplyne.url}/v1/batch",
        json={"batch": [{"type": "track", "event": "Signed Up", "userId": "u1"}]},
        auth=(toplyne.write_key, ""),
    )
    rows(page).filter(has_text="retrying").click()
    opened(page).get_by_text("next attempt", exact=True).wait_for()

    page.evaluate("getSelection().selectAllChildren(document.querySelector('#way h2'))")
    toplyne.mock.faults.reset(Assertions.of(toplyne.mock).number)
    toplyne.flush()
    rows(page).filter(has_text="delivered").wait_for()
    page.wait_for_timeout(300)
    assert opened(page).get_by_text("next attempt", exact=True).is_visible()
    page.evaluate("getSelection().removeAllRanges()")

    opened(page).get_by_text("State · events").wait_for()


def test_another_row_opens_at_its_top(visit, toplyne):
    page = visit("/live")
    track(toplyne, "First", "Second")
    rows(page).nth(1).click()
    opened(page).get_by_role("heading", name="track First").wait_for()
    page.set_viewport_size({"width": 1280, "height": 400})
    opened(page).evaluate("it => { it.scrollTop = 100; }")
    assert opened(page).evaluate("it => it.scrollTop") == 100

    rows(page).nth(0).click()
    opened(page).get_by_role("heading", name="track Second").wait_for()

    assert opened(page).evaluate("it => it.scrollTop") == 0


def test_a_row_of_another_day_says_which_and_when(visit, toplyne):
    page = visit("/live")
    page.evaluate(TWO_DAYS_LATER)  # until the next page, where Playwright's clock would stay
    track(toplyne, "Signed Up")

    shown = rows(page).first.locator("time")
    # not inner_text(), which is empty while the row is not laid out
    assert re.fullmatch(r"[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}", shown.text_content())
    assert shown.evaluate("time => time.scrollWidth <= time.clientWidth")


def test_a_link_with_a_time_that_is_none_still_shows_what_comes(visit, toplyne):
    page = visit("/live?from=abc")
    track(toplyne, "Signed Up")

    page.get_by_role("button", name="Show all").click()

    rows(page).filter(has_text="Signed Up").wait_for()


def test_the_state_of_the_connection_is_not_said_again_with_every_answer(visit, toplyne):
    page = visit("/live")
    page.get_by_text("connected").wait_for()
    page.evaluate("""() => {
        window.said = 0;
        const watched = { childList: true, characterData: true, subtree: true };
        const state = document.getElementById("state");
        new MutationObserver(() => window.said++).observe(state, watched);
    }""")

    track(toplyne, "First", "Second")
    rows(page).nth(1).wait_for()

    assert page.evaluate("window.said") == 0


def test_a_refused_call_shows_the_nearest_that_was_accepted_and_its_rule(visit, toplyne):
    page = visit("/live")
    upload(toplyne)
    upload(toplyne, timestamp=1.5)

    rows(page).filter(has_text="refused").click()

    opened(page).get_by_text("Nearest accepted call").wait_for()
    cells = opened(page).get_by_role("row").nth(1).get_by_role("cell").all_inner_texts()
    assert cells == ["1.5", "1612137600"]
    opened(page).get_by_text("Rule time-integer").wait_for()
    rule = opened(page).get_by_role("link", name="time-integer")
    assert rule.get_attribute("href") == "/contract#rule-time-integer"


def test_a_refused_body_that_is_not_json_is_shown_with_headers_and_answer(visit, toplyne):
    page = visit("/live")
    toplyne.client.post("/upload/events", content=b"<b>hello</b>", headers={"X-Mine": "yes"})
    toplyne.client.post("/upload/events", content=b"\xff\x00\x01")

    rows(page).nth(1).click()
    opened(page).get_by_text("<b>hello</b>").wait_for()
    opened(page).get_by_text("headers").first.click()
    opened(page).get_by_text("x-mine").wait_for()
    opened(page).get_by_text("Expected application/json").first.wait_for()
    rows(page).nth(0).click()
    opened(page).get_by_text("ff 00 01").wait_for()


def test_nothing_blames_the_payload_of_a_forbidden_call(visit, toplyne):
    page = visit("/live")
    upload(toplyne)
    http.post(
        f"{toplyne.api_url}/upload/events",
        json={"events": [EVENT]},
        headers={"Authorization": "Bearer nobody"},
    )

    rows(page).filter(has_text="403").click()

    opened(page).get_by_text("Request").first.wait_for()
    opened(page).get_by_text("FORBIDDEN").first.wait_for()
    assert not opened(page).get_by_text("Nearest accepted call").is_visible()


def test_a_link_shows_a_colleague_the_same(visit, toplyne):
    page = visit("/live")
    track(toplyne, "First", "Second", "Third")
    send(toplyne, type="page")
    page.keyboard.press("/")
    page.keyboard.type("first")
    page.get_by_label("Kind").select_option("message")
    page.get_by_label("Time", exact=True).select_option("Last hour")
    rows(page).filter(has_text="First").click()
    opened(page).get_by_text("Attempts").wait_for()

    other = visit(page.url)

    opened(other).get_by_text("Attempts").wait_for()
    assert rows(other).filter(visible=True).count() == 1
    assert other.get_by_label("Search").input_value() == "first"
    assert other.get_by_label("Kind").input_value() == "message"
    assert "since" in other.get_by_label("Time", exact=True).locator("option:checked").inner_text()
    assert rows(other).filter(has_text="First").get_attribute("aria-selected") == "true"
    assert other.url == page.url


def test_chips_count_and_filter(visit, toplyne):
    page = visit("/live")
    track(toplyne, "One", "Two")
    send(toplyne, type="page")
    send(toplyne, type="track")
    upload(toplyne, timestamp=1.5)

    for name, number in {"All": 5, "Not delivered": 3, "delivered": 2, "unmapped": 1}.items():
        found = page.get_by_role("group", name="Outcome").get_by_role(
            "button", name=f"{name} {number}", exact=True
        )
        found.wait_for()
    chip(page, "Not delivered").click()
    assert rows(page).filter(visible=True).count() == 3
    chip(page, "dropped").click()
    assert rows(page).filter(visible=True).all_text_contents()[0].count("dropped") == 1


def test_what_is_new_waits_while_somebody_reads_and_is_one_click_away(visit, toplyne):
    page = visit("/live")
    track(toplyne, "First", "Second")
    rows(page).nth(1).click()
    opened(page).get_by_text("Attempts").wait_for()
    before = rows(page).all_text_contents()

    track(toplyne, *(f"New {n}" for n in range(12)))

    page.get_by_role("button", name="12 new").wait_for()
    assert rows(page).all_text_contents() == before
    assert opened(page).get_by_role("heading", level=2).inner_text() == "track First"
    page.keyboard.press("n")
    rows(page).filter(has_text="New 11").wait_for()
    assert rows(page).count() == 14
    assert rows(page).filter(has_text="First").get_attribute("aria-selected") == "true"


def test_a_hundred_rows_a_second_move_nothing_that_is_read_focused_or_selected(visit, toplyne):
    page = visit("/live")
    track(toplyne, *(f"Old {n}" for n in range(60)))
    rows(page).nth(59).wait_for()
    stop = threading.Event()

    def flood():
        while not stop.wait(0.1):
            track(toplyne, *["Flood"] * 10)

    thread = threading.Thread(target=flood)
    box(page).evaluate("list => { list.scrollTop = 300; }")
    thread.start()
    try:
        for hold in (
            lambda: None,  # a list that is scrolled is read
            lambda: (box(page).focus(), page.keyboard.press("Home")),
            lambda: (
                page.keyboard.press("Escape"),
                page.evaluate("getSelection().selectAllChildren(list.querySelector('.what'))"),
            ),
        ):
            hold()
            page.wait_for_timeout(100)
            row = page.evaluate("document.elementFromPoint(400, 400).closest('[role=option]').id")
            place = page.locator(f"#{row}").bounding_box()
            page.wait_for_timeout(700)
            assert page.locator(f"#{row}").bounding_box() == place
            page.get_by_role("button", name="new").wait_for()
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("form", ["ndjson", "har", "pytest"])
def test_what_the_filter_shows_is_exported_in_two_clicks(visit, toplyne, form):
    page = visit("/live?q=second")
    track(toplyne, "First", "Second")
    upload(toplyne, eventName="Second")
    page.get_by_role("group", name="Outcome").get_by_role("button", name="All 2").wait_for()

    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
        page.locator(f"[data-export={form}]").click()

    text = download.value.path().read_text(encoding="utf-8")
    assert "Second" in text
    assert "First" not in text
    if form == "ndjson":
        assert json.loads(text)["event"] == "Second"
    elif form == "har":
        assert len(json.loads(text)["log"]["entries"]) == 3
    else:
        compile(text, "exported", "exec")


def test_chips_menus_and_the_open_row_work_from_the_keyboard_alone(visit, toplyne):
    page = visit("/live")
    track(toplyne, "Signed Up")
    send(toplyne, type="page")
    rows(page).nth(1).wait_for()

    with page.expect_download() as download:
        press(page, "Export")
        press(page, "NDJSON: the messages")
    assert len(download.value.path().read_text(encoding="utf-8").splitlines()) == 2
    page.keyboard.press("Tab")
    press(page, "delivered\n1")
    box(page).focus()
    page.keyboard.press("End")
    opened(page).get_by_text("Attempts").wait_for()
    page.keyboard.press("Enter")
    press(page, "Copy")
    press(page, "curl")
    page.get_by_text("Copied the curl command.").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    opened(page).get_by_text("No row is open").wait_for()
    assert "open=" not in page.url


def test_a_message_is_copied_linked_and_opened_in_try_it(visit, toplyne):
    page = visit("/live")
    track(toplyne, "Signed Up")
    rows(page).first.click()

    def copied(name, told):
        opened(page).get_by_role("button", name="Copy", exact=True).click()
        opened(page).get_by_role("button", name=name).click()
        page.get_by_text(f"Copied {told}.").wait_for()
        return page.evaluate("navigator.clipboard.readText()")

    assert json.loads(copied("JSON", "the JSON"))["event"] == "Signed Up"
    assert copied("curl", "the curl command").startswith("curl ")
    compile(copied("pytest", "the pytest module"), "copied", "exec")
    assert json.loads(copied("Case file", "the case file"))[0]["event"]["event"] == "Signed Up"
    opened(page).get_by_role("button", name="Copy link").click()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    opened(page).get_by_role("link", name="Open in Try it").click()
    page.wait_for_selector("main[data-ready]")
    assert '"Signed Up"' in page.locator("#event").input_value()


def test_copying_where_the_browser_forbids_it_shows_the_text_selected(visit, toplyne):
    page = visit("/live")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(Error()); }")

    page.get_by_role("button", name="Copy the write key").click()

    page.get_by_role("dialog", name="Copy the write key").wait_for()
    assert page.evaluate("getSelection().toString()") == toplyne.write_key


def test_an_empty_page_shows_how_to_start_and_turns_green_with_the_first_event(visit, toplyne):
    page = visit("/live")
    start = page.get_by_role("region", name="Start here")
    start.get_by_text("waiting for your first event …").wait_for()

    for name, value in {
        "the host": toplyne.url,
        "the write key": toplyne.write_key,
        "the API token": toplyne.token,
    }.items():
        press(page, f"Copy {name}")
        page.get_by_text(f"Copied {name}.").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == value
    snippet = page.locator("#snippet").text_content()
    made = {}
    exec(compile(snippet, "snippet", "exec"), made)  # Segment's own SDK runs it

    start.get_by_text("Your first event has arrived: Signed Up").wait_for()
    assert page.locator("#first").get_attribute("data-tone") == "good"
    reach(page, "Python")
    for name, told in {
        "Node": "@segment/analytics-node",
        "Browser": "cdnURL",
        "Ruby": "Segment::Analytics",
        "curl": "/v1/upload/events",
    }.items():
        page.keyboard.press("ArrowRight")
        assert page.get_by_role("radio", name=name).is_checked()
        assert told in page.locator("#snippet").text_content()


def test_pause_and_clear(visit, toplyne):
    page = visit("/live")
    track(toplyne, "First")
    rows(page).first.wait_for()
    page.keyboard.press("p")
    track(toplyne, "Second")
    page.get_by_role("button", name="1 new").wait_for()
    page.keyboard.press("p")
    rows(page).filter(has_text="Second").wait_for()

    page.get_by_role("button", name="Clear…").click()
    page.get_by_role("button", name="Clear", exact=True).click()

    page.get_by_text("Nothing received yet").wait_for()
    assert toplyne.entries == []


def test_a_message_with_a_name_that_can_be_no_text_is_opened(visit, toplyne):
    send(toplyne, type="page", name={"toString": 1, "valueOf": 1})
    page = visit("/live")

    rows(page).first.click()

    page.get_by_role("heading", name="page", exact=True).wait_for()


def test_an_event_full_of_markup_stays_text(visit, toplyne):
    markup = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
    page = visit("/live")
    upload(toplyne, eventName=markup)

    rows(page).filter(has_text="<script>").click()

    opened(page).get_by_text("<script>").first.wait_for()
    assert page.title() == "Live · toplyne-sandbox"
    assert page.locator("main script, main img").count() == 0


def test_no_width_cuts_anything_and_axe_finds_nothing_in_an_open_row(visit, toplyne):
    toplyne.fail_next(status=503)
    long = "a-name-without-any-blank-" * 7
    track(toplyne, long, "Short")
    send(toplyne, type="page", name=long)
    upload(toplyne, eventName=long, timestamp=1.5)
    page = visit("/live")
    rows(page).nth(3).wait_for()
    for index in range(4):
        rows(page).nth(index).click()
        opened(page).get_by_text("Close").wait_for()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert too_wide(page) == [], width
    page.set_viewport_size({"width": 1280, "height": 800})
    assert problems(page) == []


def too_wide(page):
    """Return what is wider than what holds it, inner scrollers too."""
    return page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll("main, main *")]
            .filter(each => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 1
                && !["hidden", "clip"].includes(getComputedStyle(each).overflowX)
                && getComputedStyle(each).display !== "inline")
            .map(each => `${each.outerHTML.slice(0, 80)}: ${each.scrollWidth}`)"""
    )


def fill_with(toplyne, count):
    upload_ = received(
        "POST",
        "/v1/upload/events",
        [("authorization", f"Bearer {toplyne.token}"), ("content-type", "application/json")],
        b'{"events":[{"eventName":"E","userId":"u","timestamp":1}]}',
    )
    for _ in range(count):
        toplyne.mock.answer(upload_)


def test_ten_thousand_rows_come_fast_scroll_smoothly_and_are_found(visit, toplyne):
    upload(toplyne, eventName="The oldest of all")
    fill_with(toplyne, MANY - 1)
    page = visit("/contract")
    page.context.browser.start_tracing(page=page, categories=TRACED)
    page.goto("/live")
    rows(page).first.wait_for()
    events = json.loads(page.context.browser.stop_tracing())["traceEvents"]
    assert work_of_the_page(events) / 1000 < SECONDS_TO_FIRST_ROWS
    page.get_by_role("group", name="Outcome").get_by_role("button", name="All 10,000").wait_for()

    page.context.browser.start_tracing(page=page, categories=TRACED)
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
    assert page.evaluate("window.find('The oldest of all')")
    assert page.evaluate("list.scrollTop") > 0


def work_of_the_page(events):
    """Return how many milliseconds the busiest thread with scripts worked, not how many passed."""
    scripts = {"FireAnimationFrame", "FunctionCall", "EvaluateScript"}
    threads = {(e["pid"], e["tid"]) for e in events if e["name"] in scripts}
    work = dict.fromkeys(threads, 0)
    for event in events:
        if event["name"] == "RunTask" and (event["pid"], event["tid"]) in threads:
            work[event["pid"], event["tid"]] += event.get("tdur", event.get("dur", 0)) / 1000
    assert max(work.values()) > 0
    return max(work.values())
