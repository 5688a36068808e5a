"""Set-up: each step of Segment's pages, from the keyboard."""

import pytest

from mock_server.assertions import Assertions
from sandbox import Mapping
from sandbox.toplyne import TOPLYNE
from sandbox.workspace import ConnectedDestination, Source, Workspace
from tests.browser.axe import problems
from tests.browser.keyboard import press, reach, wait_for_focus
from tests.browser.test_looks import WIDER, guarded, log_in
from tests.wire import http

D = "/setup#destination/Toplyne"
MARKUP = "<img src=x onerror=\"document.title='taken'\">"


def workspace(toplyne, **members):
    known = {"name": "Toplyne", "source": "Website", "api_key": toplyne.token}
    return Workspace(
        sources=(
            Source(name="Website", write_key="the-write-key"),
            Source(name="Server", write_key="the-other-write-key"),
        ),
        destinations=(ConnectedDestination(**{**known, **members}),),
    )


@pytest.fixture
def configure(toplyne):
    """Use a workspace, and restore the one before at the end."""
    before = toplyne.mock.segment.workspace

    def configuring(**members):
        toplyne.mock.segment.reconfigure(lambda _: workspace(toplyne, **members))

    configuring()
    yield configuring
    toplyne.mock.segment.reconfigure(lambda _: before)


def destination(toplyne, name="Toplyne"):
    return next(d for d in toplyne.mock.segment.workspace.destinations if d.name == name)


def mapping(toplyne, name):
    return next(m for m in destination(toplyne).mappings if m.name == name)


def test_from_a_token_to_an_enabled_destination_that_gets_an_event(visit, toplyne, configure):
    page = visit("/toplyne#settings")

    page.keyboard.press("n")
    page.keyboard.type("Segment")
    page.keyboard.press("Enter")
    wait_for_focus(page, "Copy")
    page.keyboard.press("Enter")
    page.get_by_text("Copied the token.").wait_for()
    press(page, "Done")
    wait_for_focus(page, "+ Generate new token")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/setup")
    page.wait_for_selector("main[data-ready]")

    page.keyboard.press("n")
    wait_for_focus(page, "Search destinations")
    page.keyboard.type("toplyne cloud")
    press(page, TOPLYNE.name)
    wait_for_focus(page, f"Configure {TOPLYNE.name}")
    page.keyboard.press("Enter")
    wait_for_focus(page, "Server")
    press(page, "Create destination")

    wait_for_focus(page, "API Key")
    page.keyboard.press("Control+V")
    page.keyboard.press("Enter")
    page.get_by_text("It is Toplyne’s token “Segment”.").wait_for()
    press(page, "Mappings")
    page.get_by_role("switch", name="Enable Send Events").wait_for()
    press(page, "Enable Send Events", "Space")
    page.get_by_text("1 of 50").or_(page.get_by_text("3 of 50")).wait_for()
    page.get_by_text("Send Events is enabled.").wait_for()
    press(page, "Enable destination")
    page.get_by_text("is enabled: it receives the messages of its source.").wait_for()
    event = {"type": "track", "event": "Signed Up", "userId": "u1"}
    key = "the-other-write-key"
    http.post(f"{toplyne.url}/v1/batch", json={"batch": [event], "writeKey": key})
    Assertions.of(toplyne.mock, "Segment").flush()

    made = destination(toplyne, TOPLYNE.name)
    assert (made.source, made.enabled) == ("Server", True)
    assert [e["eventName"] for e in toplyne.tenant("Segment").events] == ["Signed Up"]
    assert made.api_key not in page.content()


def test_the_catalog_knows_one_destination_and_says_so(visit, configure):
    page = visit("/setup#catalog")

    page.get_by_label("Search destinations").fill("Amplitude")

    page.get_by_text("The catalog has no “Amplitude”").wait_for()


def test_a_destination_that_is_not_finished_cannot_be_enabled(visit, toplyne, configure):
    configure(enabled=False, api_key="", mappings=())
    page = visit(D)

    press(page, "Enable destination")

    said = page.get_by_role("status")
    said.get_by_text("are empty. Add at least one enabled mapping.").wait_for()
    said.filter(has_text="api_key is missing").wait_for()
    page.get_by_text("No mapping yet").wait_for()
    assert destination(toplyne).enabled is False


