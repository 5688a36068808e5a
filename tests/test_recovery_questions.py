"""Recovery questions: the report over HTTP."""

import json

import httpx
import pytest

from mock_server.mock import Mock
from mock_server.transport import MockTransport
from sandbox import Mapped, deliver, map_event

TOKEN = "tok_recoveryq"


def event(name):
    return {"type": "track", "event": name, "userId": "u", "timestamp": "2021-02-01T00:00:00Z"}


@pytest.fixture
def mock():
    opened = Mock(tokens={"default": TOKEN})
    yield opened
    opened.close()


@pytest.fixture
def client(mock):
    return httpx.Client(transport=MockTransport(mock), base_url="http://localhost")


def test_each_event_of_the_body_has_its_fate(mock, client):
    for name in ("once", "twice", "twice"):
        (request,) = [o.request for o in map_event(event(name)) if isinstance(o, Mapped)]
        deliver(request, api_key=TOKEN, base_url="http://localhost/v1", client=client)
    lines = [event("once"), event("twice"), event("never"), {"type": "page", "userId": "u"}]

    report = client.post(
        "/_sandbox/recovery", content="\n".join(json.dumps(line) for line in lines)
    ).json()

    items = [(item["event"], item["fortune"]) for item in report.pop("items")]
    assert items == [(0, "once"), (1, "twice"), (2, "never")]
    assert report == {
        "sent": 3, "requestless": 1, "once": 1, "late": 0, "twice": 1, "never": 1, "strays": 0,
        "stored": {"profiles": 0, "accounts": 0, "events": 3},
        "state": {"profiles": 0, "accounts": 0, "events": 3},
        "dropped": 0, "agrees": True, "differences": [], "whole": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "the body is empty; it should hold a JSON event, an array, or NDJSON."),
        (b"[5]", "the body[0]: is a number; an event is a JSON object."),
        (b"x" * (10 * 2**20 + 1), "The body is too large; `toplyne-sandbox recovery` takes any"),
    ],
    ids=["empty", "no event", "too large"],
)
def test_a_body_that_holds_no_events_is_refused_with_a_sentence(client, body, sentence):
    answer = client.post("/_sandbox/recovery", content=body)

    assert answer.status_code == 400
    details = answer.json()["error"]["details"]
    assert details.replace("body: is", "body is").startswith(sentence)
