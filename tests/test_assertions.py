"""What tests assert of what was received, with matchers, and what a failure says."""

import gzip
import json
import re
import traceback
import unittest
from collections import UserDict
from types import MappingProxyType
from unittest.mock import ANY

import httpx
import pytest

from mock_server import MockServer
from sandbox import MISSING, InvalidMapping

ADA = {"userId": "u1", "eventName": "Signed Up", "timestamp": 1795450639}
BOB = {"userId": "u2", "eventName": "Left", "timestamp": 5, "eventProperties": {"a": [1, {"b": 2}]}}


@pytest.fixture(scope="module")
def server():
    with MockServer() as server:
        yield server


@pytest.fixture
def toplyne(server):
    server.reset()
    server.client.post("/upload/events", json={"events": [ADA, BOB]})
    return server


def said(assertion, **expected):
    with pytest.raises(AssertionError) as failure:
        assertion(**expected)
    return str(failure.value)


@pytest.mark.parametrize(
    "event",
    [
        {"eventName": "Signed Up"},
        {"timestamp": 5.0},
        {"eventName": re.compile("^Sign"), "userId": ANY},
        {"timestamp": pytest.approx(1795450640, abs=2)},
        {"eventProperties": {"a": (1, {})}},
        {"eventName": "Left", "anonymousId": MISSING},
        ANY,
    ],
    ids=["members", "numbers", "a pattern", "approx", "a tuple", "no member", "anything"],
)
def test_what_is_like_an_item_is_received(toplyne, event):
    toplyne.assert_received(event=event)


@pytest.mark.parametrize(
    "event",
    [
        {"timestamp": True},
        {"anonymousId": ANY},
        {"userId": re.compile("^1")},
        {"timestamp": re.compile("5")},
        {"eventProperties": {"a": [1]}},
        {"eventProperties": {"a": [1, {}, 3]}},
        {"eventName": MISSING},
    ],
    ids=["a boolean", "missing", "a pattern", "no string", "fewer", "more", "a member"],
)
def test_what_is_like_no_item_is_not_received(toplyne, event):
    toplyne.assert_not_received(event=event)

    assert "was received.\nThe nearest of 2: " in said(toplyne.assert_received, event=event)


def test_a_failure_names_the_nearest_and_each_path_that_differs(toplyne):
    pattern = re.compile("x")

    assert said(
        toplyne.assert_received, event={"userId": "u2", "eventName": pattern, "accountId": "a"}
    ) == (
        'no event like {"userId":"u2","eventName":re.compile(\'x\'),"accountId":"a"}'
        " was received.\n"
        'The nearest of 2: {"userId":"u2","eventName":"Left","timestamp":5,'
        '"eventProperties":{"a":[1,{"b":2}]}}\n'
        "  $.eventName: expected re.compile('x'), found \"Left\"\n"
        '  $.accountId: expected "a", found nothing'
    )


def test_times_are_exact(toplyne):
    toplyne.client.post("/upload/events", json={"events": [ADA]})
    first, second = [entry["number"] for entry in toplyne.entries]

    toplyne.assert_received(event={"userId": "u1"}, times=2)
    toplyne.assert_received(event={"userId": "u3"}, times=0)

    assert said(toplyne.assert_received, event={"userId": "u1"}, times=1) == (
        f'expected event like {{"userId":"u1"}} 1 times, received 2: in entries {first}, {second}.'
    )
    assert "no event like" in said(toplyne.assert_received, event={"userId": "u3"}, times=1)


def test_items_are_as_they_came_and_not_as_they_were_merged(toplyne):
    for traits in ({"a": 1}, {"b": 2}):
        profile = {"userId": "u1", "creationTime": 1795450639, "userProperties": traits}
        toplyne.client.post("/upload/users/profiles", json={"profiles": [profile]})

    toplyne.assert_received(profile={"userProperties": {"a": 1, "b": MISSING}}, times=1)


def test_what_was_refused_is_not_received(toplyne):
    toplyne.client.post("/upload/accounts/profiles", json={"accounts": [{"accountId": 5}]})

    text = said(toplyne.assert_received, account={"accountId": 5})

    assert "No account was received at all.\nThe last refused calls:" in text
    assert "$.accounts[0].accountId" in text


def test_a_missing_event_reminds_of_messages_that_are_still_queued():
    with MockServer() as toplyne:
        toplyne.fail_next(status=503)
        event = {"event": "Signed Up", "userId": "u1", "writeKey": toplyne.write_key}
        httpx.post(f"{toplyne.url}/v1/track", json=event)

        text = said(toplyne.assert_received, event={"eventName": "Signed Up"})

    assert "\nMessages not delivered yet: 1. Call flush() first." in text


def test_where_nothing_arrived_the_url_and_the_flush_of_the_sdk_are_named():
    with MockServer() as toplyne:
        nothing = said(toplyne.assert_received, event={"eventName": "Signed Up"})
        toplyne.client.get("/auth/me")
        one_call = said(toplyne.assert_received, event={"eventName": "Signed Up"})

    assert nothing.endswith("either. Check the client's URL, and flush its SDK.")
    assert one_call.endswith("No event was received at all.")


