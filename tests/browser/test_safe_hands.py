"""Safe hands: nothing hides, moves or overwrites what has the focus or was edited."""

import base64
import json
import threading
import zlib

import pytest

from mock_server.pages.page_table import PAGES
from tests.wire import http

DESTINATION = "#destination/Toplyne%20Cloud%20Mode%20(Actions)%20of%20default"
VIEWS = [
    *(page.path for page in PAGES),
    "/setup#catalog",
    "/setup#connect",
    f"/setup{DESTINATION}/settings",
    f"/setup{DESTINATION}/mapping/Send%20Events",
    f"/setup{DESTINATION}/build/sendEvents",
    "/toplyne#events",
    "/toplyne#settings",
]
TYPED = "g/n?e"  # each a key that does something where nobody types
INPUTS = "input:not([type=checkbox], [type=radio], [type=file]), textarea, select"
FOLLOWED_MS = 2300
"""Set-up looks every two seconds whether something was changed elsewhere."""


@pytest.fixture
def arrivals(toplyne):
    """Messages, faults, tokens and changes of the workspace that come all the time."""
    over = threading.Event()
    sandbox = f"{toplyne.url}/_sandbox"
    (source,) = toplyne.mock.segment.workspace.sources

    def post(url, body):
        http.post(url, json=body, timeout=60).raise_for_status()  # machines may be busy

    def come():
        number = 0
        while not over.wait(0.1):
            number += 1
            event = {"type": "track", "event": f"E{number}", "userId": f"u{number % 5}"}
            profile = {"type": "identify", "userId": f"u{number % 5}", "traits": {"n": number}}
            body = {"batch": [event, profile], "writeKey": toplyne.write_key}
            post(f"{toplyne.url}/v1/batch", body)
            post(f"{sandbox}/faults", {"status": 503, "times": 1})
            if number % 10 == 0:
                post(f"{sandbox}/workspace/sources", {"name": f"Source {number}"})

    thread = threading.Thread(target=come)
    thread.start()
    yield
    over.set()
    thread.join()
    toplyne.mock.segment.reconfigure(lambda known: known.__class__(
        sources=(source,), destinations=known.destinations
    ))  # fmt: skip


def opened(visit, view):
    page = visit(view)
    for button in page.get_by_role("button", name="Edit name").all():
        if button.is_visible():
            button.click()
    return page


@pytest.mark.parametrize("view", VIEWS)
def test_typing_goes_where_it_began_while_events_arrive(visit, arrivals, view):
    page = opened(visit, view)

    controls = [each for each in page.locator(INPUTS).element_handles() if each.is_visible()]
    for number, control in enumerate(controls):
        if not control.is_visible() or not control.is_enabled():
            continue  # what was typed before into another filters it away
        type_into(page, control)
        if number == 0:
            page.wait_for_timeout(FOLLOWED_MS)
            assert has_focus(control), view


def type_into(page, control):
    control.focus()
    kind = control.evaluate("it => it.localName === 'select' ? 'select' : it.type")
    if kind == "select":
        page.wait_for_timeout(50)
        assert has_focus(control), control.evaluate("it => it.outerHTML")
        return
    page.keyboard.press("Control+End")
    before, typed = None, ""
    for letter in "7531" if kind == "number" else TYPED:
        page.keyboard.type(letter)
        typed += letter
        page.wait_for_timeout(40)
        assert has_focus(control), (typed, control.evaluate("it => it.outerHTML"))
        if before is None:  # until now the answer to what was typed elsewhere may have filled it
            before = control.input_value().removesuffix(letter)
        assert control.input_value() == before + typed, control.evaluate("it => it.outerHTML")


def has_focus(control):
    """Tell whether the very element that was focused still is, in the page and to be seen."""
    return control.evaluate(
        "it => it.isConnected && document.activeElement === it && it.checkVisibility()"
    )


