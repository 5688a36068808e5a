"""Any answer a test wants instead of the API's own, also late, slow and over HTTP."""

import base64
import time

import pytest

from mock_server import MockServer, create_app
from mock_server.toplyne.fault import AnswerToGive, InvalidFault
from sandbox import answers
from tests.wire import http

EVENT = {"userId": "u1", "eventName": "Signed Up", "timestamp": 1795450639}


@pytest.fixture(scope="module")
def server():
    with MockServer() as server:
        yield server


@pytest.fixture
def toplyne(server):
    server.reset()
    return server


def upload(toplyne):
    return toplyne.client.post("/upload/events", json={"events": [EVENT]})


def test_any_answer_is_given_as_it_is_and_once(toplyne):
    toplyne.answer_next(status=502, headers={"X-Proxy": "a", "x-b": "ü"}, body=b"<html>\xff")

    first, second = upload(toplyne), upload(toplyne)

    assert (first.status_code, first.content) == (502, b"<html>\xff")
    headers = [(n.decode(), v) for n, v in first.headers.raw if n.lower() != b"date"]
    number = str(toplyne.entries[0]["number"]).encode()
    assert headers == [
        ("X-Proxy", b"a"), ("x-b", b"\xfc"), ("X-Sandbox-Entry", number), ("Content-Length", b"7")
    ]  # fmt: skip
    assert second.status_code == 202
    assert [entry["fault"] for entry in toplyne.entries] == ["answer 502", None]
    assert len(toplyne.events) == 1


@pytest.mark.parametrize(
    ("answer", "stored"),
    [
        ({"status": 200}, 1),
        ({"status": 202, "stored": False}, 0),
        ({"status": 302}, 0),
        ({"status": 599, "stored": True}, 1),
        ({"status": 204}, 1),
    ],
)
def test_what_is_answered_2xx_is_stored_unless_the_test_says_otherwise(toplyne, answer, stored):
    toplyne.answer_next(**answer)

    assert upload(toplyne).status_code == answer["status"]
    assert len(toplyne.events) == stored


@pytest.mark.parametrize("name", answers._fields)
def test_ready_answers_are_given(toplyne, name):
    ready = getattr(answers, name)
    toplyne.answer_next(**ready, times=2, path="/v1/upload/events")

    assert toplyne.client.get("/auth/me").status_code == 200
    for _ in range(2):
        given = upload(toplyne)
        assert (given.status_code, given.content) == (ready["status"], ready["body"])
    assert upload(toplyne).status_code == 202


def test_an_answer_is_asked_for_over_http_and_shown(toplyne):
    url, key = f"{toplyne.url}/_sandbox/faults", {"Authorization": f"Bearer {toplyne.token}"}
    asked = {"status": 502, "headers": {"A": "b"}, "body": {"base64": "/w=="}, "times": 2}

    assert http.post(url, json={"answer": asked}, headers=key).status_code == 201
    (shown,) = http.get(url, headers=key).json()["faults"]
    given = upload(toplyne)

    assert (shown["headers"], shown["body"]) == ([["A", "b"]], {"base64": "/w=="})
    assert (given.status_code, given.headers["a"], given.content) == (502, "b", b"\xff")
    answer = http.request("DELETE", url, json={"answer": asked}, headers=key)
    assert answer.json() == {"cleared": 1}
    refused = http.post(url, json={"answer": {"status": 99, "body": 5}}, headers=key)
    assert "$.answer.status must be a whole number from 200 to 599, not 99." in refused.text
    assert "$.answer.body must be bytes, a string, or" in refused.text


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"status": 199}, "$.status must be a whole number from 200 to 599, not 199."),
        ({"status": None}, "$.status must be a whole number from 200 to 599, not None."),
        ({"headers": {"A": "b\r\nc"}}, "$.headers.A must be one line of Latin-1, not 'b\\r\\nc'."),
        ({"headers": {"A": 5}}, "$.headers.A must be one line of Latin-1, not 5."),
        ({"headers": {"A b": ""}}, "$.headers['A b'] is not the name of a header."),
        ({"headers": {"Content-Length": "5"}}, "is what the mock sets itself."),
        ({"headers": {5: "A"}}, "$.headers must be an object of header names and values"),
        ({"headers": [("A", "b")] * 101}, "at most 100 (answer_headers)"),
        ({"body": b"x" * (2**20 + 1)}, "at most 1048576 bytes (answer_bytes)"),
        ({"status": 304, "body": "x"}, "$.body must be empty: a 304 has no body."),
        ({"most_delay": 1, "delay": 2}, "$.most_delay must be at least the delay, 2 seconds"),
        ({"bytes_per_second": 0}, "$.bytes_per_second must be a whole number from 1 on"),
        (
            {"bytes_per_second": 1, "body": "x" * 301},
            "would take 301 seconds for this body, more than 300",
        ),
        ({"bytes_per_second": 9, "wire": "half"}, "needs the wire `whole`."),
    ],
)
def test_an_answer_that_cannot_be_is_refused_in_a_sentence(toplyne, parts, said):
    with pytest.raises(InvalidFault) as refused:
        toplyne.answer_next(**{"status": 502, **parts})

    assert said in str(refused.value)
    assert toplyne.faults == []


