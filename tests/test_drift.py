"""Drift: what a recording contradicts is named, and nothing else."""

import json

import pytest

from mock_server.reference import drift
from sandbox.recording import read_recording
from sandbox.toplyne import TOPLYNE

HEADERS = dict(TOPLYNE.answer_headers)
KEY = {"Authorization": "Bearer a-real-key", "Content-Type": "application/json"}
EVENT = {"userId": "u", "eventName": "E", "timestamp": 1670242516}
UPLOADED = {"status": "SUCCESS", "data": {"message": "Events uploaded."}}
SERVER_ERROR = {
    "status": "ERROR",
    "error": {
        "code": "UNKNOWN",
        "message": "Internal server error",
        "details": (
            "Unable to process request at our end. Contact Admin or retry after some time."
        ),
    },
}


def error(code, message, details="…"):
    return {"status": "ERROR", "error": {"code": code, "message": message, "details": details}}


def upload(items, status, answer, *, key=KEY, headers=HEADERS, path="/v1/upload/events"):
    return {
        "request": {"method": "POST", "path": path, "headers": key, "json": {"events": items}},
        "response": {"status": status, "headers": headers, "json": answer},
    }


def auth(status, answer, *, key=KEY):
    return {
        "request": {"method": "GET", "path": "/v1/auth/me", "headers": key},
        "response": {"status": status, "headers": HEADERS, "json": answer},
    }


def drifted(exchanges, **options):
    content = "\n".join(json.dumps(exchange) for exchange in exchanges).encode()
    return drift(list(read_recording(content, name="rec")), **options)


def named(exchanges, **options):
    return [(c.rule, c.place) for c in drifted(exchanges, **options).contradictions]


CLEAN = [
    upload([EVENT], 202, UPLOADED),
    upload([{**EVENT, "timestamp": 1670242516.0}, EVENT], 202, UPLOADED),
    upload([EVENT], 202, UPLOADED, headers={**HEADERS, "CF-Ray": "a proxy's own"}),
    upload([], 400, error("BAD_REQUEST", "Bad request")),
    upload([EVENT], 401, error("UNAUTHORIZED", "Unauthorized"), key={}),
    upload([EVENT], 403, error("FORBIDDEN", "Forbidden")),
    upload([EVENT], 404, error("NOT_FOUND", "Not found"), path="/v1/upload/nothing"),
    auth(200, {"status": "SUCCESS", "data": "Some client"}),
    auth(403, error("FORBIDDEN", "Forbidden")),
]

PLANTED = [
    ("time-integer", upload([{**EVENT, "timestamp": 1670242516.143688}], 202, UPLOADED)),
    ("id-required", upload([{"eventName": "E", "timestamp": 1}], 202, UPLOADED)),
    ("unknown-key", upload([{**EVENT, "messageId": "m"}], 202, UPLOADED)),
    (
        "accepted-answer",
        upload([EVENT], 202, {"MsgCode": "100", "Msg": "Events uploaded", "status": "success"}),
    ),
    ("token-unknown", upload([EVENT], 401, error("UNAUTHORIZED", "Unauthorized"))),
    ("no-rate-limit", upload([EVENT], 429, error("TOO_MANY_REQUESTS", "Too many requests"))),
    ("error-body", upload([], 400, {"message": "events must not be empty"})),
    ("body-structure", upload([[]], 500, SERVER_ERROR)),
]


def test_nothing_is_named_in_a_clean_recording():
    found = drifted(CLEAN)

    assert found.contradictions == ()
    assert (found.compared, found.passed_over) == (9, ())


def test_eight_planted_contradictions_are_named_exactly():
    exchanges = []
    for number, (_, planted) in enumerate(PLANTED):
        exchanges += [CLEAN[number], planted]

    assert named(exchanges) == [
        (rule, f"rec, line {2 * number + 2}") for number, (rule, _) in enumerate(PLANTED)
    ]
    assert sorted(drifted(exchanges).by_rule) == sorted(rule for rule, _ in PLANTED)


def test_under_observed_what_was_recorded_contradicts_nothing():
    recorded = [
        upload([{**EVENT, "timestamp": 1670242516.143688}], 202, UPLOADED),
        upload([[]], 500, SERVER_ERROR),
        upload([{"eventName": "E", "timestamp": 1}], 202, UPLOADED),
    ]

    assert named(recorded, rules="observed") == []