def away_and_back(page, back):
    pages = page.get_by_role("navigation", name="Pages")
    pages.get_by_role("link", name="Live").click()
    page.wait_for_url("**/live*")
    pages.get_by_role("link", name=back).click()
    page.wait_for_selector("main[data-ready]")


def test_the_trigger_that_is_typed_stays_open_whatever_it_makes_of_the_event(visit):
    page = visit("/")
    card = page.locator("article", has=page.get_by_role("heading", name="Send User Profiles"))
    trigger = card.get_by_label("Trigger")

    trigger.fill("")
    trigger.press_sequentially('event = "glass"', delay=60)
    card.locator("summary").get_by_text("skipped").wait_for()

    assert trigger.input_value() == 'event = "glass"'
    assert trigger.is_visible()
    assert json.loads(page.locator("#event").input_value())["type"] == "identify"


def test_try_it_is_as_one_left_it(visit):
    page = opened(visit, "/")
    page.locator("#event").fill('{"type": "track", "event": "Mine", "userId": "u"}')
    page.get_by_label("Trigger").first.fill('event = "Mine"')
    page.get_by_label("Rules").select_option("observed")
    page.get_by_text("Mine").first.wait_for()

    away_and_back(page, "Try it")

    assert json.loads(page.locator("#event").input_value())["event"] == "Mine"
    assert page.locator("textarea[id$=trigger]").first.input_value() == 'event = "Mine"'
    assert page.get_by_label("Rules").input_value() == "observed"


def test_a_sample_replaces_ones_own_event_and_undo_brings_it_back(visit):
    page = visit("/")
    mine = '{"type": "track", "event": "Mine", "userId": "u"}'
    page.locator("#event").fill(mine)

    page.get_by_role("button", name="Group Joins").click()
    page.get_by_text("Your event was replaced. Undo brings it back.").wait_for()
    page.get_by_role("button", name="Track").click()
    assert json.loads(page.locator("#event").input_value())["event"] == "Order Completed"
    page.get_by_role("button", name="Undo").click()

    assert page.locator("#event").input_value() == mine
    assert page.get_by_role("button", name="Undo").is_disabled()


def test_undo_after_a_reload_brings_back_removed_mappings_and_loses_no_later_edit(visit):
    page = opened(visit, "/")
    page.get_by_role("button", name="Remove this mapping").first.click()
    page.get_by_text("The mapping was removed.").wait_for()
    page.locator("article summary").first.click()
    page.get_by_label("Trigger").first.fill('type = "mine"')
    page.reload()
    page.wait_for_selector("main[data-ready]")

    page.get_by_role("button", name="Undo").click()
    page.get_by_role("heading", name="Send User Profiles").wait_for()
    page.get_by_role("button", name="Undo").click()

    page.get_by_role("heading", name="Send User Profiles").wait_for(state="detached")
    assert page.locator("textarea[id$=trigger]").first.input_value() == 'type = "mine"'


@pytest.mark.parametrize("fragment", ["#1.broken", "#something", "#1.q1ZKLEnOUrJSAAA"])
def test_a_damaged_link_says_so_and_shows_ones_own_event(visit, fragment):
    page = visit("/")
    page.locator("#event").fill('{"type": "track", "event": "Mine", "userId": "u"}')
    page.get_by_text("Mine").first.wait_for()

    page.goto("about:blank")
    page.goto(f"/{fragment}")
    page.wait_for_selector("main[data-ready]")

    page.get_by_text("The link is damaged (").wait_for()
    page.get_by_text("This is your own event as you left it.").wait_for()
    assert "Mine" in page.locator("#event").input_value()


WRONG_INSIDE = [
    {"earlier": 5},
    {"earlier": [{"title": "t", "requests": 5}]},
    {"rows": {"join": "and", "rows": [{}]}},
    {"rows": {"join": "and", "rows": [{"subject": "constructor", "operator": "="}]}},
    {"typed": "x"},
]


