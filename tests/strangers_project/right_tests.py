"""Twelve tests that pass: sync, async, generated, unittest, with faults and with rules."""

import asyncio
import unittest

import client
import httpx
import pytest
from hypothesis import given, settings
from sandbox import Destination
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
