"""Faults: a switch sets what the next calls meet, and nothing else."""

from tests.browser.keyboard import press
from tests.wire import http

EVENT = {"events": [{"eventName": "E", "userId": "u", "timestamp": 1}]}


def status(toplyne):
    return toplyne.client.post("/upload/events", json=EVENT).status_code


def test_a_switch_turns_a_fault_on_and_off_by_key(visit, toplyne):
    page = visit("/faults")
    switch = page.get_by_role("switch", name="Unavailable, 503")

    switch.press("Space")
    page.get_by_role("rowheader", name="503").wait_for()
    assert status(toplyne) == 503

    switch.press("Space")
    page.get_by_text("No faults").wait_for()
    assert status(toplyne) == 202


def test_how_often_where_and_the_others_are_left_alone(visit, toplyne):
    page = visit("/faults")
    page.get_by_label("Path").select_option("/v1/upload/events")
    page.get_by_label("How often").select_option("2")
    page.get_by_role("switch", name="Refused, 400").check()
    page.get_by_role("rowheader", name="400").wait_for()
    page.get_by_role("switch", name="Stored, then 503").check()
    page.get_by_role("rowheader", name="503, stored").wait_for()

    page.get_by_role("switch", name="Stored, then 503").uncheck()
    page.get_by_role("rowheader", name="503, stored").wait_for(state="detached")

    assert [status(toplyne) for _ in range(3)] == [400, 400, 202]


def test_what_others_set_is_shown(visit, toplyne):
    page = visit("/faults")

    http.post(f"{toplyne.url}/_sandbox/faults", json={"wire": "half", "times": None})

    page.get_by_role("switch", name="Half an answer", checked=True).wait_for()


def test_all_off(visit, toplyne):
    page = visit("/faults")
    http.post(f"{toplyne.url}/_sandbox/faults", json={"bad_day": {}})
    page.get_by_role("switch", name="Garbage", checked=True).wait_for()

    page.get_by_role("button", name="Turn all off").click()

    page.get_by_text("No faults").wait_for()
    assert status(toplyne) == 202


def test_a_recipe_is_played_by_one_key_and_is_over_by_itself(visit, toplyne):
    page = visit("/faults")

    press(page, "Play: Busy, then fine")
    page.get_by_role("rowheader", name="429, retry after 2 s").wait_for()

    assert [status(toplyne) for _ in range(3)] == [429, 429, 202]
    page.get_by_text("No faults").wait_for()


def test_every_recipe_is_one_the_server_takes(visit, toplyne):
    page = visit("/faults")
    recipes = page.get_by_role("button", name="Play: ")

    for recipe in recipes.all():
        page.get_by_role("button", name="Turn all off").click()
        page.get_by_text("No faults").wait_for()
        recipe.click()
        page.get_by_role("table", name="Waiting faults").wait_for()

    assert recipes.count() == 6


def test_a_test_event_meets_what_is_on_and_leads_to_live(visit, toplyne):
    page = visit("/faults")
    page.get_by_role("switch", name="Refused, 400").check()
    page.get_by_role("rowheader", name="400").wait_for()

    press(page, "Send a test event")
    page.get_by_text("The test event is message").wait_for()

    (message,) = toplyne.ledger
    assert (message["event"], message["outcome"], message["code"]) == (
        "Test Event",
        "failed",
        "400",
    )
    page.locator("#sent").filter(has_text="failed (400)").wait_for()


def test_the_navigation_of_every_page_tells_how_many_are_on(visit, toplyne):
    page = visit("/contract")
    http.post(f"{toplyne.url}/_sandbox/faults", json={"status": 503, "times": 1})

    page.get_by_role("link", name="Faults 1").wait_for()
    assert status(toplyne) == 503
    page.get_by_role("link", name="Faults", exact=True).wait_for()


def test_a_switch_does_not_stay_on_where_the_server_is_gone(visit):
    page = visit("/faults")
    page.route("**/_sandbox/**", lambda route: route.abort())

    page.get_by_role("switch", name="Unavailable, 503").press("Space")

    page.get_by_text("Unknown").wait_for()
    assert not page.get_by_role("switch", name="Unavailable, 503").is_checked()