@pytest.mark.parametrize("wrong", WRONG_INSIDE)
def test_a_link_that_is_damaged_inside_says_so_too(visit, wrong):
    mapping = {"name": "M", "action": "sendEvents", "trigger": 'type = "track"', "fields": {}}
    mapping |= {key: value for key, value in wrong.items() if key != "earlier"}
    situation = {"eventText": "{}", "mappings": [mapping], "earlier": wrong.get("earlier", [])}
    deflate = zlib.compressobj(wbits=-15)
    packed = deflate.compress(json.dumps(situation).encode()) + deflate.flush()

    page = visit(f"/#1.{base64.urlsafe_b64encode(packed).decode().rstrip('=')}")

    page.get_by_text("The link is damaged (").wait_for()
    page.get_by_text("User profiles uploaded.").wait_for()


def test_a_link_leaves_ones_own_event_to_undo(visit):
    page = visit("/")
    first = page.evaluate("location.hash")
    page.get_by_role("button", name="Group Joins").click()
    page.wait_for_function("first => location.hash !== first", arg=first)
    link = page.evaluate("location.hash")
    page.goto("/")
    page.locator("#event").fill('{"type": "track", "event": "Mine", "userId": "u"}')
    page.get_by_text("Mine").first.wait_for()

    page.goto("about:blank")
    page.goto(f"/{link}")
    page.get_by_text("Undo brings back your own event and mappings.").wait_for()
    assert json.loads(page.locator("#event").input_value())["type"] == "group"
    page.get_by_role("button", name="Undo").click()

    assert "Mine" in page.locator("#event").input_value()


def linked(visit, **situation):
    """Open a link that holds a situation."""
    packed = zlib.compress(json.dumps(situation).encode(), wbits=-15)
    return visit(f"/#1.{base64.urlsafe_b64encode(packed).decode().rstrip('=')}")


def test_a_link_of_an_older_page_shows_all_it_holds_and_one_that_holds_no_mappings_says_so(visit):
    old = {"name": "Old", "action": "sendEvents", "trigger": 'type = "track"', "enabled": True}
    mappings = [
        {**old, "fieldsText": '{"userId": {"@path": "$.anonymousId"}}'},
        {**old, "name": "Cut", "fieldsText": '{"userId": '},
        {**old, "name": "Unknown", "action": "sendNothing", "fieldsText": "{}"},
    ]
    page = linked(visit, eventText='{"type": "track"}', mappings=mappings, rules="observed")

    verdicts = page.locator("#mappings summary .badge").all_inner_texts()
    assert verdicts == ["rejected", "invalid", "invalid"]
    page.locator("article", has_text="Cut").get_by_text("Not valid JSON").wait_for()

    page = linked(visit, eventText="{}", mappings=[{"name": "No trigger"}])
    page.get_by_text("a mapping has no name, action or trigger").wait_for()
    assert json.loads(page.locator("#event").input_value())["type"] == "identify"


def test_the_editor_of_set_up_keeps_its_edits_until_they_are_saved_or_dropped(visit):
    page = visit(f"/setup{DESTINATION}/mapping/Send%20Events")
    page.get_by_label("Trigger").fill('event = "Mine"')
    page.get_by_label("User ID", exact=True).fill("$.anonymousId")
    page.get_by_text("Your edits are kept in this tab but not saved.").wait_for()

    page.get_by_role("link", name="Live", exact=True).click()
    page.wait_for_url("**/live*")
    page.goto(f"/setup{DESTINATION}/mapping/Send%20Events")

    page.get_by_text("Your edits are kept in this tab but not saved.").wait_for()
    assert page.get_by_label("Trigger").input_value() == 'event = "Mine"'
    assert page.get_by_label("User ID", exact=True).input_value() == "$.anonymousId"
    page.get_by_role("button", name="Drop them").click()
    page.wait_for_function("() => document.getElementById('trigger').value === 'type = \"track\"'")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_function("() => document.getElementById('trigger').value.includes('Mine')")


