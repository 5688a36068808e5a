"""Faults: a switch sets what the next calls meet, and nothing else."""

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
    page.get_by_text("Nothing goes wrong").wait_for()
    assert status(toplyne) == 202


def test_how_often_where_and_the_others_are_left_alone(visit, toplyne):
    page = visit("/faults")
    page.get_by_label("To calls of").select_option("/v1/upload/events")
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

    page.get_by_role("button", name="All off").click()

    page.get_by_text("Nothing goes wrong").wait_for()
    assert status(toplyne) == 202
