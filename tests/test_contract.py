"""The contract: what an upload must look like under each reading of the API, and what is said."""

import pytest
from jsonschema import Draft202012Validator

from sandbox.contract import check_item, check_upload, payload_schema, upload_schema
from sandbox.contract.verdict import compile_verdict
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


def places(violations):
    return [(v.path, v.rule) for v in violations]


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


def test_a_violation_says_where_what_was_there_and_what_would_be_right():
    (violation,) = check_upload(
        SEND_EVENTS, {"events": [{**EVENT, "timestamp": 1.5}]}, rules="documented"
    )

    assert violation == Problem(
        at=("events", 0, "timestamp"),
        message=(
            "Timestamp is the number 1.5; Unix seconds, a number without a fraction,"
            " would be right."
        ),
        found="the number 1.5",
        expected="Unix seconds, a number without a fraction",
        rule="time-integer",
        evidence=Evidence("docs", "Toplyne's documentation of POST /upload/accounts/events"),
    )
    assert violation.path == "$.events[0].timestamp"


def test_a_missing_field_is_named_by_its_path():
    (violation,) = check_item(SEND_EVENTS, {"userId": "u", "timestamp": 1}, rules="observed")

    assert violation.path == "$.eventName"
    assert violation.message == "Event Name is missing; a text would be right."
    assert violation.evidence.mark == "source"


def test_a_missing_id_is_said_in_the_words_of_the_page():
    (violation,) = check_item(SEND_USER_PROFILES, {"creationTime": 1}, rules="documented")

    assert violation.path == "$.userId"
    assert violation.message == "User ID is required if Anonymous ID is not provided."
    assert (violation.rule, violation.evidence.mark) == ("id-required", "docs")


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

    violations = check_upload(SEND_EVENTS, {"events": items}, rules="documented")

    assert len(violations) == 101
    assert violations[99].path == "$.events[100].userId"
    assert violations[100].message == (
        "In all 250 of 251 items break a rule; the first 100 problems are listed."
    )
    assert violations[100].rule == "all-or-nothing"


def test_exactly_a_hundred_problems_need_no_count():
    items = [{**EVENT, "userId": 5}] * 100

    assert len(check_upload(SEND_EVENTS, {"events": items}, rules="documented")) == 100


def test_a_hundred_thousand_unknown_keys_are_listed_shortly():
    item = {**EVENT, **{f"key{n}": n for n in range(100_000)}}

    violations = check_item(SEND_EVENTS, item, rules="documented")

    assert len(violations) == 101
    assert violations[0].path == "$.key0"


def test_an_endpoint_stands_for_its_upload():
    violations = check_upload(SEND_EVENTS.endpoint, {"events": []}, rules="documented")

    assert places(violations) == [("$.events", "list-size")]


def test_an_endpoint_of_another_definition_is_refused_by_name():
    with pytest.raises(KeyError, match="no upload goes to /things; there are /upload/users"):
        check_upload(THINGS.endpoint, {}, rules="documented")


def test_the_check_follows_any_definition():
    body = {"things": [{"id": "", "when": 0.5}, {}, {}]}

    violations = check_upload(THINGS, body, rules="documented", definition=TOY)

    assert [f"{v.path}: {v.message}" for v in violations] == [
        '$.things: "things" is a list of 3 items; a list of 1 to 2 objects would be right.',
        "$.things[0].id: ID is an empty text; a text of at least one character would be right.",
        (
            "$.things[0].when: When is the number 0.5; Unix seconds, a number without a fraction,"
            " would be right."
        ),
        "$.things[1].id: ID is missing; a text of at least one character would be right.",
        "$.things[2].id: ID is missing; a text of at least one character would be right.",
    ]


def test_a_broken_rule_carries_the_evidence_it_is_declared_with():
    body = {"events": [{"when": 1, "userId": ""}], "x": 1}

    for violation in check_upload(SEND_EVENTS, body, rules="documented"):
        if violation.rule == "field-required":
            assert violation.evidence == SEND_EVENTS.field(violation.at[-1]).evidence
        else:
            assert violation.evidence == TOPLYNE.rule(violation.rule).evidence


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


def test_a_verdict_refuses_keywords_it_does_not_know():
    with pytest.raises(ValueError, match=r"no verdict for the schema keywords \['pattern'\]"):
        compile_verdict({"type": "string", "pattern": "x"})
    with pytest.raises(ValueError, match="no verdict for the schema type 'date'"):
        compile_verdict({"type": "date"})
    with pytest.raises(ValueError, match="additionalProperties other than true and false"):
        compile_verdict({"type": "object", "additionalProperties": {"type": "string"}})


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
        ("", "an empty text"),
        ("a\nb", 'the text "a\\nb"'),
        ("\ud800", 'the text "\\ud800"'),
        ("x" * 61, f'the text "{"x" * 60}…"'),
        ([], "an empty list"),
        ([1], "a list of 1 item"),
        ([1, 2], "a list of 2 items"),
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