def test_settings_that_are_none_are_refused_beside_their_inputs(visit, configure):
    page = visit(f"{D}/settings")

    reach(page, "Base URL")
    page.keyboard.type("nowhere")
    page.keyboard.press("Enter")

    page.get_by_role("alert").get_by_text("The base URL must be like").wait_for()
    wait_for_focus(page, "Base URL")
    assert page.get_by_label("Base URL").get_attribute("aria-invalid") == "true"


def test_a_mapping_is_built_with_rows_and_text_in_step(visit, toplyne, configure):
    page = visit(f"{D}/mapping")
    press(page, "Build Send events")
    wait_for_focus(page, "Mapping name")
    page.keyboard.press("Control+A")
    page.keyboard.type("Big orders")
    page.get_by_text("The trigger matches.").wait_for()

    press(page, "+ Add condition")
    wait_for_focus(page, "Name of condition 2")
    page.keyboard.type("amount")
    reach(page, "Operator of condition 2")
    page.keyboard.press("End")  # is at least
    reach(page, "Value of condition 2")
    page.keyboard.type("10")
    text = page.get_by_label("Trigger")
    rows = 'type = "track" and properties.amount >= 10'
    page.wait_for_function("text => document.getElementById('trigger').value === text", arg=rows)
    reach(page, "Trigger")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text('event = "A" or event = "B"')
    page.wait_for_function("() => document.getElementById('value-1').value === 'B'")
    reach(page, "Account ID")
    page.keyboard.press("Control+A")
    page.keyboard.type("$.properties.plan")
    page.locator("li", has_text="Account ID").locator(".sent").get_by_text('"pro"').wait_for()
    press(page, "Save")
    page.get_by_text("Big orders saved. It is disabled.").wait_for()

    made = mapping(toplyne, "Big orders")
    assert text.count() == 0
    page.get_by_text("4 of 50").wait_for()
    assert (made.trigger, made.enabled) == ('event = "A" or event = "B"', False)
    assert made.fields["accountId"] == {"@path": "$.properties.plan"}


def test_a_mistake_in_a_trigger_is_shown_in_its_place_and_lint_speaks(visit, toplyne, configure):
    page = visit(f"{D}/mapping/Send%20Events")
    trigger = page.get_by_label("Trigger")

    trigger.fill("typ = 'track'")
    page.get_by_text("typ = 'track'\n  ^").wait_for()
    assert trigger.get_attribute("aria-invalid") == "true"
    trigger.fill("type = 'track'")
    page.locator(".outcome").get_by_text("skipped").wait_for()
    page.get_by_role("button", name='Use type = "track"').press("Enter")
    page.get_by_text("The trigger matches.").wait_for()

    assert trigger.input_value() == 'type = "track"'


def test_a_directive_begins_with_one_that_works(visit, toplyne, configure):
    page = visit(f"{D}/mapping/Send%20Events")
    kind = page.get_by_label("Kind of Event Name")

    kind.select_option("@case")
    page.locator("li.mapped", has_text="Event Name").locator(".sent").get_by_text(
        '"pro"'
    ).wait_for()
    page.get_by_label("Event Name", exact=True).fill("{broken")
    page.get_by_text("Not valid JSON").wait_for()
    press(page, "Save")
    wait_for_focus(page, "Event Name")
    kind.select_option("none")
    page.locator(".outcome").get_by_text("rejected").wait_for()
    press(page, "Save")
    page.get_by_text("Send Events saved. It is enabled.").wait_for()

    assert "eventName" not in mapping(toplyne, "Send Events").fields


def test_a_name_may_be_given_twice_as_in_segment(visit, configure):
    page = visit(f"{D}/build/sendEvents")

    page.get_by_label("Mapping name").fill("Send Events")
    page.keyboard.press("Enter")

    page.get_by_text("Send Events saved. It is disabled.").wait_for()
    page.get_by_text("4 of 50").wait_for()


def test_fifty_mappings_are_the_most(visit, toplyne, configure):
    configure(
        mappings=tuple(
            Mapping(f"M{n}", action="sendEvents", trigger='type = "track"') for n in range(50)
        )
    )
    page = visit(D)

    page.get_by_text("A destination has at most 50 mappings.").wait_for()
    assert page.get_by_text("+ New Mapping").get_attribute("aria-disabled") == "true"
    press(page, "Remove M0")
    press(page, "Remove")
    page.get_by_text("49 of 50").wait_for()
    page.goto(f"{D}/mapping")
    press(page, "Add Send Events")
    page.get_by_text("50 of 50").wait_for()

    assert mapping(toplyne, "Send Events").enabled is False


