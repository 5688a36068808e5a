"""The contract: what an upload must look like under each reading of the API, and what is said."""

import json
import sys

import pytest
from jsonschema import Draft202012Validator

from sandbox.contract import check_item, check_upload, payload_schema, upload_schema
from sandbox.contract.wording import describe
from sandbox.segment.definition import DestinationDefinition, Endpoint, Evidence, Field, Upload
from sandbox.toplyne import (
    ACCOUNT_EVENTS,
    SEND_ACCOUNT_PROFILES,
    SEND_EVENTS,
    SEND_USER_PROFILES,
    TOPLYNE,
)
from sandbox.values import Problem, json_path

RULES = ("documented", "observed")
EVENT = {"userId": "u", "eventName": "E", "timestamp": 1612137600}


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


LISTS_690_DEEP, DEEP = nested(690), nested(2000)
CAPTURES = [
    (SEND_USER_PROFILES, {"userId": "u", "anonymousId": "a", "creationTime": 1677079275}),
    (SEND_USER_PROFILES, {"userId": "u", "creationTime": -9222325200, "userProperties": {}}),
    (SEND_ACCOUNT_PROFILES, {"accountId": "777", "creationTime": 1677079275}),
    (SEND_EVENTS, {**EVENT, "accountId": "acct", "eventProperties": {"n": None, "l": [1, None]}}),
    (ACCOUNT_EVENTS, {"accountId": "a", "eventName": "E", "timestamp": 1}),
]

DOCS = Evidence("docs", "a toy's page")
TOY = DestinationDefinition(
    name="Toy",
    slug="toy",
    base_url="https://toy.example/v2",
    auth_path="/me",
    settings=(),
    actions=(),
    presets=(),
    max_items=2,
    unused_uploads=(
        Upload(
            name="Things",
            description="Send things.",
            fields=(
                Field(
                    key="id",
                    label="ID",
                    type="string",
                    description="Which thing.",
                    default=None,
                    required=True,
                    evidence=DOCS,
                ),
                Field(
                    key="when",
                    label="When",
                    type="datetime",
                    description="Since when.",
                    default=None,
                    evidence=DOCS,
                ),
            ),
            endpoint=Endpoint(path="/things", envelope="things", accepted="OK", evidence=DOCS),
        ),
    ),
    rules=TOPLYNE.rules,
)
THINGS = TOY.unused_uploads[0]


def places(problems):
    return [(v.path, v.rule) for v in problems]


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize(("upload", "item"), CAPTURES)
def test_what_segment_sends_holds_under_both_readings(upload, item, rules):
    assert check_item(upload, item, rules=rules) == ()
    assert check_upload(upload, {upload.endpoint.envelope: [item]}, rules=rules) == ()


@pytest.mark.parametrize(
    ("item", "documented", "observed"),
    [
        pytest.param({"userId": "u"}, True, True, id="a user ID"),
        pytest.param({"anonymousId": "a"}, True, True, id="an anonymous ID"),
        pytest.param({"userId": "u", "anonymousId": "a"}, True, True, id="both ids"),
        pytest.param({}, False, True, id="no id"),
        pytest.param({"userId": ""}, False, True, id="an empty id"),
        pytest.param({"userId": None}, False, False, id="a null id"),
        pytest.param({"userId": "u", "timestamp": 1.5}, False, True, id="a fraction"),
        pytest.param({"userId": "u", "timestamp": 1.0}, True, True, id="a whole fraction"),
        pytest.param({"userId": "u", "timestamp": -1}, True, True, id="a negative time"),
        pytest.param({"userId": "u", "timestamp": None}, False, True, id="a null time"),
        pytest.param({"userId": "u", "timestamp": True}, False, False, id="a boolean time"),
        pytest.param({"userId": "u", "timestamp": "1"}, False, False, id="a time in quotes"),
        pytest.param({"userId": "u", "eventName": ""}, False, True, id="an empty name"),
        pytest.param({"userId": "u", "eventName": None}, False, False, id="a null name"),
        pytest.param(
            {"userId": "u", "dynamicAuthSettings": 1}, False, True, id="what Segment lets through"
        ),
        pytest.param({"userId": "u", "other": 1}, False, False, id="an unknown key"),
    ],
)
def test_the_two_readings_differ_as_the_design_says(item, documented, observed):
    item = {"eventName": "E", "timestamp": 1, **item}

    assert (check_item(SEND_EVENTS, item, rules="documented") == ()) is documented
    assert (check_item(SEND_EVENTS, item, rules="observed") == ()) is observed


