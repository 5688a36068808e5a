"""Fault questions: `/_sandbox/faults` over HTTP."""

import httpx
import pytest

from mock_server.mock import Mock
from mock_server.testing.transport import MockTransport

TOKENS = {"default": "tok_faultq_default", "other": "tok_faultq_other"}
BEARER = {name: {"Authorization": f"Bearer {token}"} for name, token in TOKENS.items()}


@pytest.fixture
def client():
    mock = Mock(tokens=TOKENS)
    yield httpx.Client(transport=MockTransport(mock), base_url="http://localhost")
    mock.close()


def auth(client, name="default"):
    return client.get("/v1/auth/me", headers=BEARER[name]).status_code


def test_a_fault_is_set_listed_met_and_gone(client):
    made = client.post("/_sandbox/faults", json={"status": 503, "times": 2})

    assert made.status_code == 201
    assert made.json()["faults"] == [
        {
            "status": 503, "path": None, "times": 2, "probability": 1.0, "seed": 0,
            "retry_after": None, "delay": 0.0, "wire": "whole", "stored": False, "most_delay": None,
            "bytes_per_second": None, "seen": 0, "met": 0,
        }
    ]  # fmt: skip
    assert auth(client) == 503
    assert [f["met"] for f in client.get("/_sandbox/faults").json()["faults"]] == [1]
    assert [auth(client), auth(client)] == [503, 200]
    assert client.get("/_sandbox/faults").json() == {"faults": [], "total": 0}


def test_the_faults_of_a_tenant_are_seen_set_and_cleared_by_its_token_alone(client):
    client.post("/_sandbox/faults", json={"status": 500}, headers=BEARER["other"])
    client.post("/_sandbox/faults", json={"faults": [{"status": 503}, {"status": 429}]})

    assert client.get("/_sandbox/faults").json()["total"] == 2
    assert client.get("/_sandbox/faults", headers=BEARER["other"]).json()["total"] == 1
    assert client.delete("/_sandbox/faults").json() == {"cleared": 2}
    assert [auth(client), auth(client, "other"), auth(client, "other")] == [200, 500, 200]


def test_all_that_is_wrong_is_said_and_nothing_is_set(client):
    answer = client.post(
        "/_sandbox/faults", json={"faults": [{"status": 503}, {"status": 42, "sed": 1}]}
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["details"] == (
        "$.faults[1].status must be a whole number from 400 to 599, or nothing, not 42."
        " $.faults[1].sed is unknown. The members are status, path, times,"
        " probability, seed, retry_after, delay, wire, stored, most_delay, bytes_per_second."
        " Did you mean seed?"
    )
    assert client.get("/_sandbox/faults").json()["total"] == 0


def test_a_body_that_is_no_object_is_refused(client):
    assert client.post("/_sandbox/faults", content=b"[1]").status_code == 400


def test_a_bad_day_is_one_question(client):
    answer = client.post("/_sandbox/faults", json={"bad_day": {"probability": 0.5, "seed": 2}})

    assert (answer.status_code, answer.json()["total"]) == (201, 10)


def test_other_methods_are_refused_with_those_there_are(client):
    answer = client.put("/_sandbox/faults", json={})

    assert (answer.status_code, answer.headers["Allow"]) == (
        405,
        "GET, HEAD, POST, DELETE, OPTIONS",
    )


def test_one_fault_is_forgotten_and_the_others_stay(client):
    client.post("/_sandbox/faults", json={"faults": [{"status": 503}, {"status": 429}]})

    answer = client.request("DELETE", "/_sandbox/faults", json={"status": 503})

    assert answer.json() == {"cleared": 1}
    assert [f["status"] for f in client.get("/_sandbox/faults").json()["faults"]] == [429]
    assert client.request("DELETE", "/_sandbox/faults", json={"status": 4}).status_code == 400


def test_more_faults_than_may_wait_are_refused_with_the_bound_at_once_and_one_by_one(client):
    whole = client.post("/_sandbox/faults", json={"faults": [{"status": 503}] * 1000})
    one_more = client.post("/_sandbox/faults", json={"status": 503})
    at_once = client.post("/_sandbox/faults", json={"faults": [{}] * 200_000})

    assert (whole.status_code, whole.json()["total"]) == (201, 1000)
    assert one_more.json()["error"]["details"] == (
        "$.faults would be 1001 in all; at most 1000 may wait (faults_waiting)."
    )
    assert at_once.json()["error"]["details"] == (
        "$.faults must be a list of at most 1000 faults (faults_waiting),"
        " not a list of 200,000 items."
    )
    assert client.get("/_sandbox/faults").json()["total"] == 1000


def test_not_every_one_of_many_mistakes_is_told(client):
    names = client.post("/_sandbox/faults", json=dict.fromkeys(map(str, range(100_000)), 1))
    faults = client.post("/_sandbox/faults", json={"faults": [{"sed": 1}] * 1000})

    assert names.status_code == faults.status_code == 400
    assert len(names.content) < 10_000
    assert faults.json()["error"]["details"].count("Did you mean seed?") == 25


def test_a_word_too_long_to_be_near_a_known_one_is_not_looked_at(client, monkeypatch):
    def looked_at(*_, **__):
        raise AssertionError("ten million characters take five seconds")

    monkeypatch.setattr("difflib.get_close_matches", looked_at)

    answer = client.post("/_sandbox/faults", json={"path": "/v1/" + "x" * 10_000_000})

    assert answer.status_code == 400
    assert "must be one of /v1/auth/me" in answer.json()["error"]["details"]


@pytest.mark.parametrize("where", ["beside", "in"])
def test_how_often_an_answer_is_given_is_said_beside_it_or_in_it(client, where):
    asked = {"answer": {"status": 502, "headers": {"X-From": "proxy"}, "body": "<html>"}}
    (asked if where == "beside" else asked["answer"]).update(times=2, path="/v1/upload/events")

    told = client.post("/_sandbox/faults", json=asked).json()["faults"][0]

    shown = ("status", "headers", "body", "times", "path")
    right = [502, [["X-From", "proxy"]], "<html>", 2, "/v1/upload/events"]
    assert [told[name] for name in shown] == right


def test_what_is_said_both_beside_an_answer_and_in_it_is_refused(client):
    asked = {"answer": {"status": 502, "times": 1}, "times": 2}

    answer = client.post("/_sandbox/faults", json=asked)

    assert answer.status_code == 400
    assert "times is given beside the answer and in it." in answer.json()["error"]["details"]
