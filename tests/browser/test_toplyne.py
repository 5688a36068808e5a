"""Toplyne: tokens, and what is known of whom, from the keyboard."""

import json
import re

from tests.browser.axe import problems
from tests.browser.keyboard import focused, press, reach, wait_for_focus
from tests.wire import http

MARKUP = "<script>document.title='taken'</script>"


def send(toplyne, *messages):
    body = {"batch": list(messages), "writeKey": toplyne.write_key}
    http.post(f"{toplyne.url}/v1/batch", json=body).raise_for_status()
    toplyne.flush()


def identify(name, **traits):
    return {"type": "identify", "userId": name, "traits": traits}


def track(name):
    return {"type": "track", "event": name, "userId": "u"}


def test_an_empty_table_says_how_something_comes(visit):
    page = visit("/toplyne")

    for kind, call in (("profiles", "identify"), ("accounts", "group"), ("events", "track")):
        press(page, kind.capitalize())
        page.get_by_text(f"No {kind} yet").wait_for()
        page.get_by_text(f'type = "{call}"').wait_for()


def test_a_late_answer_neither_takes_the_focus_nor_the_view(visit):
    page = visit("/toplyne#events")
    held = []

    def hold(route):
        held.append(route)

    page.route("**/state/profiles*", hold)
    with page.expect_request("**/state/profiles*"):
        press(page, "Profiles")
    press(page, "Accounts")
    page.get_by_text("No accounts yet").wait_for()
    reach(page, "API Settings")

    with page.expect_response("**/state/profiles*"):
        held[0].continue_()
    page.evaluate("new Promise(resolve => setTimeout(resolve, 50))")

    assert focused(page) == "API Settings"
    page.get_by_text("No accounts yet").wait_for()


def test_a_profile_has_a_page_of_facts_and_of_differences(visit, toplyne):
    send(toplyne, identify("u", plan="free"), track("E"), identify("u", plan="pro", csm="Grace"))
    page = visit("/live")

    press(page, "Toplyne")  # the first click
    page.get_by_role("heading", name="1 profile").wait_for()
    press(page, "u")  # the second one
    wait_for_focus(page, "u")

    facts = page.get_by_role("region", name="u").or_(page.locator(".profile > .panel")).first
    facts.get_by_text('"Grace"').wait_for()
    page.locator(".history > li").nth(1).wait_for()
    newest, first = page.locator(".history > li").all()
    numbers = [entry["number"] for entry in toplyne.entries]
    assert newest.locator("li").all_inner_texts() == ['plan "free" → "pro"', '+ csm "Grace"']
    first.filter(has_text='+ plan "free"').wait_for()
    message = toplyne.ledger[-1]["number"]
    assert f"Request {numbers[-1]} delivers message {message}" in spaced(newest.inner_text())
    assert newest.get_by_role("link").get_attribute("href").endswith(f"/live#entry/{numbers[-1]}")
    page.go_back()
    page.get_by_role("heading", name="1 profile").wait_for()


def spaced(text):
    return " ".join(text.split())


def test_users_and_accounts_are_searched_and_the_address_keeps_it(visit, toplyne):
    group = {"type": "group", "userId": "ada", "groupId": "i", "traits": {"name": "Initech"}}
    send(toplyne, identify("ada", email="ada@initech.example"), identify("bob"), group)
    page = visit("/toplyne")
    page.get_by_role("heading", name="2 profiles").wait_for()

    page.keyboard.press("/")
    page.keyboard.type("INITECH")
    page.get_by_role("heading", name="1 profile").wait_for()
    page.reload()
    page.get_by_role("heading", name="1 profile").wait_for()

    accounts = page.get_by_role("link", name="Accounts")
    accounts.filter(has_text=re.compile(r"^Accounts\s*1$")).wait_for()
    page.get_by_label("Search users").fill("nobody")
    page.get_by_text("Nothing matches").wait_for()


def test_it_follows_but_never_under_the_hands_of_who_is_at_a_row(visit, toplyne):
    send(toplyne, identify("ada"))
    page = visit("/toplyne")
    page.get_by_role("heading", name="1 profile").wait_for()

    send(toplyne, identify("bob"))
    page.get_by_role("heading", name="2 profiles").wait_for()
    reach(page, "ada")
    send(toplyne, identify("eve"))
    page.get_by_role("button", name="Show new data").wait_for()

    assert focused(page) == "ada"
    page.get_by_role("heading", name="2 profiles").wait_for()
    page.get_by_role("button", name="Show new data").press("Enter")
    wait_for_focus(page, "3 profiles")
    reach(page, "ada")
    page.wait_for_timeout(1200)  # it looks every second
    assert not page.get_by_role("button", name="Show new data").is_visible()


