"""Real Python clients, unmodified, pointed at the mock: Segment's and RudderStack's."""

import time

import pytest

from mock_server import MockServer
from mock_server.segment.segment_choices import SegmentChoices
from sandbox.segment.retry import Backoff
from tests.clients.judge import check_against_segment, fates, needs_runtime, times, without_times

segment = pytest.importorskip(
    "segment.analytics.client", reason="segment-analytics-python is not installed here"
)
rudder = pytest.importorskip(
    "rudderstack.analytics.client", reason="rudder-sdk-python is not installed here"
)

ROUNDS = 5
REMARK = "the traits are in context.traits, where RudderStack's clients put them; Segment does not."
KINDS = ("identify", "track", "group", "page", "screen", "alias")
MODES = {
    "queued": {},
    "gzip": {"gzip": True},
    "sync": {"sync_mode": True},
}


@pytest.fixture(scope="module")
def server():
    choices = SegmentChoices(backoff=Backoff(time_scale=0.001))
    with MockServer(segment=choices) as started:
        yield started


@pytest.fixture
def toplyne(server):
    server.reset()
    return server


def call_all(client):
    for number in range(ROUNDS):
        user, account = f"u{number}", f"g{number}"
        client.identify(user, {"plan": "pro", "logins": number})
        client.track(user, "Order Completed", {"total": number + 0.5}, context={"groupId": account})
        client.group(user, account, {"seats": number})
        client.page(user, "Docs", "Home", {"path": "/"})
        client.screen(user, "Docs", "Start", {"tab": number})
        client.alias(f"anonymous-{number}", user)


def finish(client, toplyne):
    if client.consumers is not None:  # a synchronous client has none to wait for
        client.shutdown()
    toplyne.flush()


def run_segment(toplyne, mode):
    client = segment.Client(toplyne.write_key, host=toplyne.url, max_retries=2, **MODES[mode])
    call_all(client)
    finish(client, toplyne)


@pytest.mark.parametrize("mode", MODES)
def test_every_call_of_segments_client_becomes_its_request(toplyne, mode):
    before = int(time.time())
    run_segment(toplyne, mode)
    after = time.time()

    delivered = [(kind, "delivered", "202") for kind in KINDS[:3]]
    unmapped = [(kind, "unmapped", "NO_MATCHING_MAPPING") for kind in KINDS[3:]]
    assert fates(toplyne) == (delivered + unmapped) * ROUNDS
    assert without_times(toplyne.profiles) == [
        {"userId": f"u{n}", "userProperties": {"plan": "pro", "logins": n}} for n in range(ROUNDS)
    ]
    assert without_times(toplyne.accounts) == [
        {"accountId": f"g{n}", "accountProperties": {"seats": n}} for n in range(ROUNDS)
    ]
    assert without_times(toplyne.events) == [
        {
            "userId": f"u{n}",
            "accountId": f"g{n}",
            "eventName": "Order Completed",
            "eventProperties": {"total": n + 0.5},
        }
        for n in range(ROUNDS)
    ]
    for items in (toplyne.profiles, toplyne.accounts, toplyne.events):
        assert all(before - 1 <= moment <= after + 1 for moment in times(items))


@needs_runtime
@pytest.mark.parametrize("mode", MODES)
def test_the_requests_are_those_segments_runtime_makes_of_the_same_messages(toplyne, mode):
    run_segment(toplyne, mode)

    assert len(toplyne.ledger) == len(KINDS) * ROUNDS
    check_against_segment(toplyne)


def test_what_the_client_sends_is_dropped_with_segments_code_and_it_never_hears_of_it(toplyne):
    client = segment.Client(toplyne.write_key, host=toplyne.url, sync_mode=True)

    client.track("u", "")
    toplyne.flush()

    assert fates(toplyne) == [("track", "dropped", "event_not_defined")]


def test_numbers_that_are_no_json_are_answered_400_which_the_client_raises(toplyne):
    client = segment.Client(toplyne.write_key, host=toplyne.url, sync_mode=True, max_retries=1)

    with pytest.raises(Exception, match=r"bad_request.*the body is") as raised:
        client.track("u", "E", {"total": float("nan")})

    assert type(raised.value).__name__ == "APIError"
    assert raised.value.status == 400
    assert [record["code"] for record in toplyne.ledger] == ["bad_request"]


def run_rudder(toplyne, **options):
    client = rudder.Client(toplyne.write_key, host=toplyne.url, max_retries=2, **options)
    for number in range(ROUNDS):
        user, account = f"u{number}", f"g{number}"
        client.identify(user, {"plan": "pro"})
        client.track(user, "Order Completed", {"total": number + 0.5})
        client.group(user, account, {"seats": number})
        client.page(user, "Docs", "Home", {"path": "/"})
        client.screen(user, "Docs", "Start", {"tab": number})
        client.alias(f"anonymous-{number}", user)
    finish(client, toplyne)


@pytest.mark.parametrize("options", [{}, {"sync_mode": True}], ids=["queued", "sync"])
def test_rudderstacks_client_works_and_its_traits_stay_where_it_puts_them(toplyne, options):
    run_rudder(toplyne, **options)

    assert len(toplyne.ledger) == len(KINDS) * ROUNDS
    assert without_times(toplyne.events) == [
        {
            "userId": f"u{n}",
            "eventName": "Order Completed",
            "eventProperties": {"total": n + 0.5},
        }
        for n in range(ROUNDS)
    ]
    assert without_times(toplyne.profiles) == [{"userId": f"u{n}"} for n in range(ROUNDS)]
    assert [account["accountId"] for account in toplyne.accounts] == [
        f"g{n}" for n in range(ROUNDS)
    ]
    identified = [record for record in toplyne.ledger if record["type"] == "identify"]
    assert [record["remarks"] for record in identified] == [[REMARK]] * ROUNDS


@needs_runtime
def test_rudderstacks_requests_are_those_segments_runtime_makes_too(toplyne):
    run_rudder(toplyne)

    assert len(toplyne.ledger) == len(KINDS) * ROUNDS
    check_against_segment(toplyne)
