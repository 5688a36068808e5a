"""A file of events on Try it: dropped, chosen or pasted, counted, filtered, opened, downloaded."""

import gzip
import json
import os
import subprocess
import sys

import pytest

from tests.browser.axe import problems
from tests.browser.conftest import PATIENCE
from tests.browser.keyboard import reach
from tests.browser.test_looks import WIDER
from tests.wire import http

IDENTIFY = {"type": "identify", "userId": "u1", "timestamp": 1612137600000}
TRACK = {"type": "track", "event": "Order", "userId": "u2", "timestamp": 1612137600000}
NAMELESS = {"type": "track", "userId": "u3"}
PAGE = {"type": "page", "name": "Pricing", "userId": "u4"}
EVENTS = [IDENTIFY, TRACK, NAMELESS, PAGE]
LINES = "\n".join(map(json.dumps, EVENTS))
HAR = {
    "log": {
        "entries": [
            {
                "request": {
                    "method": "POST",
                    "url": "https://api.segment.io/v1/batch",
                    "headers": [],
                    "postData": {"text": json.dumps({"batch": EVENTS})},
                },
                "response": {"status": 200},
            }
        ]
    }
}


def panel(page):
    return page.get_by_role("region", name="File", exact=True)


def table(page):
    return page.get_by_role("region", name="Events of the file").get_by_role("table")


def drop(page, name, content):
    page.evaluate(
        """([name, bytes]) => {
            const data = new DataTransfer();
            data.items.add(new File([Uint8Array.from(bytes)], name));
            const how = {dataTransfer: data, bubbles: true, cancelable: true};
            document.body.dispatchEvent(new DragEvent("dragover", how));
            document.body.dispatchEvent(new DragEvent("drop", how));
        }""",
        [name, list(content)],
    )


def choose(page, name, content):
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.get_by_label("Open a file").set_input_files(file)


def paste(page, name, content):
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const how = {clipboardData: data, bubbles: true, cancelable: true};
            document.getElementById("event").dispatchEvent(new ClipboardEvent("paste", how));
        }""",
        content.decode(),
    )


@pytest.mark.parametrize("give", [drop, choose, paste])
def test_a_file_becomes_a_table_of_events_and_mappings(visit, toplyne, give):
    page = visit("/")

    give(page, "events.ndjson", LINES.encode())

    panel(page).get_by_text("4 events").wait_for()
    rows = table(page).get_by_role("row")
    assert rows.count() == 5
    assert rows.nth(3).get_by_role("cell").all_inner_texts()[-1].split() == ["✗", "rejected"]
    rows.first.filter(has_text="1 mapped").wait_for()
    assert json.loads(page.locator("#event").input_value())["type"] == "identify"
    assert toplyne.entries == []


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("array.json", json.dumps(EVENTS).encode(), 4),
        ("batch.json", json.dumps({"batch": EVENTS}).encode(), 3),
        ("events.ndjson.gz", gzip.compress(LINES.encode()), 4),
        ("calls.har", json.dumps(HAR).encode(), 3),
    ],
)
def test_every_form_of_a_file_is_taken(visit, name, content, count):
    page = visit("/")

    drop(page, name, content)

    panel(page).get_by_text(f"{count} events").wait_for()
    if count == 3:
        panel(page).get_by_text("Segment drops 1 (event_not_defined).").wait_for()


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """The file of a real `serve --record`, which received an SDK's batch and three other calls."""
    file = tmp_path_factory.mktemp("recorded") / "recorded.ndjson"
    command = [sys.executable, "-m", "toplyne_sandbox", "serve", "--port", "0", "--json"]
    own = {name: value for name, value in os.environ.items() if not name.startswith("TOPLYNE_")}
    with subprocess.Popen(
        [*command, "--synchronous", "--record", str(file)], stdout=subprocess.PIPE, env=own
    ) as process:
        try:
            told = json.loads(process.stdout.readline())
            sdk = {"batch": EVENTS, "writeKey": told["write_key"]}
            http.post(f"{told['url']}/v1/batch", json=sdk).raise_for_status()
            bearer = {"Authorization": f"Bearer {told['token']}"}
            http.get(f"{told['url']}/v1/auth/me", headers=bearer).raise_for_status()
        finally:
            process.terminate()
    return file