def test_events_are_paged_newest_first_each_with_its_entry(visit, toplyne):
    send(toplyne, *(track(f"E{number}") for number in range(60)))
    page = visit("/toplyne#events")

    rows = page.locator("tbody tr")
    rows.first.get_by_role("rowheader").filter(has_text="E59").wait_for()
    last = toplyne.entries[-1]["number"]
    rows.first.get_by_role("link").last.filter(has_text=f"Request {last}").wait_for()
    press(page, "Older")
    page.get_by_role("rowheader", name="E34").wait_for()
    press(page, "Oldest")
    page.get_by_text("51 to 60").wait_for()

    assert rows.count() == 10
    rows.last.get_by_role("rowheader").filter(has_text="E0").wait_for()


def test_a_token_is_generated_with_an_expiration_shown_once_and_revoked(visit, toplyne):
    page = visit("/toplyne#settings")

    press(page, "+ Generate new token")
    wait_for_focus(page, "Name")
    page.keyboard.press("Enter")
    page.get_by_text("Give it a name.").wait_for()
    page.keyboard.type("For a month")
    reach(page, "Expiration")
    page.keyboard.type("30")
    press(page, "Generate token")
    wait_for_focus(page, "Copy")
    secret = page.get_by_label("Token “For a month”").input_value()
    page.keyboard.press("Escape")
    wait_for_focus(page, "+ Generate new token")
    row = page.get_by_role("row", name="For a month")
    row.wait_for()
    whole = page.content()
    shown = row.inner_text()
    press(page, "Revoke For a month")
    press(page, "Revoke")
    page.get_by_text("For a month is revoked.").wait_for()

    (token,) = toplyne.mock.tokens.of("For a month")
    assert round((token.expires - token.created) / 86400) == 30
    assert f"…{secret[-4:]}" in shown
    assert secret not in whole
    assert secret not in json.dumps(page.evaluate("[{...localStorage}, {...sessionStorage}]"))
    row.filter(has_text="Revoked").wait_for()


def test_a_token_whose_name_looks_like_a_path_is_revoked(visit, toplyne):
    names = ["a/../b", "x/./y", "a//b", "team/", "q?#%2F"]
    for name in names:
        toplyne.mock.tokens.add(name, f"tok_{names.index(name)}_0123456789", now=1.0)
    page = visit("/toplyne#settings")

    for name in names:
        page.get_by_role("button", name=f"Revoke {name}", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        page.get_by_text(f"{name} is revoked.").wait_for()

    assert all(toplyne.mock.tokens.of(name)[0].revoked for name in names)


def test_a_name_that_is_taken_is_refused_where_it_was_typed(visit, toplyne):
    page = visit("/toplyne#settings")
    page.keyboard.press("n")

    page.get_by_label("Name").fill(toplyne.mock.default)
    page.keyboard.press("Enter")

    page.get_by_text("Revoke it first, or use another name.").wait_for()
    wait_for_focus(page, "Name")


def test_what_events_hold_is_never_markup(visit, toplyne):
    send(toplyne, identify(MARKUP, **{MARKUP: MARKUP}), {**track(MARKUP), "userId": MARKUP})
    page = visit("/toplyne")

    for kind in ("profiles", "events"):
        page.locator(f"#tab-{kind}").press("Enter")
        page.get_by_role("heading", name=f"1 {kind[:-1]}").wait_for()
        assert page.locator("main script").count() == 0
        page.locator("tbody").filter(has_text=MARKUP).wait_for()
        assert page.title() != "taken"


def test_axe_finds_nothing_and_a_narrow_window_shows_all_of_it(visit, toplyne):
    send(toplyne, *(identify(f"u{n}", plan="pro") for n in range(30)), track("E"))
    page = visit("/toplyne", width=360)
    page.locator("#open-0-profiles").press("Enter")
    page.locator(".history").wait_for()
    assert problems(page) == []

    for view, heading in (
        ("profiles", "30 profiles"),
        ("events", "1 event"),
        ("settings", "API Settings"),
    ):
        page.locator(f"#tab-{view}").press("Enter")
        page.get_by_role("heading", name=heading).wait_for()
        if view == "settings":
            page.locator("#generate").press("Enter")
        assert (view, problems(page)) == (view, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