def test_a_problem_says_where_what_was_there_and_what_would_be_right():
    (problem,) = check_upload(
        SEND_EVENTS, {"events": [{**EVENT, "timestamp": 1.5}]}, rules="documented"
    )

    assert problem == Problem(
        at=("events", 0, "timestamp"),
        message="is the number 1.5. Expected Unix seconds, a number without a fraction.",
        found="the number 1.5",
        expected="Unix seconds, a number without a fraction",
        rule="time-integer",
        evidence=Evidence("docs", "Toplyne's documentation of POST /upload/accounts/events"),
    )
    assert problem.path == "$.events[0].timestamp"


def test_a_missing_field_is_named_by_its_path():
    (problem,) = check_item(SEND_EVENTS, {"userId": "u", "timestamp": 1}, rules="observed")

    assert problem.path == "$.eventName"
    assert problem.message == "is missing. Expected a string."
    assert problem.evidence.mark == "source"


def test_a_missing_id_names_the_key_that_may_stand_in_for_it():
    (problem,) = check_item(SEND_USER_PROFILES, {"creationTime": 1}, rules="documented")

    assert problem.path == "$.userId"
    assert problem.message == "is missing, and so is anonymousId. Expected at least one of them."
    assert (problem.rule, problem.evidence.mark) == ("id-required", "docs")


def test_every_problem_is_listed_in_the_order_of_the_document():
    body = {
        "zeta": 1,
        "events": [
            {"timestamp": "now", "extra": 1, "userId": 5},
            EVENT,
            7,
            {"eventProperties": [], "eventName": ""},
        ],
        "alpha": 2,
    }

    assert places(check_upload(SEND_EVENTS, body, rules="documented")) == [
        ("$.zeta", "unknown-key"),
        ("$.events[0].timestamp", "time-integer"),
        ("$.events[0].extra", "unknown-key"),
        ("$.events[0].userId", "field-type"),
        ("$.events[0].eventName", "field-required"),
        ("$.events[2]", "body-structure"),
        ("$.events[3].eventProperties", "field-type"),
        ("$.events[3].eventName", "text-empty"),
        ("$.events[3].userId", "id-required"),
        ("$.events[3].timestamp", "field-required"),
        ("$.alpha", "unknown-key"),
    ]


def test_a_hundred_problems_are_listed_and_the_rest_counted():
    items = [EVENT, *[{**EVENT, "userId": 5}] * 250]

    problems = check_upload(SEND_EVENTS, {"events": items}, rules="documented")

    assert len(problems) == 101
    assert problems[99].path == "$.events[100].userId"
    assert problems[100].message == (
        "250 of 251 items break a rule. Only the first 100 problems are listed."
    )
    assert problems[100].rule == "all-or-nothing"


def test_exactly_a_hundred_problems_need_no_count():
    items = [{**EVENT, "userId": 5}] * 100

    assert len(check_upload(SEND_EVENTS, {"events": items}, rules="documented")) == 100


def test_a_hundred_thousand_unknown_keys_are_listed_shortly():
    item = {**EVENT, **{f"key{n}": n for n in range(100_000)}}

    problems = check_item(SEND_EVENTS, item, rules="documented")

    assert len(problems) == 101
    assert problems[0].path == "$.key0"


def test_the_check_follows_any_definition():
    body = {"things": [{"id": "", "when": 0.5}, {}, {}]}

    problems = check_upload(THINGS, body, rules="documented", definition=TOY)

    assert [problem.sentence("The body") for problem in problems] == [
        "things is an array of 3 items. Expected an array of 1 to 2 objects.",
        "things[0].id is an empty string. Expected a non-empty string.",
        "things[0].when is the number 0.5. Expected Unix seconds, a number without a fraction.",
        "things[1].id is missing. Expected a non-empty string.",
        "things[2].id is missing. Expected a non-empty string.",
    ]


