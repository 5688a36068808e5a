"""Try it: an event becomes requests and a profile, on the page and by its keys alone."""

import json
import re

import pytest

from sandbox import map_event
from tests.browser.axe import problems
from tests.conformance import corpus
from tests.conformance.kinds import DIFFERENT, kind_of_folder, our_answer

MARKUP = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
TRACK = {"type": "track", "event": "Order Completed", "userId": "u1", "timestamp": 1612137600000}
NO_ID = {key: value for key, value in TRACK.items() if key != "userId"}


def put(page, event):
    """Write an event as a person does: all at once, by paste."""
    page.get_by_label("JSON, as Segment").fill(
        event if isinstance(event, str) else json.dumps(event)
    )


def toplyne_panel(page):
    return page.get_by_role("region", name="Requests, answers and state")


def card(page, name):
    return page.locator("article", has=page.get_by_role("heading", name=name))


def verdict(mapping, word):
    return mapping.locator("summary").get_by_text(word, exact=True)


def test_an_event_shows_its_request_its_answer_and_the_state(visit, toplyne):
    page = visit("/")

    put(page, TRACK)

    panel = toplyne_panel(page)
    panel.get_by_text("Events uploaded.").wait_for()
    panel.get_by_text("POST /v1/upload/events").wait_for()
    assert panel.get_by_role("region", name="One of events").inner_text().count("1612137600") == 1
    assert panel.inner_text().splitlines().count("0") == 0
    assert (toplyne.entries, toplyne.ledger, toplyne.events) == ([], [], [])


def test_each_mapping_says_its_verdict_its_clauses_and_its_fields(visit):
    page = visit("/")

    put(page, {**TRACK, "userId": 42})

    row = card(page, "Send Events").locator("li.mapped", has_text="User ID")
    row.locator(".sent").get_by_text('"42"').wait_for()
    assert "42" in row.locator(".raw").inner_text().split()
    verdict(card(page, "Send Events"), "mapped").wait_for()
    verdict(card(page, "Send User Profiles"), "skipped").wait_for()
    card(page, "Send User Profiles").filter(has_text='type is "track"').wait_for()


def test_json_that_cannot_be_read_says_where(visit):
    page = visit("/")

    put(page, '{\n  "type": "track",\n  "event" "E"\n}')

    said = page.get_by_text('Not JSON: unexpected "\\"" at line 3, column 11.')
    said.wait_for()
    page.get_by_role("button", name="Go to line 3").click()
    assert page.evaluate("document.activeElement.id") == "event"
    assert page.evaluate("document.activeElement.selectionStart") == 31


def test_a_message_segment_would_drop_says_so(visit):
    page = visit("/")

    put(page, {"type": "track", "event": "E"})

    page.get_by_text("Segment would drop this message").wait_for()
    page.get_by_text("no_user_anon_id").wait_for()


def test_a_trigger_is_edited_and_its_mistake_is_shown_in_its_place(visit):
    page = visit("/")
    put(page, TRACK)
    trigger = card(page, "Send Events").get_by_label("Trigger")

    trigger.fill('(type = "track"')

    trigger.and_(page.locator("[aria-invalid=true]")).wait_for()
    verdict(card(page, "Send Events"), "invalid").wait_for()
    trigger.fill('event = "Order Completed"')
    verdict(card(page, "Send Events"), "mapped").wait_for()


def test_the_smallest_change_is_made_with_one_button(visit):
    page = visit("/")
    put(page, TRACK)
    mapping = card(page, "Send User Profiles")
    verdict(mapping, "skipped").wait_for()
    mapping.locator("summary").first.click()

    mapping.get_by_role("button", name="Change the event").click()

    verdict(mapping, "mapped").wait_for()
    assert json.loads(page.get_by_label("JSON, as Segment").input_value())["type"] == "identify"


def test_the_rules_decide(visit):
    page = visit("/")
    put(page, NO_ID)
    verdict(card(page, "Send Events"), "rejected").wait_for()

    page.get_by_label("Rules").select_option("observed")

    verdict(card(page, "Send Events"), "mapped").wait_for()


def test_a_link_shows_the_whole_situation_again(visit):
    page = visit("/")
    put(page, TRACK)
    page.get_by_role("button", name="Add", exact=True).click()
    card(page, "My mapping 1").get_by_label("Trigger").fill('event = "Order Completed"')
    page.get_by_label("Rules").select_option("observed")
    verdict(card(page, "My mapping 1"), "mapped").wait_for()
    page.get_by_role("button", name="Copy…").click()
    page.get_by_role("button", name="Link to this page").click()
    page.get_by_text("Copied the").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")

    other = visit(link)
    verdict(card(other, "My mapping 1"), "mapped").wait_for()

    assert other.get_by_label("JSON, as Segment").input_value() == json.dumps(TRACK)
    assert card(other, "My mapping 1").get_by_label("Trigger").input_value() == (
        'event = "Order Completed"'
    )
    assert other.get_by_label("Rules").input_value() == "observed"
    assert other.locator("#toplyne").inner_text() == page.locator("#toplyne").inner_text()


