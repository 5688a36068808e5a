"""Six tests that must fail, each for one field or reason that its message names."""

import client


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
