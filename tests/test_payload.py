"""Payload: what a field takes and makes of it, and every problem in Segment's words and order."""

import json
import math
from pathlib import Path

import pytest

from sandbox.segment.definition import Evidence, Field, Setting
from sandbox.segment.errors import Problem
from sandbox.segment.javascript import MISSING
from sandbox.segment.json_text import json_text
from sandbox.segment.payload import check_payload, check_settings, to_upload

CASES = Path(__file__).parent.parent / "fixtures" / "cases"


def field(key, label, kind, **more):
    evidence = Evidence("assumed", "a toy")
    return Field(
        key=key, label=label, type=kind, description="", default=None, evidence=evidence, **more
    )


TOY = (
    field("name", "Name", "string", required=True),
    field("when", "When", "datetime", required=True),
    field("nick", "Nick", "string"),
    field("about", "About", "object"),
)
KEY = (Setting(key="apiKey", label="API Key", description="", required=True),)


def messages(problems):
    return [problem.message for problem in problems]


def observed_cells():
    cases = json.loads((CASES / "coercion" / "observed.json").read_bytes())
    return [
        pytest.param(case["value"], kind, case[kind], id=f"{json.dumps(case['value'])}-{kind}")
        for case in cases
        for kind in ("string", "datetime", "object")
    ]


@pytest.mark.parametrize(("value", "kind", "expected"), observed_cells())
def test_each_value_becomes_what_segment_makes_of_it_in_each_type(value, kind, expected):
    payload, problems = check_payload([field("x", "X", kind)], {"x": value})

    if expected[0] == "refused":
        assert messages(problems) == expected[1:]
        return
    left = {} if expected[0] == "removed" else {"x": expected[1]}
    assert problems == ()
    assert json_text(payload) == json_text(left)
    assert payload.keys() == left.keys()


def test_the_observed_table_is_complete():
    assert len(observed_cells()) == 3 * 59


@pytest.mark.parametrize("file", sorted((CASES / "coercion").glob("payloads*.json")))
def test_every_recorded_payload_is_sent_or_refused_as_segment_does(file):
    from sandbox.toplyne import TOPLYNE  # noqa: PLC0415 - the toy is enough for the other tests

    wrong = []
    for case in json.loads(file.read_bytes()):
        fields = TOPLYNE.action(case["action"]).fields
        payload, problems = check_payload(fields, case["payload"])
        told = (
            {"problems": [[p.path, p.message] for p in problems]}
            if problems
            else {"body": json_text(to_upload(fields, payload))}
        )
        if told != case["segment"]:
            wrong.append((case, told))

    assert wrong == []


def test_all_problems_come_at_once_missing_fields_first_then_in_the_order_of_the_fields():
    payload = {"about": 5, "nick": {}, "when": "never", "other": 1}

    _, problems = check_payload(TOY, payload)

    assert problems == (
        Problem(("name",), "The root value is missing the required field 'name'."),
        Problem(("when",), "When must be a valid date-like string but it was not."),
        Problem(("nick",), "Nick must be a string but it was an object."),
        Problem(("about",), "About must be an object but it was a number."),
    )


def test_every_missing_field_is_named():
    _, problems = check_payload(TOY, {})

    assert problems == (
        Problem(("name",), "The root value is missing the required field 'name'."),
        Problem(("when",), "The root value is missing the required field 'when'."),
    )


@pytest.mark.parametrize("nothing", [None, "", MISSING], ids=["null", "empty", "undefined"])
def test_a_required_field_that_holds_nothing_is_missing(nothing):
    _, problems = check_payload(TOY, {"name": nothing, "when": 5})

    assert problems == (Problem(("name",), "The root value is missing the required field 'name'."),)


def test_one_value_can_have_two_problems():
    _, problems = check_payload(TOY, {"name": "n", "when": ["never"]})

    assert problems == (
        Problem(("when",), "When must be a string or number but it was a string."),
        Problem(("when",), "When must be a valid date-like string but it was not."),
    )


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, "undefined"),
        ("", "undefined"),
        (MISSING, "undefined"),
        ("text", "a string"),
        (5, "a number"),
        (True, "a boolean"),
        ([], "an array"),
        ([{"name": "n", "when": 5}], "an array"),
    ],
    ids=repr,
)
def test_the_root_is_never_coerced(value, found):
    _, problems = check_payload(TOY, value)

    assert problems == (Problem((), f"The root value must be an object but it was {found}."),)


def test_a_sentence_starts_with_a_capital():
    _, problems = check_payload([field("x", "little", "object")], {"x": 5})

    assert messages(problems) == ["Little must be an object but it was a number."]


