"""Fifteen tests that must fail, each for one field or reason that its message names."""

import asyncio
import re

import client
import httpx
import pytest
from sandbox import answers


def test_a_time_in_text(toplyne):
    client.sign_up(toplyne.api_url, toplyne.token, "u1", timestamp="2026-11-23")


def test_an_event_without_a_name(toplyne):
    event = {"userId": "u1", "timestamp": 1795450639}
    client.upload(toplyne.api_url, toplyne.token, "/upload/events", {"events": [event]})


def test_an_account_id_that_is_a_number(toplyne):
    account = {"accountId": 7, "creationTime": 1795450639}
    client.upload(
        toplyne.api_url, toplyne.token, "/upload/accounts/profiles", {"accounts": [account]}
    )


def test_a_token_nobody_knows(toplyne):
    client.sign_up(toplyne.api_url, "some-other-token", "u1")


def test_another_user_than_expected(toplyne):
    client.sign_up(toplyne.api_url, toplyne.token, "u1")

    toplyne.assert_received(event={"userId": "u2", "eventName": "Signed Up"})


def test_an_event_that_never_comes(toplyne):
    toplyne.wait_for(events=1, timeout=0.2)


def test_a_fault_that_is_never_met(toplyne):
    toplyne.fail_next(status=503)


def test_an_answer_that_is_never_met(toplyne):
    toplyne.answer_next(**answers.gateway_502, path="/v1/auth/me")
    client.sign_up(toplyne.api_url, toplyne.token, "u1")


@pytest.mark.toplyne(suspicious="fail")
def test_a_time_in_1970(toplyne):
    client.sign_up(toplyne.api_url, toplyne.token, "u1", timestamp=1612137)


def test_an_event_too_many(toplyne):
    for _ in range(2):
        client.sign_up(toplyne.api_url, toplyne.token, "u1")

    toplyne.assert_received(event={"userId": "u1"}, times=1)


def test_an_event_that_must_not_come(toplyne):
    client.sign_up(toplyne.api_url, toplyne.token, "undefined")

    toplyne.assert_not_received(event={"userId": re.compile("undefined|null")})


def test_an_event_nobody_expects(toplyne):
    client.sign_up(toplyne.api_url, toplyne.token, "u1")
    client.sign_up(toplyne.api_url, toplyne.token, "u2")

    toplyne.assert_received(event={"userId": "u1"})
    toplyne.assert_nothing_else()


def test_a_client_that_does_not_compress(toplyne):
    client.sign_up(toplyne.api_url, toplyne.token, "u1")

    toplyne.assert_received(request={"headers": {"Content-Encoding": "gzip"}})


def test_a_message_that_segment_drops(segment):
    body = {"userId": "u1", "event": 5, "writeKey": segment.write_key}
    httpx.post(f"{segment.url}/v1/track", json=body, trust_env=False)


async def wait(toplyne):
    await toplyne.wait_for_async(profiles=1, timeout=0.2)


def test_a_profile_that_never_comes(toplyne_transport):
    asyncio.run(wait(toplyne_transport.toplyne))