def test_an_event_one_tests_a_mapping_with_comes_back_after_a_sample(visit):
    page = visit(f"/setup{DESTINATION}/mapping/Send%20Events")
    event = page.get_by_label("Event as JSON")
    event.fill('{"type": "track", "event": "Mine"}')

    page.get_by_label("Event", exact=True).select_option("Group")
    assert json.loads(event.input_value())["type"] == "group"
    page.get_by_label("Event", exact=True).select_option("Your own event")

    assert json.loads(event.input_value())["event"] == "Mine"


def test_a_trigger_that_lint_rewrites_comes_back_with_ctrl_z(visit):
    page = visit("/")
    trigger = page.get_by_label("Trigger").first
    trigger.fill("type = 'track'")

    page.get_by_role("button", name='Use type = "track"').click()
    assert trigger.input_value() == 'type = "track"'
    page.keyboard.press("Control+Z")

    assert trigger.input_value() == "type = 'track'"


def test_a_form_of_set_up_keeps_what_was_typed_but_no_key_beyond_the_page(visit):
    page = visit(f"/setup{DESTINATION}/settings")
    page.get_by_label("Base URL").fill("https://example.com/v1")
    page.get_by_label("API Key").fill("tok_secret")
    page.get_by_role("link", name="Mappings", exact=True).click()
    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_label("API Key").wait_for()

    assert page.get_by_label("API Key").input_value() == "tok_secret"
    assert page.get_by_label("Base URL").input_value() == "https://example.com/v1"
    assert "tok_secret" not in page.evaluate("JSON.stringify({...sessionStorage})")
    page.reload()
    page.wait_for_selector("main[data-ready]")
    assert page.get_by_label("Base URL").input_value() == "https://example.com/v1"
    assert page.get_by_label("API Key").input_value() == ""
    page.get_by_role("button", name="Drop them").click()
    page.wait_for_function("() => document.getElementById('base_url').value === ''")


def test_a_mapping_that_is_removed_elsewhere_while_it_is_edited_is_not_lost(visit, toplyne):
    before = toplyne.mock.segment.workspace
    page = visit(f"/setup{DESTINATION}/mapping/Send%20Events")
    page.get_by_label("Trigger").fill('event = "Mine"')
    page.get_by_text("Your edits are kept in this tab but not saved.").wait_for()

    named = {"destination": before.destinations[0].name, "name": "Send Events"}
    url = f"{toplyne.url}/_sandbox/workspace/mappings"
    http.delete(url, params=named).raise_for_status()
    page.get_by_text("Set-up was changed elsewhere.").wait_for()
    page.get_by_role("button", name="Show it").click()
    page.get_by_text(
        "The mapping was removed elsewhere. If you save, it is added again."
    ).wait_for()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Send Events saved. It is disabled.").wait_for()

    triggers = [m.trigger for m in toplyne.mock.segment.workspace.destinations[0].mappings]
    toplyne.mock.segment.reconfigure(lambda _: before)
    assert triggers[-1] == 'event = "Mine"'


def test_set_up_shows_what_is_changed_elsewhere_and_says_it_where_somebody_types(visit, toplyne):
    page = visit("/setup")
    before = toplyne.mock.segment.workspace
    url = f"{toplyne.url}/_sandbox/workspace/sources"

    http.post(url, json={"name": "Elsewhere"})
    page.get_by_role("row", name="Elsewhere").wait_for()
    page.get_by_label("New source").press_sequentially("Mi")
    http.post(url, json={"name": "Elsewhere too"})
    page.get_by_text("Set-up was changed elsewhere.").wait_for()
    page.keyboard.type("ne")

    assert page.get_by_label("New source").input_value() == "Mine"
    page.get_by_role("button", name="Show it").click()
    page.get_by_role("row", name="Elsewhere too").wait_for()
    assert page.get_by_label("New source").input_value() == "Mine"
    toplyne.mock.segment.reconfigure(lambda _: before)