@pytest.mark.parametrize("kind", ["curl", "pytest", "case"])
def test_a_situation_is_copied_and_holds_no_key(visit, toplyne, kind, tmp_path):
    page = visit("/")
    put(page, TRACK)
    toplyne_panel(page).get_by_text("Events uploaded.").wait_for()
    page.get_by_role("button", name="Copy…").click()
    page.locator(f"[data-copy={kind}]").click()

    page.get_by_text("Copied the").wait_for()
    text = page.evaluate("navigator.clipboard.readText()")

    assert toplyne.token not in text
    assert toplyne.write_key not in text
    if kind == "curl":
        assert text.startswith('curl -si -X POST "$TOPLYNE_API_URL"/upload/events')
    elif kind == "pytest":
        tests = {}
        exec(compile(text, "copied", "exec"), tests)
        tests["test_the_event_becomes_these_requests"]()
        assert len(tests["REQUESTS"]) == 1
    else:
        file = tmp_path / "copied.json"
        file.write_text(text)
        ((case, told),) = corpus.read(file)
        payloads = kind_of_folder("payloads")
        assert payloads.verdict(our_answer(payloads, case), told) != DIFFERENT
        assert len(told["requests"]) == 1


def test_sending_by_key_reaches_ledger_and_state(visit, toplyne):
    page = visit("/")
    put(page, TRACK)
    page.get_by_label("JSON, as Segment").press("Control+Enter")

    page.get_by_text("Message 1 is delivered").or_(
        page.get_by_text("is delivered (202)")
    ).wait_for()

    assert [m["outcome"] for m in toplyne.ledger] == ["delivered"]
    assert [e["eventName"] for e in toplyne.events] == ["Order Completed"]


def test_what_is_not_right_is_not_sent(visit, toplyne):
    page = visit("/")
    put(page, "{")
    page.get_by_role("button", name="Send", exact=False).first.click()

    page.get_by_text("The event cannot be sent.").wait_for()
    assert toplyne.ledger == []


def test_an_event_full_of_markup_stays_text(visit):
    page = visit("/")
    event = {**TRACK, "event": MARKUP, "userId": MARKUP, "properties": {MARKUP: MARKUP}}

    put(page, event)

    toplyne_panel(page).get_by_text("Events uploaded.").wait_for()
    assert page.title() == "Try it · toplyne-sandbox"
    assert page.locator("main script, main img").count() == 0
    assert toplyne_panel(page).inner_text().count("<script>") >= 3


def test_an_answer_that_comes_too_late_is_not_shown(visit):
    page = visit("/")
    held = []
    page.route("**/_sandbox/try", lambda route: held.append(route))  # noqa: PLW0108 - it is marked
    put(page, TRACK)
    page.wait_for_timeout(300)
    put(page, {**TRACK, "event": "Second"})
    page.wait_for_timeout(300)
    assert len(held) == 2

    held[1].continue_()
    toplyne_panel(page).get_by_text('"Second"').first.wait_for()
    page.unroute("**/_sandbox/try")

    assert "Order Completed" not in toplyne_panel(page).inner_text()


def test_the_dry_run_says_what_map_event_says(visit):
    page = visit("/")
    put(page, TRACK)
    toplyne_panel(page).get_by_text("Events uploaded.").wait_for()

    outcomes = [type(outcome).__name__.lower() for outcome in map_event(TRACK)]

    assert [
        text.strip() for text in page.locator("#mappings summary .badge").all_inner_texts()
    ] == outcomes


def test_identify_then_group_then_track_are_told_on_one_page(visit, toplyne):
    page = visit("/")
    panel = toplyne_panel(page)
    panel.get_by_text("User profiles uploaded.").wait_for()

    page.get_by_role("button", name="Keep, next event").press("Enter")
    panel.get_by_text("Account profiles uploaded.").wait_for()
    page.keyboard.press("k")
    panel.get_by_text("Events uploaded.").wait_for()

    for kind in ("profiles", "accounts", "events"):
        assert panel.get_by_role("region", name=f"One of {kind}").count() == 1
    assert panel.locator(".earlier li").all_inner_texts() == [
        "identify user-1042",
        "group user-1042",
    ]
    assert panel.get_by_text("by this event").count() == 1
    assert toplyne.entries == []

    assert problems(page) == []
    panel.get_by_role("button", name="Start over").click()
    panel.get_by_role("region", name="One of profiles").wait_for(state="detached")


