"""What of the shop reaches Toplyne, through Segment's SDK, intake, mappings and delivery."""

from pathlib import Path

import pytest
from segment.analytics.client import Client
from shop import create_app

from sandbox.workspace import load_workspace


@pytest.fixture
def toplyne_workspace():
    return load_workspace(Path(__file__).with_name("workspace.toml"))


@pytest.fixture
def browser(segment):
    analytics = Client(segment.write_key, host=segment.url, sync_mode=True)
    return create_app(analytics).test_client()


def test_a_new_customer_becomes_a_profile(browser, segment):
    browser.post("/customers", data={"id": "c1", "email": "ada@example.com", "plan": "pro"})
    segment.flush()

    segment.toplyne.assert_received(
        profile={"userId": "c1", "userProperties": {"email": "ada@example.com", "plan": "pro"}}
    )


@pytest.mark.parametrize(("total", "times"), [("120", 1), ("100", 1), ("99.90", 0)])
def test_an_order_is_told_from_100_on(browser, segment, total, times):
    browser.post("/orders", data={"customer": "c1", "total": total})
    segment.flush()

    order = {"userId": "c1", "eventProperties": {"total": float(total)}}
    segment.toplyne.assert_received(event=order, times=times)


def test_a_page_view_stays_with_segment(browser, segment):
    browser.get("/?customer=c1")
    segment.flush()

    segment.toplyne.assert_nothing_else()
    assert [message["code"] for message in segment.ledger] == ["NO_MATCHING_MAPPING"]


@pytest.mark.toplyne(time_scale=0.001)  # Segment's waits between its attempts, a thousandth
def test_an_outage_at_toplyne_loses_no_customer(browser, segment):
    segment.toplyne.fail_next(status=503, times=2)

    browser.post("/customers", data={"id": "c1", "email": "ada@example.com", "plan": "pro"})
    segment.flush()

    segment.toplyne.assert_received(profile={"userId": "c1"}, times=1)
