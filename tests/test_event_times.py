"""Event times: the short way through a large body finds what reading all of it finds."""

import json

from hypothesis import given
from hypothesis import strategies as st

from mock_server.assertions import Assertions
from mock_server.exchange import received
from mock_server.mock import Mock
from mock_server.store.database import Limits
from mock_server.store.merging import times_in
from sandbox.toplyne import SEND_EVENTS

PADDING = {"eventName": "E", "eventProperties": {"text": "x" * 9000, "userId": "not me"}}
ids = st.sampled_from(["a", "b", "é", "\ud800", ""])
times = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e9, 1e9)
items = st.fixed_dictionaries(
    {"timestamp": times}, optional=dict.fromkeys(("userId", "anonymousId", "accountId"), ids)
)


@given(found=st.lists(items, min_size=1, max_size=6))
def test_a_large_body_names_whom_its_small_twin_names(found):
    small = json.dumps({"events": found}).encode()
    padded = {"events": [{**item, **PADDING} for item in found]}
    has_surrogate = any("\ud800" in item.values() for item in found)
    large = json.dumps(padded, ensure_ascii=has_surrogate).encode()

    assert times_in(SEND_EVENTS, large) == times_in(SEND_EVENTS, small)


def test_the_earliest_time_of_each_is_found():
    events = [
        {"userId": "u", "accountId": "a", "timestamp": 30, **PADDING},
        {"userId": "u", "anonymousId": "v", "timestamp": 10, **PADDING},
        {"anonymousId": "v", "accountId": "a", "timestamp": 20, **PADDING},
    ]

    assert times_in(SEND_EVENTS, json.dumps({"events": events}).encode()) == {
        ("user times", b"user:u"): 10,
        ("account times", b"account:a"): 20,
        ("user times", b"anonymous:v"): 20,
    }


def test_only_what_is_about_to_be_dropped_is_folded():
    mock = Mock(tokens={"default": "tok_of_times_01"}, limits=Limits(entries=100))
    tenant = Assertions.of(mock).number

    def send(path, item):
        mock.answer(
            received(
                "POST",
                f"/v1/upload/{path}",
                [("Authorization", "Bearer tok_of_times_01"), ("Content-Type", "application/json")],
                json.dumps(item).encode(),
            )
        )

    send("events", {"events": [{"userId": "u", "eventName": "E", "timestamp": 5}]})
    send("users/profiles", {"profiles": [{"userId": "u", "creationTime": 9}]})
    for _ in range(99):
        send("events", {"events": [{"userId": "u", "eventName": "E", "timestamp": 7}]})

    assert mock.store.read("SELECT folded FROM tenants WHERE id = ?", (tenant,)) == [(1,)]
    assert Assertions.of(mock).profiles == [{"userId": "u", "creationTime": 5}]
