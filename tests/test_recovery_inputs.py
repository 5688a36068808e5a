"""Recovery inputs: items out of events and upload bodies, attempts out of journal entries."""

import json

from mock_server.assertions import Assertions
from mock_server.exchange import received
from mock_server.mock import Mock
from sandbox import map_event
from sandbox.recovery import attempts_of, sent_of, sent_of_ledger, upload_envelope

TRACK = {"type": "track", "event": "E", "userId": "u", "timestamp": 1612137600000}


def test_events_bring_what_the_presets_make_of_them_and_some_bring_nothing():
    page = {"type": "page", "userId": "u"}

    items, requestless = sent_of([(0, TRACK), (1, page)], map_event)

    assert [(s.event, s.mapping, s.envelope, s.item) for s in items] == [
        (0, "Send Events", "events", {"userId": "u", "eventName": "E", "timestamp": 1612137600})
    ]
    assert requestless == 1


def test_an_upload_body_brings_its_items_as_they_are():
    items, requestless = sent_of(
        [(0, {"accounts": [{"accountId": "a"}, {"accountId": "b"}]})], None
    )

    assert [(s.mapping, s.envelope, s.item["accountId"]) for s in items] == [
        ("", "accounts", "a"),
        ("", "accounts", "b"),
    ]
    assert requestless == 0


def test_only_an_object_with_one_of_the_lists_is_an_upload_body():
    assert upload_envelope({"events": []}) == "events"
    assert upload_envelope({"events": [], "type": "track"}) is None
    assert upload_envelope({"events": {}}) is None
    assert upload_envelope(TRACK) is None


def test_attempts_are_the_items_of_uploads_stored_or_refused():
    mock = Mock(tokens={"default": "tok_recovery_in"}, clock=lambda: 5.5)
    key = ("Authorization", "Bearer tok_recovery_in")
    kind = ("Content-Type", "application/json")

    def post(path, body):
        mock.answer(received("POST", path, [key, kind], body))

    event = {"userId": "u", "eventName": "E", "timestamp": 1}
    post("/v1/upload/events", json.dumps({"events": [event, event]}).encode())
    post("/v1/upload/events", b'{"events":[{"userId":"u"}]}')
    post("/v1/upload/events", b"no json")
    post("/v1/upload/events", b'{"events":5}')
    post("/v1/upload/nothing", b'{"events":[{}]}')
    mock.answer(received("GET", "/v1/auth/me", [key]))

    attempts = list(attempts_of(Assertions.of(mock).entries))
    mock.close()

    assert [(a.entry, a.at, a.envelope, a.item, a.stored) for a in attempts] == [
        (1, 5.5, "events", event, True),
        (1, 5.5, "events", event, True),
        (2, 5.5, "events", {"userId": "u"}, False),
    ]


def test_a_ledger_brings_the_items_of_its_requests_under_the_numbers_of_its_messages():
    body = {"events": [{"userId": "u", "eventName": "E", "timestamp": 1}]}
    request = {"method": "POST", "path": "/upload/events", "json": body}
    records = [
        {"number": 3, "deliveries": []},
        {"number": 4, "deliveries": [{"mapping": "Send Events", "request": None}]},
        {
            "number": 5,
            "deliveries": [
                {"mapping": None, "request": None},
                {"mapping": "Send Events", "request": request},
            ],
        },
    ]

    items, requestless = sent_of_ledger(records)

    assert [(s.event, s.mapping, s.envelope, s.item) for s in items] == [
        (5, "Send Events", "events", body["events"][0])
    ]
    assert requestless == 2