def test_an_undefined_element_is_named_as_undefined():
    _, problems = check_payload(TOY, {"name": [MISSING], "when": [MISSING]})

    assert messages(problems) == [
        "Name must be a string but it was undefined.",
        "When must be a string or number but it was undefined.",
    ]


def test_the_order_of_the_payload_stays_and_what_is_no_field_goes():
    payload, problems = check_payload(TOY, {"b": 1, "nick": "k", "when": 5, "a": "", "name": "n"})

    assert problems == ()
    assert list(payload.items()) == [("nick", "k"), ("when", 5), ("name", "n")]


def test_dynamic_auth_settings_are_put_back_at_the_end_as_they_were():
    settings = {"a": None, "b": [""]}

    payload, problems = check_payload(
        TOY, {"dynamicAuthSettings": settings, "name": "n", "when": 5}
    )

    assert problems == ()
    assert list(payload.items()) == [
        ("name", "n"),
        ("when", 5),
        ("dynamicAuthSettings", settings),
    ]


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (None, {"dynamicAuthSettings": None}),
        ("", {}),
        (MISSING, {}),
        (0, {"dynamicAuthSettings": 0}),
    ],
)
def test_of_dynamic_auth_settings_only_an_empty_text_is_removed(value, left):
    payload, _ = check_payload([], {"dynamicAuthSettings": value})

    assert payload == left


def test_nothing_inside_an_object_is_touched():
    inside = {"a": None, "b": "", "c": [None, ""], "d": {"e": None}}

    payload, _ = check_payload(TOY, {"name": "n", "when": 5, "about": inside})

    assert payload["about"] == {"a": None, "b": "", "c": [None, ""], "d": {"e": None}}


def test_in_settings_null_becomes_an_empty_text_and_an_empty_text_stays():
    payload, problems = check_settings(TOY[2:3], {"nick": None, "other": ""})
    assert (payload, problems) == ({"nick": ""}, ())

    payload, problems = check_settings(TOY[2:3], {"nick": ""})
    assert (payload, problems) == ({"nick": ""}, ())


def test_the_given_payload_is_not_changed():
    given = {"when": [5], "name": 5, "nick": None, "other": 1}

    check_payload(TOY, given)

    assert given == {"when": [5], "name": 5, "nick": None, "other": 1}


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (["0x10"], 16),
        ([" "], 0),
        (["-Infinity"], -math.inf),
        (10**30, 10**30),
        ([10**400], "no date"),
        (10**400, "no date"),
        (math.nan, "no date"),
        (["NaN"], "no number"),
    ],
)
def test_a_datetime_takes_numbers_and_texts_that_are_numbers_in_a_list(value, sent):
    payload, problems = check_payload([field("x", "X", "datetime")], {"x": value})

    no_date = "X must be a valid date-like string but it was not."
    if sent == "no date":
        assert messages(problems) == [no_date]
    elif sent == "no number":
        no_type = "X must be a string or number but it was a string."
        assert messages(problems) == [no_type, no_date]
    else:
        assert (payload, problems) == ({"x": sent}, ())


def test_each_datetime_is_sent_as_unix_seconds_in_its_place():
    fields = (*TOY, field("until", "Until", "datetime"), field("never", "Never", "datetime"))
    payload = {"until": "2021-02-01", "name": "n", "when": 1612137600999.0, "about": {"when": 5}}

    upload = to_upload(fields, payload)

    assert list(upload.items()) == [
        ("until", 1612137600),
        ("name", "n"),
        ("when", 1612137600),
        ("about", {"when": 5}),
    ]
    assert type(upload["when"]) is int
    assert payload["until"] == "2021-02-01"


def test_a_time_that_is_none_is_sent_as_null():
    assert to_upload(TOY, {"when": "13"}) == {"when": None}


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("k", "k"),
        ("", ""),
        (None, ""),
        (5, "5"),
        (True, "true"),
        (["k"], "k"),
        ([None], ""),
    ],
    ids=repr,
)
def test_a_setting_is_a_text_and_nothing_is_removed(value, key):
    settings, problems = check_settings(
        KEY, {"apiKey": value, "other": 1, "dynamicAuthSettings": 1}
    )

    assert (settings, problems) == ({"apiKey": key}, ())


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, Problem(("apiKey",), "The root value is missing the required field 'apiKey'.")),
        ({"apiKey": {}}, Problem(("apiKey",), "API Key must be a string but it was an object.")),
        ({"apiKey": []}, Problem(("apiKey",), "API Key must be a string but it was an array.")),
        ([], Problem((), "The root value must be an object but it was an array.")),
        (None, Problem((), "The root value must be an object but it was null.")),
    ],
)
def test_settings_are_refused_in_the_same_words(settings, problem):
    assert check_settings(KEY, settings)[1] == (problem,)