def test_the_last_enabled_mapping_stays_enabled(visit, toplyne, configure):
    configure(mappings=(Mapping("Only", action="sendEvents", trigger='type = "track"'),))
    page = visit(D)

    press(page, "Enable Only", "Space")

    page.get_by_text("are all disabled. Enable at least one.").wait_for()
    assert page.get_by_role("switch", name="Enable Only").is_checked()
    wait_for_focus(page, "Enable Only")


def test_a_source_is_added_and_its_write_key_copied_but_not_shown(visit, toplyne, configure):
    page = visit("/setup")

    reach(page, "New source")
    page.keyboard.type("App")
    page.keyboard.press("Enter")
    page.get_by_role("row", name="App").wait_for()
    press(page, "Copy the write key of App")
    page.get_by_text("Copied the write key.").wait_for()

    source = next(s for s in toplyne.mock.segment.workspace.sources if s.name == "App")
    assert page.evaluate("navigator.clipboard.readText()") == source.write_key
    assert source.write_key not in page.locator("body").inner_text()


def test_fields_may_be_named_as_what_every_object_of_javascript_has(visit, toplyne, configure):
    fields = {"constructor": {"@path": "$.userId"}, "toString": 1, "eventName": {"valueOf": "x"}}
    configure(
        mappings=(Mapping("Odd", action="sendEvents", trigger='type = "track"', fields=fields),)
    )
    page = visit(f"{D}/mapping/Odd")

    assert page.get_by_label("constructor", exact=True).input_value() == "$.userId"
    assert page.get_by_label("toString", exact=True).input_value() == "1"
    assert page.get_by_label("Event Name", exact=True).input_value() == '{ "valueOf": "x" }'
    assert page.get_by_text("Not valid JSON").count() == 0


def test_names_of_markup_stay_text(visit, toplyne, configure):
    configure(
        name=MARKUP,
        mappings=(Mapping(f"{MARKUP} 2", action="sendEvents", trigger='event = "<b>"'),),
    )
    page = visit("/setup")

    press(page, MARKUP)
    page.get_by_role("heading", name=MARKUP).wait_for()
    press(page, f"{MARKUP} 2")
    page.get_by_label("Mapping name").wait_for()

    assert page.locator("main img").count() == 0
    assert page.title() != "taken"


def test_a_destination_that_is_called_by_a_number_stands_last_in_its_breadcrumb(visit, configure):
    configure(name="42")

    page = visit("/setup#destination/42")

    crumbs = page.get_by_role("navigation", name="Breadcrumb").get_by_role("listitem")
    assert crumbs.all_inner_texts() == ["Set-up", "42"]


VIEWS = ("#", "#catalog", "#catalog/toplyne", "#connect", *(D[6:] + t for t in ("", "/settings")))