@pytest.mark.parametrize("give", [drop, choose])
def test_what_serve_records_is_taken(visit, toplyne, recording, give):
    page = visit("/")

    give(page, recording.name, recording.read_bytes())

    panel(page).get_by_text("3 events").wait_for()
    panel(page).get_by_text("Segment drops 1 (event_not_defined).").wait_for()
    others = len(recording.read_text().splitlines()) - 1
    assert others >= 1
    panel(page).get_by_text(f"{others} recorded calls are not calls of Segment.").wait_for()
    row = table(page).get_by_role("row").filter(has_text="track Order")
    assert row.get_by_role("cell").all_inner_texts()[-1].split() == ["✓", "mapped"]
    row.get_by_role("button", name="track Order").click()
    page.get_by_role("region", name="Requests, answers and state").get_by_text(
        "Order"
    ).first.wait_for()
    shown = json.loads(page.locator("#event").input_value())
    assert (shown["event"], shown["userId"]) == ("Order", "u2")
    assert toplyne.entries == []


def test_rows_are_filtered_opened_and_walked_through_by_keys(visit):
    page = visit("/")
    choose(page, "events.ndjson", LINES.encode())
    panel(page).get_by_text("4 events").wait_for()

    page.get_by_role("button", name="nothing sent 2").press("Enter")
    assert table(page).get_by_role("row").count() == 3
    reach(page, "Search the events")
    page.keyboard.type("pricing")
    table(page).get_by_role("row", name="track").wait_for(state="detached")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    table(page).get_by_role("row", name="track").wait_for()
    reach(page, "track")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.get_by_role("region", name="Requests").get_by_text("Nothing reaches Toplyne").wait_for()
    assert json.loads(page.locator("#event").input_value()) == PAGE
    table(page).locator("[aria-current]").filter(has_text="page Pricing").wait_for()


def test_the_search_leaves_what_is_typed_as_it_is_typed(visit):
    page = visit("/")
    choose(page, "events.ndjson", LINES.encode())
    search = page.get_by_label("Search the events")
    search.fill("RICING")
    table(page).get_by_role("row", name="track").first.wait_for(state="detached")

    search.press("Home")
    page.keyboard.type("P", delay=120)
    page.get_by_role("button", name="nothing sent").click()

    assert search.input_value() == "PRICING"
    assert table(page).get_by_role("row").count() == 2


def held_questions(page, *triggers):
    """Change the first trigger, and return the routes of the questions, each held back."""
    held = []
    page.route("**/_sandbox/replay", lambda route: held.append(route))  # noqa: PLW0108 - it is marked
    for number, trigger in enumerate(triggers, 1):
        page.get_by_label("Trigger").first.fill(trigger)
        for _ in range(PATIENCE // 20):
            if len(held) == number:
                break
            page.wait_for_timeout(20)
    assert len(held) == len(triggers)
    return held


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(bytes(11 * 2**20)), "Use `toplyne-sandbox replay`, which takes any number"),
        (bytes(8 * 2**20), "The command toplyne-sandbox replay takes files of any size."),
    ],
    ids=["inflated", "as it is"],
)
def test_a_file_that_is_too_large_names_the_command_once(visit, content, said):
    page = visit("/")

    choose(page, "large", content)

    page.get_by_text(said).wait_for()
    assert page.locator("#status").inner_text().count("toplyne-sandbox replay") == 1


def test_closing_the_file_cancels_its_question_and_shows_nothing(visit):
    page = visit("/")
    choose(page, "events.ndjson", LINES.encode())
    panel(page).get_by_text("4 events").wait_for()
    (question,) = held_questions(page, 'type = "page"')

    with page.expect_event("requestfailed") as cancelled:
        page.get_by_role("button", name="Close the file").click()
    page.wait_for_timeout(100)

    assert cancelled.value == question.request
    assert not panel(page).is_visible()