def test_a_broken_rule_carries_the_evidence_it_is_declared_with():
    body = {"events": [{"when": 1, "userId": ""}], "x": 1}

    for problem in check_upload(SEND_EVENTS, body, rules="documented"):
        if problem.rule == "field-required":
            assert problem.evidence == SEND_EVENTS.field(problem.at[-1]).evidence
        else:
            assert problem.evidence == TOPLYNE.rule(problem.rule).evidence


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("upload", TOPLYNE.uploads, ids=lambda upload: upload.endpoint.path)
def test_every_schema_is_a_json_schema_whose_examples_hold(upload, rules):
    schema = payload_schema(upload, rules)

    Draft202012Validator.check_schema(schema)
    Draft202012Validator.check_schema(upload_schema(upload, rules))
    for member in schema["properties"].values():
        for example in member.get("examples", []):
            assert Draft202012Validator(member).is_valid(example)


def test_the_payload_schema_of_events_reads_as_the_page_does():
    schema = payload_schema(SEND_EVENTS, "documented")

    assert list(schema["properties"]) == [
        "userId",
        "anonymousId",
        "accountId",
        "eventName",
        "timestamp",
        "eventProperties",
    ]
    assert schema["required"] == ["eventName", "timestamp"]
    assert schema["anyOf"] == [{"required": ["userId"]}, {"required": ["anonymousId"]}]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["timestamp"]["type"] == "integer"
    assert schema["properties"]["userId"]["description"] == (
        "The ID of a known user. Needed when there is no Anonymous ID."
        " Evidence: docs (Segment's page of the destination)."
    )


def test_the_observed_schema_drops_what_nothing_enforces():
    schema = payload_schema(SEND_EVENTS, "observed")

    assert "anyOf" not in schema
    assert schema["properties"]["timestamp"]["type"] == ["number", "null"]
    assert "minLength" not in schema["properties"]["userId"]
    assert "dynamicAuthSettings" in schema["properties"]


def calls_to(function, *arguments, **keywords):
    """Return what a function answers, and how many calls of functions, also of C, that took."""
    calls = 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        answer = function(*arguments, **keywords)
    finally:
        sys.setprofile(None)
    return answer, calls


@pytest.mark.parametrize(
    ("items", "problems"),
    [
        pytest.param([{f"key{n}": n for n in range(900_000)}], 101, id="900,000 unknown keys"),
        pytest.param([LISTS_690_DEEP] * 7000, 101, id="7,000 lists 690 deep"),
        pytest.param([{**EVENT, "userId": DEEP}], 1, id="2,000 deep"),
        pytest.param([{**EVENT, "eventProperties": "x" * 10**7}], 1, id="ten million characters"),
    ],
)
def test_what_a_refusal_takes_follows_from_what_it_tells_and_not_from_the_body(items, problems):
    check_upload(SEND_EVENTS, {"events": [5]}, rules="documented")  # loads what it needs
    body = {"events": items}

    found, calls = calls_to(check_upload, SEND_EVENTS, body, rules="documented")

    assert len(found) == problems
    assert all(len(json.dumps(problem.to_json())) < 1000 for problem in found)
    assert calls < 60_000


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "the boolean true"),
        (False, "the boolean false"),
        (5, "the number 5"),
        (1.5, "the number 1.5"),
        (1e300, "the number 1e+300"),
        (10**80, f"the number 1{'0' * 59}…"),
        ("", "an empty string"),
        ("a\nb", 'the string "a\\nb"'),
        ("\ud800", 'the string "\\ud800"'),
        ("x" * 61, f'the string "{"x" * 60}…"'),
        ([], "an empty array"),
        ([1], "an array of 1 item"),
        ([1, 2], "an array of 2 items"),
        ({}, "an empty object"),
        ({"a": 1}, "an object with 1 key"),
        ({"a": 1, "b": 2}, "an object with 2 keys"),
    ],
)
def test_a_value_is_described_in_a_few_words(value, words):
    assert describe(value) == words


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("userId", "$.userId"),
        ("_x$1", "$._x$1"),
        ("1st", "$['1st']"),
        ("", "$['']"),
        ("a b", "$['a b']"),
        ("it's", "$['it\\'s']"),
        ('"so"', "$['\"so\"']"),
        ("back\\slash", "$['back\\\\slash']"),
        ("größe", "$['größe']"),
    ],
)
def test_a_member_is_named_by_a_json_path(key, path):
    assert json_path((key,)) == path