def test_a_request_is_asserted_by_its_head_and_its_body(toplyne):
    toplyne.client.post(
        "/upload/events?dry=1&x=2&x=3",
        content=gzip.compress(json.dumps({"events": [ADA]}).encode()),
        headers={
            "Content-Encoding": "gzip", "Content-Type": "application/json", "User-Agent": "my/1"
        },
    )  # fmt: skip

    toplyne.assert_received(
        request={
            "method": "POST",
            "path": "/v1/upload/events",
            "query": {"dry": "1", "x": "2, 3"},
            "headers": {"Content-Encoding": "gzip", "User-Agent": re.compile("^my/")},
            "status": 202,
            "json": {"events": [{"userId": "u1"}]},
            "body": re.compile(b'"Signed Up"'),
        },
        times=1,
    )
    wrong = said(toplyne.assert_received, request={"headers": {"Accept": "text/html"}})
    assert '$.headers.accept: expected "text/html", found "*/*"' in wrong


def test_nothing_else_is_what_no_assertion_has_named(toplyne):
    toplyne.assert_received(event={"userId": "u1"})

    assert said(toplyne.assert_nothing_else) == (
        f"received, but matched by no assertion:\n  entry {toplyne.entries[0]['number']}, event: "
        '{"userId":"u2","eventName":"Left","timestamp":5,"eventProperties":{"a":[1,{"b":2}]}}'
    )
    toplyne.assert_received(event={"userId": "u2"})
    toplyne.assert_nothing_else()

    toplyne.client.get("/auth/me")
    assert '"path":"/v1/auth/me","status":200' in said(toplyne.assert_nothing_else)
    toplyne.assert_received(request={"path": "/v1/auth/me"})
    toplyne.fail_next(status=503)
    toplyne.client.get("/auth/me")
    toplyne.assert_nothing_else()


def test_a_call_that_is_named_names_its_items(toplyne):
    toplyne.assert_received(request={"status": 202})

    toplyne.assert_nothing_else()


def test_what_is_received_and_should_not_be_is_shown(toplyne):
    number = toplyne.entries[0]["number"]

    text = said(toplyne.assert_not_received, event={"userId": "u1"})

    assert text == (
        f'expected no event like {{"userId":"u1"}}, but it was received in entry {number}:'
        ' {"userId":"u1","eventName":"Signed Up","timestamp":1795450639}'
    )


def test_what_is_asked_wrongly_is_said(toplyne):
    with pytest.raises(ValueError, match=r"expected exactly one of event, .*, found none"):
        toplyne.assert_received()
    with pytest.raises(ValueError, match=r"expected exactly one of .*, found event, account"):
        toplyne.assert_not_received(event={}, account={})
    for times in (-1, "1", 1.0, True):
        with pytest.raises(ValueError, match="times must be a whole number from 0 on, not"):
            toplyne.assert_received(event={}, times=times)


@pytest.mark.parametrize(
    ("expected", "sentence"),
    [
        ({"request": {"header": {}}}, "request has method, .*, not header. Did you mean headers?"),
        ({"event": {"event_name": "x"}}, ", not event_name. Did you mean eventName?"),
        ({"profile": {"email": ANY}}, "profile has userId, .*, userProperties, not email."),
        ({"account": {"userId": "u1"}}, "account has accountId, .*, not userId."),
        ({"event": "Left"}, "event must be an object, or a matcher of one, not 'Left'"),
        ({"event": None}, "event must be an object, or a matcher of one, not None"),
        ({"request": [{}]}, "request must be an object, or a matcher of one, not a list of 1"),
        ({"event": re.compile("L")}, r"event must be an object, .*, not re.compile\('L'\)"),
        ({"event": {"eventName": str}}, "<class 'str'> equals no JSON value. Expected a JSON"),
        ({"event": {"userId": (x for x in "u")}}, "<generator object .* equals no JSON value."),
        ({"event": {"eventProperties": [{5: 1}]}}, "name of a member must be a string, not 5"),
    ],
)
def test_what_nothing_can_be_like_is_refused_also_where_it_should_not_be_received(
    toplyne, expected, sentence
):
    for assertion in (toplyne.assert_received, toplyne.assert_not_received):
        with pytest.raises(ValueError, match=sentence):
            assertion(**expected)


def test_other_mappings_are_objects_too(toplyne):
    toplyne.assert_received(event=UserDict(eventProperties=MappingProxyType({})), times=1)


@pytest.fixture
def refused(server):
    """A refused call with a key wherever one can be."""
    server.reset()
    url = f"{server.api_url}/projects/wk_path_7890/settings?token=secret-abcdefgh&page=2"
    body = {"writeKey": "wk_body_3456", "batch": [{"apiKey": "ak_body_8765", "a": 1}]}
    assert httpx.post(url, json=body, headers={"X-Key": "key_head_1234"}).status_code == 405
    return server


