"""Forty tests that pass and one that fails as is known: sync, async, generated, unittest,
with faults, answers, matchers and rules, by Toplyne's API and by Segment's."""

import asyncio
import re
import unittest
from unittest.mock import ANY

import client
import httpx
import pytest
from hypothesis import given, settings
from sandbox import MISSING, Destination, answers
from sandbox.strategies import events, lives

SIGN_UP = {"userId": "u1", "eventName": "Signed Up", "timestamp": 1795450639}


def test_an_upload_is_accepted(toplyne):
    assert client.sign_up(toplyne.api_url, toplyne.token, "u1").status_code == 202


def test_what_came_compares_with_equals(toplyne):
    client.sign_up(toplyne.api_url, toplyne.token, "u1")

    assert toplyne.events == [SIGN_UP]


def test_nothing_of_another_test_is_seen(toplyne):
    assert (toplyne.events, toplyne.profiles, toplyne.accounts) == ([], [], [])


def test_the_environment_points_at_it(toplyne, monkeypatch):
    monkeypatch.setenv("TOPLYNE_API_URL", toplyne.api_url)
    monkeypatch.setenv("TOPLYNE_API_KEY", toplyne.token)

    client.from_environment("u2")

    toplyne.assert_received(event={"userId": "u2"})


def test_a_segment_destination_sends_profiles(toplyne):
    destination = Destination(api_key=toplyne.token, base_url=toplyne.api_url)

    destination.send({"type": "identify", "userId": "u1", "timestamp": "2026-11-23T00:00:00Z"})

    assert toplyne.profiles == [{"userId": "u1", "creationTime": 1795392000}]


def test_a_retry_after_429_arrives_once(toplyne):
    toplyne.fail_next(status=429, times=2)

    answers = [client.sign_up(toplyne.api_url, toplyne.token, "u1").status_code for _ in range(3)]

    assert answers == [429, 429, 202]
    assert len(toplyne.events) == 1


@pytest.mark.toplyne(allow_refused=True)
def test_a_refusal_that_is_wanted(toplyne):
    answer = client.sign_up(toplyne.api_url, toplyne.token, "u1", timestamp="today")

    assert answer.status_code == 400


@pytest.mark.toplyne(rules="observed")
def test_the_observed_rules_take_a_fraction(toplyne):
    answer = client.sign_up(toplyne.api_url, toplyne.token, "u1", timestamp=1795450639.5)

    assert answer.status_code == 202


def test_in_process(toplyne, toplyne_transport):
    with httpx.Client(transport=toplyne_transport) as own:
        answer = own.get(
            f"{toplyne.api_url}/auth/me", headers={"Authorization": f"Bearer {toplyne.token}"}
        )

    assert answer.status_code == 200


def test_an_asynchronous_client(toplyne):
    answer = asyncio.run(client.sign_up_later(toplyne.api_url, toplyne.token, "u1"))

    assert answer.status_code == 202
    toplyne.wait_for(events=1)


@settings(max_examples=25, deadline=None)
@given(event=events(type="track"), life=lives(max_size=2))
def test_generated_events_arrive(toplyne_servers, event, life):
    with toplyne_servers.tenant() as toplyne:
        destination = Destination(api_key=toplyne.token, base_url=toplyne.api_url)
        for each in [event, *life]:
            destination.send(each)

        assert len(toplyne.events) == 1 + sum(each["type"] == "track" for each in life)


class InAUnittest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _with_toplyne(self, toplyne):
        self.toplyne = toplyne

    def test_it_is_there(self):
        client.sign_up(self.toplyne.api_url, self.toplyne.token, "u9")

        self.assertEqual(self.toplyne.events[0]["userId"], "u9")


@pytest.mark.parametrize("name", answers._fields)
def test_a_client_meets_an_odd_answer(toplyne, name):
    toplyne.answer_next(**getattr(answers, name))

    answer = client.sign_up(toplyne.api_url, toplyne.token, "u1")

    assert answer.status_code == getattr(answers, name)["status"]


@pytest.mark.parametrize("status", [400, 401, 403, 413, 429, 500, 502, 503, 504])
def test_a_client_meets_an_error(toplyne, status):
    toplyne.fail_next(status=status)

    assert client.sign_up(toplyne.api_url, toplyne.token, "u1").status_code == status
    toplyne.assert_not_received(event={})


@pytest.mark.parametrize("wire", ["reset", "empty", "half", "garbage"])
def test_a_client_loses_its_answer(toplyne, wire):
    toplyne.fail_next(wire=wire)

    with pytest.raises(httpx.TransportError):
        client.sign_up(toplyne.api_url, toplyne.token, "u1")
    toplyne.assert_received(event={"userId": "u1"}, times=1)


@pytest.mark.parametrize(
    "event",
    [
        {"eventName": re.compile("Signed")},
        {"timestamp": pytest.approx(1795450639, abs=1)},
        {"userId": ANY},
        {"anonymousId": MISSING},
    ],
)
def test_what_came_is_like_this(toplyne, event):
    client.sign_up(toplyne.api_url, toplyne.token, "u1")

    toplyne.assert_received(event=event, times=1)
    toplyne.assert_nothing_else()


@pytest.mark.toplyne(unmet="allow")
def test_a_fault_that_need_not_be_met(toplyne):
    toplyne.fail_next(status=503)


@pytest.mark.toplyne(suspicious="allow")
def test_a_time_in_1970_that_is_wanted(toplyne):
    client.sign_up(toplyne.api_url, toplyne.token, "u1", timestamp=1612137)


async def sign_up_in_process(transport):
    toplyne = transport.toplyne
    url = "https://api.toplyne.io/v1/upload/events"
    async with httpx.AsyncClient(transport=transport) as own:
        headers = {"Authorization": f"Bearer {toplyne.token}"}
        await own.post(url, json={"events": [SIGN_UP]}, headers=headers)
    await toplyne.wait_for_async(events=1)


def test_an_asynchronous_client_in_process(toplyne_transport):
    asyncio.run(sign_up_in_process(toplyne_transport))

    toplyne_transport.toplyne.assert_received(event=SIGN_UP, times=1)


@pytest.mark.toplyne(time_scale=0.001)
def test_an_sdk_through_segment_after_two_retries(segment):
    segment.toplyne.fail_next(status=503, times=2)
    body = {"userId": "u1", "event": "Signed Up", "writeKey": segment.write_key}
    httpx.post(f"{segment.url}/v1/track", json=body, trust_env=False)

    segment.flush()

    segment.toplyne.assert_received(event={"eventName": "Signed Up"}, times=1)


@pytest.mark.toplyne(synchronous=True)
def test_an_sdk_that_is_answered_when_all_is_delivered(segment):
    body = {"userId": "u1", "event": "Signed Up", "writeKey": segment.write_key}
    httpx.post(f"{segment.url}/v1/track", json=body, trust_env=False)

    segment.toplyne.assert_received(event={"userId": "u1"})


@pytest.mark.xfail(strict=True, reason="the client still sends a text")
def test_a_refusal_that_is_known(toplyne):
    client.sign_up(toplyne.api_url, toplyne.token, "u1", timestamp="today")


@pytest.mark.parametrize("size", [1, 500])
def test_a_batch_is_accepted(toplyne, size):
    events = [{**SIGN_UP, "userId": f"u{number}"} for number in range(size)]
    client.upload(toplyne.api_url, toplyne.token, "/upload/events", {"events": events})

    assert len(toplyne.events) == size