def test_axe_finds_nothing_and_a_narrow_window_shows_all_of_it(visit, configure):
    configure(enabled=False)
    page = visit("/setup", width=360)

    for view in (*VIEWS, f"{D[6:]}/mapping", f"{D[6:]}/mapping/Send%20Events"):
        page.evaluate("view => (location.hash = view)", view)
        if view.endswith("Events"):
            page.get_by_label("Trigger").fill("type = 'track' or event = \"x\"")
            page.locator(".outcome").get_by_text("skipped").wait_for()
        assert (view, problems(page)) == (view, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("width", [320, 360, 768, 1280, 1920])
def test_no_view_scrolls_sideways_however_long_the_names_are(visit, configure, width):
    long = "a-name-without-a-blank-" * 7
    mappings = (Mapping(long, action="sendEvents", trigger=f'event = "{long}"'),)
    configure(name=long, enabled=False, mappings=mappings)
    page = visit("/setup", width=width)

    for view in (*VIEWS[:4], *(f"#destination/{long}{tab}" for tab in TABS), f"{BUILT}{long}"):
        page.evaluate("view => (location.hash = view)", view)
        page.wait_for_timeout(100)
        assert (view[:30], page.evaluate(WIDER)) == (view[:30], [])


TABS = ("", "/settings", "/mapping", "/build/sendEvents")
BUILT = "#destination/" + "a-name-without-a-blank-" * 7 + "/mapping/"


def test_a_new_sources_write_key_is_had_over_http_under_another_name_too(browser):
    with guarded(browser, "/setup", host="box.test") as (page, server):
        log_in(page, "boss")
        page.get_by_label("New source").fill("App")
        page.keyboard.press("Enter")
        page.get_by_role("row", name="App").wait_for()

        press(page, "Copy the write key of App")

        shown = page.get_by_role("dialog").get_by_role("textbox")
        shown.wait_for()
        source = next(s for s in server.mock.segment.workspace.sources if s.name == "App")
        assert shown.input_value() == source.write_key
        assert page.evaluate("getSelection().toString()") == source.write_key


def test_a_mapping_of_two_conditions_is_saved_in_nine_clicks(visit, toplyne, configure):
    page = visit("/setup")

    page.get_by_role("link", name="Toplyne", exact=True).last.click()
    page.get_by_role("link", name="+ New Mapping").click()
    page.get_by_role("link", name="Build Send events").click()
    subject = page.get_by_label("Subject of condition 1")
    subject.focus()  # by hand two clicks, one opens the list
    subject.select_option("event")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("Order Completed")
    page.get_by_role("button", name="+ Add condition").click()
    page.keyboard.type("total")
    page.keyboard.press("Tab")
    page.get_by_label("Operator of condition 2").select_option(">=")  # two clicks, too
    page.keyboard.press("Tab")
    page.keyboard.type("100")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Send events saved. It is disabled.").wait_for()

    trigger = 'event = "Order Completed" and properties.total >= 100'
    assert mapping(toplyne, "Send events").trigger == trigger


def elsewhere(toplyne, change):
    """Change the sources by their names as another tab would."""
    segment = toplyne.mock.segment
    segment.reconfigure(
        lambda known: Workspace(
            sources=tuple(change(known.sources)), destinations=known.destinations
        )
    )


def without(name):
    return lambda sources: [each for each in sources if each.name != name]


@pytest.mark.parametrize(
    ("name", "gone"), [("Enable B", "A"), ("Remove B", "B"), ("Enable B", "B")]
)
def test_a_row_with_the_focus_keeps_it_until_the_change_is_asked_for(
    visit, toplyne, configure, name, gone
):
    added = [Source(name=each, write_key=f"{each}-write-key") for each in "ABC"]
    elsewhere(toplyne, lambda sources: [*sources, *added])
    page = visit("/setup")
    reach(page, name)

    elsewhere(toplyne, without(gone))
    show = page.get_by_role("button", name="Show it")
    show.wait_for()
    wait_for_focus(page, name)
    show.focus()
    page.wait_for_timeout(2300)  # it looks every two seconds
    assert page.evaluate("document.activeElement.innerText") == "Show it"
    page.keyboard.press("Enter")

    page.get_by_role("rowheader", name=gone, exact=True).wait_for(state="detached")
    wait_for_focus(page, "Set-up")


def test_what_was_refused_is_marked_no_more_once_it_is_dropped(visit, configure):
    page = visit(f"{D}/settings")
    base = page.get_by_label("Base URL")
    base.fill("nowhere")
    page.reload()
    page.wait_for_selector("main[data-ready]")
    base.press("Enter")
    base.and_(page.locator("[aria-invalid=true]")).wait_for()

    page.get_by_role("button", name="Drop them").click()
    wait_for_focus(page, "Toplyne")

    assert base.input_value() == ""
    assert base.get_attribute("aria-invalid") is None


def test_a_chosen_source_stays_chosen_when_another_is_added_elsewhere(visit, toplyne, configure):
    page = visit("/setup#connect")
    page.get_by_role("radio", name="Website").check()
    page.get_by_role("link", name="Back").focus()

    elsewhere(toplyne, lambda sources: [*sources, Source(name="New", write_key="new-write-key")])
    page.get_by_role("radio", name="New").wait_for()

    assert page.get_by_role("radio", name="Website").is_checked()


def test_a_catalog_that_is_drawn_anew_lists_what_its_search_finds(visit, toplyne, configure):
    page = visit("/setup#catalog")
    page.get_by_label("Search destinations").fill("zzz")
    page.get_by_role("link", name="Set-up").last.focus()
    loads = "**/_sandbox/workspace*"

    with page.expect_response(loads):
        elsewhere(toplyne, lambda sources: [*sources, Source(name="N", write_key="new-key")])
    page.wait_for_timeout(200)

    page.get_by_text("The catalog has no “zzz”").wait_for()
    assert page.get_by_role("link", name=TOPLYNE.name).count() == 0