BAD = error("BAD_REQUEST", "Bad request")
NO_MEDIA = error("UNSUPPORTED_MEDIA_TYPE", "Unsupported media type")


@pytest.mark.parametrize(
    ("rule", "exchange"),
    [
        ("token-missing", upload([EVENT], 403, error("FORBIDDEN", "Forbidden"), key={"A": "b"})),
        ("token-missing", upload([EVENT], 202, UPLOADED, key={"Content-Type": "text/json+json"})),
        ("content-type", upload([EVENT], 202, UPLOADED, key={**KEY, "Content-Type": "text/x"})),
        ("content-type", upload([EVENT], 415, NO_MEDIA)),
        ("accepted-answer", upload([EVENT], 200, UPLOADED)),
        ("accepted-answer", upload([EVENT], 400, BAD)),
        ("path-known", upload([EVENT], 202, UPLOADED, path="/v1/upload/groups")),
        ("path-known", upload([EVENT], 404, error("NOT_FOUND", "Not found"))),
        ("list-size", upload([], 422, error("X", "Y"))),
        ("list-size", upload([EVENT] * 501, 202, UPLOADED)),
        ("all-or-nothing", upload([EVENT, {}], 207, UPLOADED)),
        ("field-type", upload([{**EVENT, "userId": 5}], 202, UPLOADED)),
        ("text-empty", upload([{**EVENT, "eventName": ""}], 202, UPLOADED)),
        ("body-size", upload([EVENT], 413, error("PAYLOAD_TOO_LARGE", "Payload too large"))),
        ("error-words", upload([], 400, error("INVALID", "Bad request"))),
        ("error-words", upload([], 400, error("BAD_REQUEST", "Invalid request"))),
        ("answer-headers", upload([EVENT], 202, UPLOADED, headers={**HEADERS, "Expires": "-1"})),
        ("answer-headers", upload([EVENT], 202, UPLOADED, headers={})),
        ("auth-answer", auth(200, {"status": "SUCCESS", "data": {"name": "x"}})),
        ("auth-answer", auth(204, {"status": "SUCCESS", "data": "x"})),
    ],
)  # fmt: skip
def test_each_rule_that_a_recording_can_contradict_is_named(rule, exchange):
    assert named([CLEAN[0], exchange]) == [(rule, "rec, line 2")]


def test_every_broken_rule_of_what_was_taken_is_named_once():
    item = {"eventName": "", "timestamp": 1.5, "x": 1, "y": 2}

    rules = [rule for rule, _ in named([upload([item], 202, UPLOADED)])]

    assert rules == ["text-empty", "time-integer", "unknown-key", "id-required"]


def test_the_sentence_says_what_was_answered_and_what_the_mock_does():
    (only,) = drifted([upload([{"eventName": "E", "timestamp": 1}], 202, UPLOADED)]).contradictions

    assert only.sentence == (
        "POST /v1/upload/events was answered 202; the mock refuses it with 400:"
        " $.events[0].userId is missing, and so is anonymousId. Expected at least one of them."
    )
    assert only.to_json()["evidence"] == {
        "mark": "docs",
        "where": "Segment's page of the destination",
    }


@pytest.mark.parametrize("status", [200, 401, 403])
def test_where_no_header_has_a_key_they_were_left_out_and_speak_of_no_token(status):
    words = {200: UPLOADED, 401: error("UNAUTHORIZED", "Unauthorized")}
    answer = words.get(status, error("FORBIDDEN", "Forbidden"))
    exchange = upload([EVENT], 202 if status == 200 else status, answer)
    del exchange["request"]["headers"]

    assert named([exchange]) == []


def test_what_is_no_final_answer_of_the_api_is_passed_over_with_its_reason():
    exchanges = [upload([EVENT], status, None) for status in (0, 302, 503)]
    exchanges.append(auth(204, None) | {"request": {"method": "OPTIONS", "path": "/v1/auth/me"}})

    found = drifted(exchanges)

    assert (found.compared, found.contradictions) == (0, ())
    assert [reason for _, reason in found.passed_over] == [
        "there was no answer",
        "302 is a redirect",
        "503 is about the server's health, not about its rules",
        "a preflight of a browser",
    ]


def test_every_named_rule_is_declared():
    declared = {rule.key for rule in TOPLYNE.rules}

    assert {rule for rule, _ in PLANTED} <= declared
