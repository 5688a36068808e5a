"""Recovery questions: the report over HTTP."""

import gzip
import json

import httpx
import jsonschema
import pytest
from click.testing import CliRunner

from mock_server import MockServer
from mock_server.mock import Mock
from mock_server.testing.transport import MockTransport
from sandbox import Mapped, deliver, map_event
from sandbox.cli import cli
from sandbox.recovery import FORTUNES
from tests.wire import http

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
    ("body", "status", "sentence"),
    [
        (b"", 400, "the body is empty. Expected a JSON event, an array, or NDJSON."),
        (b"[5]", 400, "the body[0]: is a number. Expected an event, which is a JSON object."),
        (b"x" * (10 * 2**20 + 1), 413, "The body is longer than 10485760 bytes."),
        (
            gzip.compress(b" " * (10 * 2**20 + 1)),
            413,
            "The body is larger than 10,485,760 bytes, the limit for a whole file (upload_bytes).",
        ),
        (gzip.compress(b"[]")[:-3], 400, "The body is not readable"),
    ],
    ids=["empty", "no event", "too large", "too large when it is inflated", "cut off"],
)
def test_a_body_that_holds_no_events_is_refused_with_a_sentence(client, body, status, sentence):
    answer = client.post("/_sandbox/recovery", content=body)

    assert answer.status_code == status
    details = answer.json()["error"]["details"]
    assert details.replace("body: is", "body is").startswith(sentence)


@pytest.mark.parametrize(
    "body",
    [{}, [{}], [{"type": "page"}, {}], {"batch": [{}]}, [5], [[{}]], "x", 1, None, True],
    ids=str,
)
def test_the_document_describes_the_bodies_that_are_taken(client, body):
    document = client.get("/_sandbox/control.json").json()
    taken = document["paths"]["/_sandbox/recovery"]["post"]["requestBody"]["content"]
    schema = taken["application/json"]["schema"]

    answer = client.post("/_sandbox/recovery", json=body)

    assert jsonschema.Draft202012Validator(schema).is_valid(body) is answer.is_success


def test_the_ledger_tells_what_was_sent_where_segments_api_stood_before():
    batch = [
        {"type": "track", "event": f"E{number}", "userId": "u", "messageId": f"m{number}"}
        for number in range(4)
    ]
    with MockServer() as toplyne:
        toplyne.fail_next(status=503)
        toplyne.fail_next(wire="reset")
        toplyne.fail_next(status=400)
        body = {"batch": [*batch, {"type": "page", "userId": "u", "messageId": "p"}]}
        http.post(f"{toplyne.url}/v1/batch", json={**body, "writeKey": toplyne.write_key})
        http.post(f"{toplyne.url}/_sandbox/flush", timeout=60)

        report = http.get(f"{toplyne.url}/_sandbox/recovery").json()
        command = ["recovery", "--ledger", "--json", "--mock", toplyne.url]
        printed = CliRunner().invoke(cli, command, env={"TOPLYNE_API_KEY": None})

    assert {key: report[key] for key in ("sent", "requestless", *FORTUNES, "agrees")} == {
        "sent": 4, "requestless": 1, "once": 1, "late": 1, "twice": 1, "never": 1, "agrees": True,
    }  # fmt: skip
    assert (printed.exit_code, json.loads(printed.stdout)) == (1, report)


def test_a_file_and_the_ledger_are_too_much():
    result = CliRunner().invoke(cli, ["recovery", "events.json", "--ledger"])

    assert result.exit_code == 2
    assert "give FILE or --ledger, not both." in result.stderr
