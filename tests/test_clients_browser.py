"""Segment's browser SDK, unmodified, in headless Chromium on a page of another origin."""

import time

import pytest

from mock_server import MockServer
from tests.clients.browser import SDK, chromium, visit
from tests.clients.judge import check_against_segment, fates, needs_runtime, without_times

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no Chromium is on the PATH here"),
    pytest.mark.skipif(
        not SDK.is_dir(),
        reason="@segment/analytics-next is missing here; `make clients` installs it",
    ),
]

ROUNDS = 5
KINDS = ("identify", "track", "group", "page", "screen", "alias")


@pytest.fixture(scope="module", params=["", "1"], ids=["one by one", "batching"])
def toplyne(request):
    with MockServer() as started:
        told = visit(
            lambda: wait_for_messages(started, len(KINDS) * ROUNDS),
            cdn=started.url,
            key=started.write_key,
            rounds=ROUNDS,
            batching=request.param,
        )
        assert told == "done"
        yield started


def wait_for_messages(toplyne, number):
    deadline = time.monotonic() + 30
    while len(toplyne.ledger) < number:
        assert time.monotonic() < deadline, f"only {len(toplyne.ledger)} of {number} arrived"
        time.sleep(0.05)
    toplyne.flush()


def test_every_call_becomes_its_request(toplyne):
    delivered = {(kind, "delivered", "202") for kind in KINDS[:3]}
    unmapped = {(kind, "unmapped", "NO_MATCHING_MAPPING") for kind in KINDS[3:]}
    found = fates(toplyne)
    assert {fate: found.count(fate) for fate in found} == dict.fromkeys(
        delivered | unmapped, ROUNDS
    )
    assert {p["userId"]: p["userProperties"] for p in toplyne.profiles} == {
        f"u{n}": {"plan": "pro", "logins": n} for n in range(ROUNDS)
    }
    assert {a["accountId"]: a["accountProperties"] for a in without_times(toplyne.accounts)} == {
        f"g{n}": {"seats": n} for n in range(ROUNDS)
    }
    assert {e["userId"]: e["eventProperties"] for e in toplyne.events} == {
        f"u{n}": {"total": n + 0.5} for n in range(ROUNDS)
    }
    # the SDK adds no context.groupId, so its events belong to no account
    assert all("accountId" not in event for event in toplyne.events)


@needs_runtime
def test_the_requests_are_those_segments_runtime_makes_of_the_same_messages(toplyne):
    check_against_segment(toplyne)