def test_a_retried_call_shows_both_attempts_and_what_is_between(visit):
    page = visit("/")

    page.get_by_role("button", name="Retried").click()

    panel = toplyne_panel(page)
    panel.get_by_text("Events uploaded.").wait_for()
    assert panel.locator(".exchange .badge").all_inner_texts() == ["429", "202"]
    panel.get_by_text("Segment retries after 0.5 to 1 s.").wait_for()


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        ("Identify", "User profiles uploaded."),
        ("Group", "Account profiles uploaded."),
        ("Track", "Events uploaded."),
        ("Page", "Nothing reaches Toplyne"),
        ("No id", "Nothing reaches Toplyne"),
        ("Wrong type", "Nothing reaches Toplyne"),
    ],
)
def test_each_plain_sample_is_one_click(visit, sample, said):
    page = visit("/")

    page.locator("[data-sample]", has_text=sample).press("Enter")

    toplyne_panel(page).get_by_text(said).wait_for()
    assert page.locator("[data-sample][aria-pressed=true] b").inner_text() == sample


def test_a_mapping_of_two_conditions_is_built_in_six_clicks(visit):
    page = visit("/")
    page.get_by_role("button", name="Track").click()

    page.get_by_role("button", name="Add", exact=True).click()
    subject = page.get_by_label("Subject of condition 1").filter(visible=True)
    subject.focus()
    subject.select_option("event")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("Order Completed")
    page.get_by_role("button", name="+ Add condition").click()
    page.keyboard.type("total")
    page.keyboard.press("Tab")
    page.get_by_label("Operator of condition 2").select_option(">=")
    page.keyboard.press("Tab")
    page.keyboard.type("100")

    verdict(card(page, "My mapping 1"), "mapped").wait_for()
    page.wait_for_function(
        "text => document.getElementById('m4-trigger').value === text",
        arg='event = "Order Completed" and properties.total >= 100',
    )


@pytest.mark.parametrize("width", [320, 360, 768, 1280, 1920])
def test_every_width_shows_all_of_it_without_scrolling_sideways(visit, width):
    page = visit("/", width=width)
    page.get_by_role("button", name="Edit name").first.click()
    put(page, {**TRACK, "userId": "x" * 170, "properties": {"y" * 170: "z" * 170}})
    toplyne_panel(page).get_by_text("Events uploaded.").wait_for()

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inner = page.evaluate(
        """() => [...document.querySelectorAll("main *")]
            .filter(it => it.scrollWidth > it.clientWidth + 1 && it.clientWidth > 1)
            .filter(it => getComputedStyle(it).overflowX !== "visible")
            .filter(it => !it.matches("textarea, .clip, input, select"))
            .map(it => it.outerHTML.slice(0, 100))"""
    )
    assert inner == []


def test_a_field_says_what_the_event_gives_and_what_is_sent_to_who_hears_it(visit):
    page = visit("/")
    put(page, TRACK)
    mapping = card(page, "Send Events")
    verdict(mapping, "mapped").wait_for()

    fields = mapping.get_by_role("list", name="Fields: from the event, and sent")
    row = fields.get_by_role("listitem").filter(has_text="User ID")

    assert re.search(r"From the event:.*u1.*Sent:.*u1", row.aria_snapshot(), re.DOTALL)


@pytest.mark.parametrize(("path", "width"), [("/", 360), ("/setup", 1280)])
def test_two_equal_values_have_their_titles_where_the_columns_have_none(visit, path, width):
    page = visit(path, width=width)
    if path == "/setup":
        page.get_by_role("link", name="Toplyne").last.click()
        page.get_by_role("link", name="Send Events").click()
        page.locator(".outcome").get_by_text("The trigger matches.").wait_for()
    else:
        page.get_by_role("button", name="Track").click()
        verdict(card(page, "Send Events"), "mapped").wait_for()

    row = page.locator("li.mapped:visible", has_text="User ID").last
    boxes = [row.get_by_text(title).bounding_box() for title in ("From the event:", "Sent:")]

    assert all(box["width"] > 20 and box["height"] > 10 for box in boxes)


def test_a_second_condition_leaves_the_first_with_its_undo(visit):
    page = visit("/")
    page.get_by_role("button", name="Add", exact=True).click()
    mapping = card(page, "My mapping 1")
    value = mapping.get_by_label("Value of condition 1")
    value.press("End")
    page.keyboard.type("s")
    page.wait_for_function("() => document.getElementById('m4-trigger').value.includes('tracks')")

    mapping.get_by_role("button", name="+ Add condition").click()
    mapping.get_by_label("Name of condition 2").wait_for()
    value.press("Control+Z")

    assert value.input_value() == "track"