@pytest.mark.parametrize(
    "expected",
    [
        {"path": "/v1/projects/wk_path_7890/settings"},
        {"path": "/v1/projects/…7890/settings"},
        {"query": {"token": "secret-abcdefgh", "page": "2"}},
        {"query": {"token": "…efgh"}},
        {"headers": {"X-Key": "key_head_1234"}},
        {"json": {"writeKey": "wk_body_3456"}},
        {"json": {"writeKey": "…3456"}},
        {"json": {"batch": [{"apiKey": "ak_body_8765", "a": 1}]}},
    ],
    ids=str,
)
def test_a_key_is_found_wherever_it_was_sent(refused, expected):
    refused.assert_received(request=expected)


@pytest.mark.parametrize(
    "expected",
    [
        {"path": "/v1/projects/wk_path_7891/settings"},
        {"query": {"token": "secret-abcdefgi"}},
        {"headers": {"X-Key": "key_head_1235"}},
        {"json": {"writeKey": "wk_body_3457"}},
        {"json": {"batch": [{"apiKey": "ak_body_8766"}]}},
        {"json": {"batch": {"apiKey": "ak_body_8765"}}},
        {"body": b'{"writeKey": "wk_body_3457"}'},
    ],
    ids=str,
)
def test_another_key_is_not_found_and_none_is_shown(refused, expected):
    wrong = said(refused.assert_received, request=expected)

    assert "The nearest of 1" in wrong
    for hidden in ("wk_path", "secret-", "key_head", "wk_body", "ak_body"):
        assert hidden not in wrong


def test_a_member_named_like_a_key_is_compared_as_it_was_stored(server):
    server.reset()
    item = {**ADA, "eventProperties": {"apiKey": "ak_body_8765"}}
    server.client.post("/upload/events", json={"events": [item]})

    server.assert_received(event=item, times=1)
    server.assert_received(request={"json": {"events": [item]}}, times=1)
    server.assert_not_received(event={"eventProperties": {"apiKey": "ak_other_8765"}})


def test_a_member_named_like_a_key_may_be_an_object(server):
    server.reset()
    item = {**ADA, "eventProperties": {"apiKey": {"id": 1}}}
    server.client.post("/upload/events", json={"events": [item]})

    server.assert_not_received(event={"eventProperties": {"apiKey": "ak_body_8765"}})


def test_the_key_of_a_header_is_compared_and_shown_by_its_last_characters(toplyne):
    for key in (f"Bearer {toplyne.token}", f"Bearer …{toplyne.token[-4:]}"):
        toplyne.assert_received(request={"headers": {"Authorization": key}})

    wrong = said(
        toplyne.assert_received, request={"headers": {"Authorization": "Bearer abc-def-1"}}
    )

    assert '$.headers.authorization: expected "Bearer …ef-1", found "Bearer …' in wrong
    assert "abc" not in wrong


class Odd:
    """A matcher that fails."""

    def __eq__(self, other):
        raise RuntimeError(other)

    __hash__ = None


@pytest.mark.parametrize(
    "wrong",
    [
        lambda toplyne: toplyne.assert_received(event={"user_id": 1}),
        lambda toplyne: toplyne.assert_received(event={"userId": Odd()}),
        lambda toplyne: toplyne.assert_received(event={}, times="1"),
        lambda toplyne: toplyne.wait_for(events=9, timeout=0),
        lambda toplyne: toplyne.wait_for(events="1"),
        lambda toplyne: toplyne.flush(timeout=None),
        lambda toplyne: toplyne.fail_next(status=200),
        lambda toplyne: toplyne.answer_next(status=200, headers=None),
        lambda toplyne: toplyne.bad_day(seed="x"),
    ],
)
def test_a_mistake_shows_the_lines_of_the_test_alone(toplyne, wrong):
    with pytest.raises((ValueError, TimeoutError, RuntimeError, InvalidMapping)) as failure:
        wrong(toplyne)

    shown = {str(entry.path) for entry in failure.traceback.filter(failure)}
    assert shown == {__file__}


def test_a_failure_shows_no_frame_of_ours(toplyne):
    with pytest.raises(AssertionError) as failure:
        toplyne.assert_received(event={"userId": "u9"})

    names = [entry.name for entry in failure.traceback.filter(failure)]
    frames = [frame.name for frame in traceback.extract_tb(failure.value.__traceback__)]
    assert frames == [*names, "assert_received"]


def test_a_failure_under_unittest_shows_no_line_of_ours(toplyne):
    class Case(unittest.TestCase):
        def test_it(self):
            toplyne.assert_received(event={"userId": "u9"})

    ((_, text),) = Case("test_it").run().failures

    assert "The nearest of 2" in text
    assert text.count("File ") == 1


def test_a_failure_shows_values_that_nest_as_deep_as_an_event_may(toplyne):
    value = {"end": 1}
    for _ in range(480):
        value = {"a": value}
    deep = {"userId": "u", "eventName": "Deep", "timestamp": 5, "eventProperties": value}
    assert toplyne.client.post("/upload/events", json={"events": [deep]}).status_code == 202

    assert said(toplyne.assert_not_received, event=deep).count('{"a":') == 2 * 480
    toplyne.assert_received(event=deep, times=1)