def test_a_new_question_cancels_the_one_before(visit):
    page = visit("/")
    choose(page, "events.ndjson", LINES.encode())
    panel(page).get_by_text("4 events").wait_for()
    with page.expect_event("requestfailed") as cancelled:
        first, last = held_questions(page, 'type = "identify" or type = "x"', 'type = "x"')
    heads = table(page).get_by_role("columnheader")
    none = heads.filter(has_text="Send User Profiles").get_by_text("0 mapped")

    last.continue_()
    none.wait_for()

    assert cancelled.value == first.request
    assert none.count() == 1


def test_an_edited_mapping_counts_the_file_anew(visit):
    page = visit("/")
    choose(page, "events.ndjson", LINES.encode())
    panel(page).get_by_text("4 events").wait_for()

    page.get_by_label("Trigger").first.fill('type = "page"')

    row = table(page).get_by_role("row", name="page Pricing")
    row.get_by_text("rejected").or_(row.get_by_text("✓")).first.wait_for()


def test_the_requests_are_downloaded(visit, toplyne):
    page = visit("/")
    choose(page, "events.ndjson", LINES.encode())
    panel(page).get_by_text("4 events").wait_for()

    with page.expect_download() as started:
        page.get_by_role("button", name="Download requests").click()

    lines = [json.loads(line) for line in started.value.path().read_text().splitlines()]
    assert started.value.suggested_filename == "events.requests.ndjson"
    assert [(each["line"], each["path"]) for each in lines] == [
        (1, "/upload/users/profiles"),
        (2, "/upload/events"),
    ]
    answer = toplyne.client.post(lines[1]["path"], json=lines[1]["json"])
    assert answer.status_code == 202


def test_a_text_too_long_for_an_event_is_refused_before_the_browser_lays_it_out(visit):
    page = visit("/")
    before = page.locator("#event").input_value()

    paste(page, "one.json", json.dumps({**TRACK, "properties": {"x": "y" * 2_000_001}}).encode())

    said = page.get_by_role("status").get_by_text("an event may have at most 2,000,000 here")
    said.wait_for()
    assert page.locator("#event").input_value() == before


def test_a_file_is_there_after_a_reload_until_it_is_closed(visit):
    page = visit("/")
    choose(page, "events.ndjson", LINES.encode())
    panel(page).get_by_text("4 events").wait_for()

    page.reload()
    panel(page).get_by_text("4 events").wait_for()
    page.get_by_role("button", name="Close the file").click()
    page.reload()
    page.wait_for_selector("main[data-ready]")

    assert not panel(page).is_visible()


def test_what_is_not_a_file_of_events_is_said_and_nothing_is_lost(visit):
    page = visit("/")
    choose(page, "picture.png", b"\x89PNG\r\n\x1a\n\0\0")
    panel(page).get_by_text("could not be read").wait_for()

    drop(page, "cut.gz", gzip.compress(LINES.encode())[:-4])

    page.get_by_role("status").get_by_text("cut.gz is not readable as gzip").wait_for()
    assert json.loads(page.locator("#event").input_value())["type"] == "identify"


def test_a_file_full_of_markup_stays_text_and_axe_finds_nothing(visit):
    markup = "<img src=x onerror=\"document.title='taken'\">"
    page = visit("/")
    choose(page, markup, json.dumps([{**TRACK, "event": markup, "userId": markup}]).encode())

    table(page).get_by_role("button", name=markup).wait_for()

    assert page.locator("main img").count() == 0
    assert page.title() != "taken"
    assert problems(page) == []


def test_two_hundred_events_take_one_click(visit):
    page = visit("/")

    events = [json.dumps({**TRACK, "userId": f"u{number}"}) for number in range(200)]
    choose(page, "many.ndjson", "\n".join(events).encode())

    panel(page).get_by_text("200 events").wait_for()
    assert table(page).get_by_role("row").count() == 201


@pytest.mark.parametrize("width", [320, 360, 768, 1280, 1920])
def test_the_table_fits_at_every_width(visit, width):
    page = visit("/", width=width)

    choose(page, "events.ndjson", LINES.encode())

    panel(page).get_by_text("4 events").wait_for()
    assert page.evaluate(WIDER) == []