def test_a_fault_is_still_no_answer(toplyne):
    with pytest.raises(InvalidFault, match="must be a whole number from 400 to 599"):
        toplyne.fail_next(status=200)


@pytest.mark.parametrize("keep_alive", [True, False], ids=["kept", "closed"])
def test_a_slow_body_takes_its_time_over_the_socket(toplyne, keep_alive):
    toplyne.answer_next(status=200, body=b"x" * 30, bytes_per_second=100)
    headers = {"Authorization": f"Bearer {toplyne.token}"}
    headers |= {} if keep_alive else {"Connection": "close"}

    begun = time.monotonic()
    slow = http.get(f"{toplyne.api_url}/auth/me", headers=headers)
    seconds = time.monotonic() - begun

    assert slow.content == b"x" * 30
    assert seconds >= 0.25
    assert toplyne.client.get("/auth/me").status_code == 200


def test_a_slow_body_takes_its_time_under_another_server():
    app = create_app()
    mock = app.extensions["mock"]
    tenant = mock.tokens.of(mock.default)[0].tenant
    mock.faults.add(tenant, AnswerToGive(status=200, body=b"x" * 30, bytes_per_second=100))

    begun = time.monotonic()
    slow = app.test_client().get(
        "/v1/auth/me", headers={"Authorization": f"Bearer {mock.secrets[mock.default]}"}
    )

    assert (slow.data, slow.headers["Content-Length"]) == (b"x" * 30, "30")
    assert time.monotonic() - begun >= 0.25


def test_a_random_delay_follows_from_the_seed(toplyne):
    def names(seed):
        toplyne.reset()
        toplyne.fail_always(delay=0.001, most_delay=0.01, seed=seed)
        for _ in range(4):
            upload(toplyne)
        return [entry["fault"] for entry in toplyne.entries]

    assert names(1) == names(1) != names(2)
    delays = [float(name.split()[1]) for name in names(1)]
    assert len(set(delays)) == 4
    assert all(0.001 <= delay <= 0.01 for delay in delays)


def test_what_was_asked_for_and_not_met_is_listed(toplyne):
    toplyne.fail_next(status=503, times=2)
    toplyne.answer_next(**answers.gateway_502, path="/v1/auth/me")
    toplyne.fail_next(most_delay=1.5)
    toplyne.fail_always(delay=0.001)
    upload(toplyne)

    assert toplyne.unmet() == [
        "503: met 1 of 2 calls",
        "answer 502 at /v1/auth/me: met 0 of 1 calls",
        "delay 0 to 1.5 s: met 0 of 1 calls",
    ]


def test_a_body_in_json_is_a_string_or_base64():
    assert AnswerToGive(status=200, body="é").to_json()["body"] == "é"
    asked = {"base64": base64.b64encode(b"\xff").decode()}
    assert AnswerToGive(status=200, body=asked).body == b"\xff"
